"""平急调度 over REST: an area goes into emergency at a level for a while, and with it what is under way there."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from service.db.base import new_id
from service.dispatch.commands.post import post_task
from service.dispatch.queries.ground import ground_of
from service.dispatch.rules import section_of
from service.dispatch.schemas.requests import TaskIn
from service.dispatch.worker import handlers
from service.tasks.commands.activations import LONGEST
from service.tasks.rules import Level
from service.timers.loop import run_one
from tests.dispatch.conftest import next_due, offers_of, task_body

CITY, CHIKAN_COUNTY, POTOU_COUNTY = "4408", "440802", "440804"
POTOU = (110.52561, 21.15246)
"""In the county 坡头区, next to 赤坎区."""


@pytest.fixture
async def at_level(session):
    """The parameters of an urgent emergency_response task at a level; None is normal mode."""
    row = await session.execute(
        text(
            "SELECT sections, levels FROM playbook WHERE category = 'emergency_response'"
            " ORDER BY version DESC LIMIT 1"
        )
    )
    sections, levels = row.one()
    await session.commit()
    return partial(section_of, sections, levels)


@pytest.fixture
def activation_body(clock):
    """The body of an activation of 赤坎区 at level II for six hours, changed as a test wants."""

    def body(**changes):
        until = (clock.at + timedelta(hours=6)).isoformat()
        return {
            "area": CHIKAN_COUNTY,
            "level": "II",
            "reason": "台风“木棉”（演练）",
            "until": until,
        } | changes

    return body


@pytest.fixture
def activate(client, dispatcher, activation_body):
    """Activate as the city's dispatcher; gives the answer's body. `path` is /preview, or leave it out."""

    async def activate(path="", status=None, headers=None, **changes):
        answer = await client.post(
            f"/api/v1/activations{path}", json=activation_body(**changes), headers=headers or dispatcher
        )
        assert answer.status_code == (status or (200 if path else 201)), answer.text
        return answer.json()

    return activate


@pytest.fixture
def end(client, dispatcher):
    """End an activation; gives the response."""

    async def end(activation, headers=None, **body):
        path = f"/api/v1/activations/{activation['id']}/end"
        return await client.post(path, json=body or None, headers=headers or dispatcher)

    return end


@pytest.fixture
def history(client, dispatcher):
    """The activations that a list holds, whole."""

    async def history(headers=None, **params):
        answer = await client.get("/api/v1/activations", params=params, headers=headers or dispatcher)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    return history


@pytest.fixture
def urgent(post, let_pass):
    """Post an urgent task and let the batch find people for it."""

    async def urgent(*place, **changes):
        task = await post(*place, urgency="urgent", **changes)
        await let_pass(1)
        return task

    return urgent


@pytest.fixture
def mode_of(session):
    """The mode and level of a task in the database."""

    async def mode_of(task):
        row = await session.execute(text("SELECT mode, level FROM task WHERE id = :id"), {"id": task["id"]})
        await session.commit()
        return tuple(row.one())

    return mode_of


@pytest.fixture
def waves(session):
    """The waves of a task as the database keeps them."""

    async def waves(task):
        rows = await session.execute(
            text("SELECT * FROM wave WHERE task_id = :id ORDER BY number"), {"id": task["id"]}
        )
        found = rows.mappings().all()
        await session.commit()
        return found

    return waves


@pytest.fixture
def told(session):
    """The kinds of what the outbox holds, but for audit and the like: only those that begin with `prefix`."""

    async def told(prefix, where="true", **values):
        kinds = await session.scalars(
            text(f"SELECT kind FROM outbox WHERE starts_with(kind, :prefix) AND {where} ORDER BY id"),
            {"prefix": prefix} | values,
        )
        found = kinds.all()
        await session.commit()
        return found

    return told


async def tiers(session, members):
    """How many of the members are of each tier."""
    found = await session.scalars(
        text("SELECT tier FROM member WHERE id = ANY(:ids)"), {"ids": list(members)}
    )
    return Counter(found.all())


async def test_what_the_preview_says_is_what_then_happens(
    activate, urgent, post, let_pass, mode_of, waves, session, at_level
):
    task = await urgent()
    routine = await post(urgency="routine", category="public_request")
    neighbour = await urgent(*POTOU)
    foretold = await activate("/preview")
    assert await mode_of(task) == ("normal", None)
    made = await activate()
    assert made["effects"] == foretold

    # The area and its parameters.
    assert (foretold["level_from"], foretold["level_to"]) == (None, "II")
    before, after = at_level(None), at_level(Level.II)
    changed = {each["field"]: each for each in foretold["parameters"] if each["category"] == task["category"]}
    differing = {name for name in after.__dataclass_fields__ if getattr(before, name) != getattr(after, name)}
    assert {"calls_standby", "reach_minutes", "target_probability"} <= differing == set(changed)
    assert (changed["calls_standby"]["from"], changed["calls_standby"]["to"]) == (False, True)
    assert changed["reach_minutes"]["from"] == list(before.reach_minutes)
    assert changed["reach_minutes"]["to"] == list(after.reach_minutes)

    # The tasks that turn, and those that do not.
    [turned] = foretold["tasks"]
    assert turned == {
        "id": task["id"],
        "category": "emergency_response",
        "urgency": "urgent",
        "state": "open",
        "mode_from": "normal",
        "mode_to": "emergency",
        "level_from": None,
        "level_to": "II",
    }
    assert await mode_of(task) == ("emergency", "II")
    assert await mode_of(routine) == await mode_of(neighbour) == ("normal", None)

    # The next wave, and the people: what kept them does so no more.
    [people] = foretold["people"]
    assert people["task_id"] == task["id"]
    assert people["count"] == sum(people["by_reason"].values()) > len(people["member_ids"]) == 200
    assert {"standby_only", "too_far"} <= set(people["by_reason"]) <= {"standby_only", "busy", "too_far"}
    await let_pass(0)
    first, *_, wave = await waves(task)
    assert (first["mode"], first["level"]) == ("normal", None)
    assert (wave["trigger"], wave["mode"], wave["level"]) == ("activated", "emergency", "II")
    assert wave["target_probability"] == changed["target_probability"]["to"] == after.target_probability
    assert wave["reach_minutes"] == changed["reach_minutes"]["to"][wave["step"]]
    became = set(people["member_ids"])
    asked = {entry["member_id"] for entry in wave["chosen"]}
    reasons = {entry["member_id"]: entry["reason"] for entry in wave["not_chosen"]}
    assert asked & became
    assert became & reasons.keys()
    assert {reasons[member] for member in became & reasons.keys()} <= {"not_needed", "too_far"}
    assert "standby_only" not in wave["counts"]
    assert "standby_only" in first["counts"]
    assert (await tiers(session, became))["standby"] > 0


async def test_who_is_held_by_a_normal_task_becomes_eligible_for_the_one_that_turns(
    activate, urgent, post, let_pass, read
):
    task = await urgent(seats=[{"count": 2}])
    routine = await post(urgency="routine", category="public_request", seats=[{"count": 4}])
    await let_pass(1)
    held = {offer["member_id"] for offer in offers_of(await read(routine["id"]), "pending")}
    own = {offer["member_id"] for offer in offers_of(await read(task["id"]), "pending")}
    assert held
    assert own
    [people] = (await activate("/preview"))["people"]
    assert people["by_reason"]["busy"] == len(held)
    assert held <= set(people["member_ids"])
    assert not own & set(people["member_ids"])


async def test_tasks_that_turn_together_leave_each_other_their_people(activate, urgent, let_pass, read):
    tasks = [await urgent(seats=[{"count": 3}]) for _ in range(2)]
    own = [{offer["member_id"] for offer in offers_of(await read(task["id"]), "pending")} for task in tasks]
    assert all(own)
    made = await activate()
    for people in made["effects"]["people"]:
        assert not set.union(*own) & set(people["member_ids"])
    await let_pass(0)
    for task, members in zip(tasks, own, strict=True):
        after = await read(task["id"])
        assert after["waves"][-1]["trigger"] == "activated"
        assert members <= {offer["member_id"] for offer in offers_of(after, "pending")}
        assert offers_of(after, "superseded") == []


async def test_standby_members_are_called_from_level_two_on(
    activate, urgent, let_pass, waves, session, clock
):
    task = await urgent(seats=[{"count": 4}])
    third = await activate(level="III")
    assert third["effects"]["standby"] == {"count": 0, "counties": []}
    await let_pass(0)
    wave = (await waves(task))[-1]
    assert (wave["trigger"], wave["level"]) == ("activated", "III")
    assert wave["counts"]["standby_only"] > 0
    assert (await tiers(session, [entry["member_id"] for entry in wave["chosen"]]))["standby"] == 0

    raised = await activate(level="II", reason="水位上涨（演练）", replaces=third["id"])
    assert (raised["effects"]["level_from"], raised["effects"]["level_to"]) == ("III", "II")
    [parameter] = [
        each for each in raised["effects"]["parameters"] if each["category"] == "emergency_response"
    ]
    assert parameter == {
        "category": "emergency_response",
        "field": "calls_standby",
        "from": False,
        "to": True,
    }
    [people] = raised["effects"]["people"]
    assert set(people["by_reason"]) == {"standby_only"}
    on_duty = await session.scalar(
        text("""
            SELECT count(*) FROM member m JOIN unit u ON u.id = m.unit_id JOIN grid g ON g.id = u.office_grid_id
            LEFT JOIN duty_switch sw ON sw.member_id = m.id
            WHERE m.tier = 'standby' AND m.active AND g.code LIKE '440802%' AND CASE
                WHEN sw.until IS NULL OR sw.until > :now THEN coalesce(sw.state = 'on', EXISTS (
                    SELECT 1 FROM duty_slot d WHERE d.member_id = m.id AND d.weekday = 2
                    AND d.from_minute <= 721 AND d.to_minute > 721))
                ELSE EXISTS (SELECT 1 FROM duty_slot d WHERE d.member_id = m.id AND d.weekday = 2
                    AND d.from_minute <= 721 AND d.to_minute > 721) END
        """),
        {"now": clock.at},
    )
    await session.commit()
    assert on_duty > 0
    county = {"code": CHIKAN_COUNTY, "name": "赤坎区", "count": on_duty}
    assert raised["effects"]["standby"] == {"count": on_duty, "counties": [county]}
    await let_pass(0)
    wave = (await waves(task))[-1]
    assert (wave["trigger"], wave["level"]) == ("activated", "II")
    assert "standby_only" not in wave["counts"]
    everybody = [entry["member_id"] for entry in wave["chosen"] + wave["not_chosen"]]
    assert (await tiers(session, everybody))["standby"] > 0


async def test_an_emergency_that_ends_at_midnight_in_shanghai_ends_then_however_late_the_timer(
    activate, post, mode_of, clock, let_pass, history, told
):
    midnight = datetime(2026, 6, 3, 16, tzinfo=UTC)
    made = await activate(until="2026-06-04T00:00:00+08:00")
    clock.at = midnight - timedelta(seconds=1)
    before = await post(urgency="urgent")
    assert (before["mode"], await mode_of(before)) == ("emergency", ("emergency", "II"))
    clock.at = midnight + timedelta(seconds=1)
    after = await post(urgency="urgent")
    assert (after["mode"], await mode_of(after)) == ("normal", ("normal", None))
    # Nobody has run the timer yet, and yet it is over.
    [over] = await history()
    assert (over["state"], over["ended_at"]) == ("ended", None)
    assert await history(state="live") == []
    assert await told("activation.ended") == []

    clock.at += timedelta(minutes=2)
    await let_pass(0)
    await let_pass(10)
    [over] = await history()
    assert (over["id"], over["state"]) == (made["id"], "ended")
    assert over["ended_at"] == over["until"] == "2026-06-03T16:00:00Z"
    assert over["ended_by"] is None
    assert await told("activation.ended") == ["activation.ended"]
    assert await mode_of(before) == ("normal", None)


async def test_an_activation_that_is_planned_begins_by_itself(
    activate, urgent, let_pass, mode_of, waves, history, told, clock
):
    task = await urgent()
    begins = clock.at + timedelta(hours=2)
    until = begins + timedelta(minutes=20)
    made = await activate(**{"from": begins.isoformat(), "until": until.isoformat()})
    assert (made["state"], made["from"]) == ("planned", begins.isoformat().replace("+00:00", "Z"))
    assert [each["id"] for each in made["effects"]["tasks"]] == [task["id"]]
    assert [each["id"] for each in await history(state="planned")] == [made["id"]]
    await let_pass(119)
    assert await mode_of(task) == ("normal", None)
    assert await told("activation.") == ["activation.created"]
    await let_pass(1)
    assert await mode_of(task) == ("emergency", "II")
    assert (await waves(task))[-1]["trigger"] == "activated"
    assert [each["id"] for each in await history(state="live")] == [made["id"]]
    assert await told("activation.") == ["activation.created", "activation.began"]
    await let_pass(20)
    assert await mode_of(task) == ("normal", None)
    assert await told("activation.") == ["activation.created", "activation.began", "activation.ended"]
    assert [each["id"] for each in await history(state="ended")] == [made["id"]]


async def test_a_critical_task_is_at_level_two_anywhere_and_at_one_where_that_is_activated(
    activate, post, let_pass, mode_of, waves, end, at_level
):
    task = await post(seats=[{"count": 30}])
    assert await mode_of(task) == ("emergency", "II")
    lower = await activate(level="IV")
    assert lower["effects"]["tasks"] == []
    assert await mode_of(task) == ("emergency", "II")
    raised = await activate(level="I", replaces=lower["id"])
    [turned] = raised["effects"]["tasks"]
    assert (turned["mode_from"], turned["level_from"], turned["level_to"]) == ("emergency", "II", "I")
    assert await mode_of(task) == ("emergency", "I")
    await let_pass(0)
    wave = (await waves(task))[-1]
    assert (wave["trigger"], wave["level"]) == ("activated", "I")
    assert wave["target_probability"] == at_level(Level.I).target_probability
    assert (await end(raised)).status_code == 200
    assert await mode_of(task) == ("emergency", "II")


async def test_a_county_does_not_touch_its_neighbours_tasks(activate, urgent, mode_of, let_pass, waves):
    here, there = await urgent(), await urgent(*POTOU)
    made = await activate()
    await let_pass(0)
    assert [each["id"] for each in made["effects"]["tasks"]] == [here["id"]]
    assert (await mode_of(here), await mode_of(there)) == (("emergency", "II"), ("normal", None))
    assert "activated" not in {wave["trigger"] for wave in await waves(there)}


async def test_the_highest_of_city_and_county_counts_and_ending_it_falls_back_to_the_other(
    activate, urgent, mode_of, end, let_pass, waves
):
    task, elsewhere = await urgent(), await urgent(*POTOU)
    await activate(area=CITY, level="III")
    assert await mode_of(task) == await mode_of(elsewhere) == ("emergency", "III")
    county = await activate(level="I")
    assert county["effects"]["level_from"] == "III"
    assert (await mode_of(task), await mode_of(elsewhere)) == (("emergency", "I"), ("emergency", "III"))
    lower = await activate("/preview", area=f"{CHIKAN_COUNTY}004", level="II")
    assert (lower["level_from"], lower["level_to"]) == ("I", "I")
    assert lower["tasks"] == lower["people"] == lower["parameters"] == []
    await let_pass(0)
    planned = len(await waves(task))
    assert (await end(county)).status_code == 200
    assert await mode_of(task) == ("emergency", "III")
    await let_pass(0)
    assert (
        len(await waves(task)) == planned
    )  # Going down asks nobody: the section applies from the next wave.


async def test_the_standby_of_a_county_that_is_higher_already_is_not_counted_again(activate):
    whole = (await activate("/preview", area=CITY))["standby"]
    assert len(whole["counties"]) > 3
    assert whole["count"] == sum(county["count"] for county in whole["counties"])
    await activate(level="I")
    rest = (await activate("/preview", area=CITY))["standby"]
    assert rest["counties"] == [each for each in whole["counties"] if each["code"] != CHIKAN_COUNTY]


async def test_the_history_is_complete(activate, end, history, client, dispatcher, clock, let_pass):
    first = await activate(level="IV")
    await let_pass(30)
    second = await activate(level="II", reason="升级（演练）", replaces=first["id"])
    await let_pass(30)
    third = await activate(area=POTOU_COUNTY, level="III")
    await let_pass(30)
    assert (await end(second, reason="雨停（演练）")).status_code == 200
    newest_first = await history()
    assert [each["id"] for each in newest_first] == [third["id"], second["id"], first["id"]]
    assert [each["state"] for each in newest_first] == ["live", "ended", "ended"]
    replaced, ended = newest_first[2], newest_first[1]
    assert (replaced["ended_at"], replaced["end_reason"]) == (second["created_at"], "升级（演练）")
    assert replaced["ended_by"] == second["created_by"]
    assert (ended["end_reason"], ended["ended_at"]) == ("雨停（演练）", clock.at.isoformat()[:-6] + "Z")
    one = await client.get(f"/api/v1/activations/{second['id']}", headers=dispatcher)
    assert one.json() == ended

    assert [each["id"] for each in await history(area=CHIKAN_COUNTY)] == [second["id"], first["id"]]
    assert [each["id"] for each in await history(state="ended")] == [second["id"], first["id"]]
    assert [each["id"] for each in await history(since=third["created_at"])] == [third["id"]]
    above = await activate(area=CITY, level="IV")
    assert [each["id"] for each in await history(area=f"{CHIKAN_COUNTY}004", state="live")] == [above["id"]]
    paged, after = [], None
    while True:
        params = {"limit": 1} | ({"after": after} if after else {})
        page = (await client.get("/api/v1/activations", params=params, headers=dispatcher)).json()
        paged += [each["id"] for each in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert paged == [above["id"], third["id"], second["id"], first["id"]]


async def test_each_unsafe_call_leaves_its_audit_and_its_events(activate, end, session, told):
    async def audited():
        rows = await session.execute(
            text(
                "SELECT subject, detail FROM audit WHERE action = 'activation.write' AND outcome = 'done'"
                " ORDER BY id"
            )
        )
        found = [tuple(row) for row in rows]
        await session.commit()
        return found

    await activate("/preview")
    assert await told("activation.") == []
    assert [subject for subject, _ in await audited()] == ["POST /api/v1/activations/preview"]
    made = await activate()
    assert await told("activation.") == ["activation.created", "activation.began"]
    assert (await audited())[1] == (
        "POST /api/v1/activations",
        {"area": CHIKAN_COUNTY, "level": "II", "activation_id": made["id"]},
    )
    await end(made, reason="演练结束")
    assert (await told("activation."))[2:] == ["activation.ended"]
    assert (await audited())[2][0] == f"POST /api/v1/activations/{made['id']}/end"
    areas = await session.scalars(
        text("SELECT DISTINCT area_code FROM outbox WHERE kind LIKE 'activation.%'")
    )
    assert areas.all() == [CHIKAN_COUNTY]


async def test_the_turn_of_a_task_is_told(activate, urgent, told, session):
    task = await urgent()
    await activate()
    assert await told("task.mode", "task_id = :task", task=task["id"]) == ["task.mode"]


@pytest.mark.parametrize(
    ("changes", "slug", "named"),
    [
        ({"until": "2026-06-03T03:59:00Z"}, "time-in-past", "until"),
        ({"until": "2026-06-03T04:00:00Z"}, "time-in-past", "until"),
        ({"from": "2026-06-03T03:59:59Z"}, "time-in-past", "from"),
        ({"from": "2026-06-03T12:00:00Z"}, "ends-before-it-begins", "until"),
        ({"from": "2026-06-03T10:00:00Z"}, "ends-before-it-begins", "until"),
        ({"until": "2026-07-03T04:00:01Z"}, "activation-too-long", "until"),
        ({"area": "440899"}, "unknown-area", "440899"),
        ({"area": "44"}, "unknown-area", "44"),
        ({"replaces": "00000000-0000-7000-8000-000000000000"}, "unknown-activation", "7000"),
        ({"level": "V"}, "invalid-body", "level"),
        ({"level": 2}, "invalid-body", "level"),
        ({"reason": " "}, "invalid-body", "reason"),
        ({"until": "2026-06-03T18:00:00"}, "invalid-body", "until"),
        ({"area": "赤坎区"}, "invalid-body", "area"),
        ({"to": "2026-06-03T18:00:00Z"}, "invalid-body", "to"),
    ],
)
@pytest.mark.parametrize("path", ["", "/preview"])
async def test_what_cannot_be_is_refused_with_the_field(activate, history, path, changes, slug, named):
    problem = await activate(path, status=422, **changes)
    assert problem["type"] == f"/problems/{slug}"
    assert named in problem["detail"] + str(problem.get("errors"))
    assert await history() == []


async def test_the_longest_activation_and_one_that_begins_this_moment_are_taken(activate, clock):
    made = await activate(until=(clock.at + LONGEST).isoformat(), **{"from": clock.at.isoformat()})
    assert made["state"] == "live"


async def test_another_one_of_the_same_area_stands_in_the_way_until_it_ends_or_is_replaced(
    activate, end, history, clock
):
    first = await activate(level="III")
    for path in ("/preview", ""):
        refused = await activate(path, status=409, level="I")
        assert refused["type"] == "/problems/activation-overlaps"
        assert all(part in refused["detail"] for part in (first["id"], "III", first["until"], "replaces"))
    # Another area, or another time, is no overlap.
    await activate(area=f"{CHIKAN_COUNTY}004")
    later = {"from": first["until"], "until": (clock.at + timedelta(hours=9)).isoformat()}
    planned = await activate(level="IV", **later)
    assert planned["state"] == "planned"
    longer = {"until": (clock.at + timedelta(hours=8)).isoformat(), "replaces": first["id"]}
    assert planned["id"] in (await activate(status=409, **longer))["detail"]
    assert (await end(planned, reason="不用了（演练）")).json()["state"] == "ended"
    raised = await activate(level="I", **longer)
    newest, *_ = await history(area=CHIKAN_COUNTY, state="live")
    assert newest["id"] == raised["id"]
    gone = await activate(status=409, replaces=first["id"])
    assert gone["type"] == "/problems/activation-ended"
    other = await activate(status=422, area=POTOU_COUNTY, replaces=raised["id"])
    assert other["type"] == "/problems/unknown-activation"


async def test_lowering_a_level_leaves_no_gap(activate, urgent, mode_of, told, let_pass, waves):
    task = await urgent()
    second = await activate(level="II")
    await let_pass(0)
    planned = len(await waves(task))
    lowered = await activate(level="IV", replaces=second["id"])
    assert [(each["level_from"], each["level_to"]) for each in lowered["effects"]["tasks"]] == [("II", "IV")]
    assert await mode_of(task) == ("emergency", "IV")
    assert await told("task.mode", "data->>'mode' = 'normal'") == []
    await let_pass(0)
    assert len(await waves(task)) == planned


async def test_one_that_is_replaced_later_goes_on_until_then(
    activate, urgent, let_pass, mode_of, history, told, clock
):
    task = await urgent()
    third = await activate(level="III")
    begins = clock.at + timedelta(minutes=20)
    await activate(level="I", replaces=third["id"], **{"from": begins.isoformat()})
    await let_pass(19)
    assert await mode_of(task) == ("emergency", "III")
    await let_pass(1)
    assert await mode_of(task) == ("emergency", "I")
    over = (await history())[-1]
    assert (over["id"], over["ended_by"]) == (third["id"], None)
    assert over["ended_at"] == over["until"] == begins.isoformat().replace("+00:00", "Z")
    assert await told("task.mode", "data->>'mode' = 'normal'") == []
    assert await told("activation.shortened") == ["activation.shortened"]


async def test_ending_is_repeated_without_harm_but_not_what_has_ended_by_itself(
    activate, end, clock, told, let_pass
):
    made = await activate()
    first = await end(made, reason="雨停（演练）")
    clock.at += timedelta(minutes=1)
    again = await end(made)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert await told("activation.ended") == ["activation.ended"]
    await let_pass(7 * 60)
    assert await told("activation.ended") == ["activation.ended"]

    other = await activate()
    clock.at += timedelta(hours=6)
    for _ in range(2):  # Before its timer has run, and after.
        refused = await end(other)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/activation-ended")
        assert other["until"] in refused.json()["detail"]
        await let_pass(0)
    assert (await end({"id": new_id()})).status_code == 404


async def test_one_that_is_called_off_never_begins(activate, urgent, end, let_pass, mode_of, told, clock):
    task = await urgent()
    made = await activate(**{"from": (clock.at + timedelta(hours=1)).isoformat()})
    assert (await end(made)).json()["state"] == "ended"
    await let_pass(2 * 60)
    assert await mode_of(task) == ("normal", None)
    assert await told("activation.") == ["activation.created", "activation.ended"]


async def test_who_may_activate_and_who_may_know(activate, end, history, login, client):
    chikan = await login("dispatcher", areas=[CHIKAN_COUNTY])
    made = await activate(headers=chikan)
    for area in (CITY, POTOU_COUNTY):
        for path in ("", "/preview"):
            refused = await activate(path, status=403, headers=chikan, area=area)
            assert refused["type"] == "/problems/outside-your-area"
    above = await activate(area=CITY, level="IV", headers=await login("admin"))
    refused = await end(above, headers=chikan)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/outside-your-area")
    readers = [await login(role) for role in ("auditor", "gis", "unit_manager", "admin")]
    for headers in [*readers, chikan]:
        assert [each["id"] for each in await history(headers=headers)] == [above["id"], made["id"]]
        one = await client.get(f"/api/v1/activations/{above['id']}", headers=headers)
        assert one.json()["id"] == above["id"]
    for headers in readers[:3]:
        assert (await activate("/preview", status=403, headers=headers))["type"] == "/problems/forbidden"
        assert (await end(made, headers=headers)).status_code == 403
    member = await login("member")
    assert (await client.get("/api/v1/activations", headers=member)).status_code == 403


async def test_members_are_named_to_those_who_may_see_them_and_counted_for_all(
    activate, urgent, login, session
):
    await urgent()
    whole = (await activate("/preview"))["people"][0]
    partly = (await activate("/preview", headers=await login("dispatcher", areas=[CHIKAN_COUNTY])))["people"][
        0
    ]
    assert (partly["count"], partly["by_reason"]) == (whole["count"], whole["by_reason"])
    homes = await session.scalars(
        text(
            "SELECT left(g.code, 6) FROM member m JOIN grid g ON g.id = m.home_grid_id WHERE m.id = ANY(:ids)"
        ),
        {"ids": partly["member_ids"]},
    )
    assert set(homes) == {CHIKAN_COUNTY}
    assert set(whole["member_ids"]) - set(partly["member_ids"])


async def test_of_two_at_once_one_is_made_and_the_other_told_why_not(
    fresh_client, fresh_login, activation_body, fresh_sessions
):
    headers = await fresh_login("dispatcher", areas=[CITY])
    answers = await asyncio.gather(
        *(
            fresh_client.post("/api/v1/activations", json=activation_body(level=level), headers=headers)
            for level in ("I", "IV")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    made, refused = sorted((answer.json() for answer in answers), key=lambda body: "detail" in body)
    assert refused["type"] == "/problems/activation-overlaps"
    assert made["id"] in refused["detail"]
    async with fresh_sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM activation")) == 1


async def test_a_task_that_was_being_posted_meanwhile_is_brought_along_by_its_batch(
    fresh_client, fresh_login, fresh_settings, fresh_sessions, graphs, activation_body, clock
):
    headers = await fresh_login("dispatcher", areas=[CITY])
    async with fresh_sessions.begin() as posting:
        ground = await ground_of(posting, graphs, fresh_settings)
        by = await posting.scalar(text("SELECT id FROM account LIMIT 1"))
        new = TaskIn.model_validate(task_body(urgency="urgent")).new_task()
        story = await post_task(
            posting, ground, new, by=by, areas=[CITY], may_post_at=lambda code: None, now=clock.at
        )
        task = story.board.task
        made = await fresh_client.post("/api/v1/activations", json=activation_body(), headers=headers)
        assert (made.status_code, made.json()["effects"]["tasks"]) == (201, [])
    assert task.mode == "normal"
    effects = handlers(fresh_settings, graphs)
    clock.at += timedelta(seconds=fresh_settings.collect_seconds)
    while await next_due(fresh_sessions, clock.at):
        await run_one(fresh_sessions, effects, clock)
    async with fresh_sessions() as session:
        found = await session.execute(text("SELECT mode, level FROM task WHERE id = :id"), {"id": task.id})
        assert tuple(found.one()) == ("emergency", "II")
