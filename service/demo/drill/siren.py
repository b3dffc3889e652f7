"""The drill's activation of one county (启动). It is no drill to the service: real urgent tasks there turn too."""

from datetime import UTC, datetime, timedelta

from service.demo.drill.client import Broken, Refusal
from service.demo.drill.floor import Floor
from service.demo.drill.scenario import Alert

LONGEST = timedelta(minutes=30)
"""It ends by itself after this, should everything else fail."""
OVERLAPS = "activation-overlaps"


async def begin(floor: Floor, alert: Alert) -> None:
    """Put the county in emergency; where it is already, say so and go on without."""
    body = {
        "area": alert.area,
        "level": alert.level,
        "reason": f"【演练】防御台风 {floor.mark}",
        "until": (datetime.now(UTC) + LONGEST).isoformat(),
    }
    try:
        await floor.dispatcher.post("/activations", body)
    except (Refusal, Broken) as error:
        floor.note(error)
        overlaps = isinstance(error, Refusal) and error.slug == OVERLAPS
        why = "it is in emergency already" if overlaps else f"it could not be put in emergency ({error})"
        floor.screen.say(f"{alert.name} stays as it is: {why}.")
        return
    floor.screen.say(
        f"{alert.name} is in emergency now (level {alert.level}). This is real: other urgent tasks there are"
        " emergencies too, until the drill ends it."
    )


async def end(floor: Floor) -> None:
    """End what the drill activated, whether or not its activation was ever answered."""
    for activation in await floor.activations_of_run(state="live"):
        reason = {"reason": "演练结束"}
        if (
            await floor.told(floor.dispatcher.post(f"/activations/{activation['id']}/end", reason))
            is not None
        ):
            floor.screen.say(f"{activation['area_name']} is not in emergency any more: the drill ended it.")
