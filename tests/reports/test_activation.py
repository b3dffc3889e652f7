"""What is said of an activation beforehand is so afterwards."""

from datetime import timedelta

import pytest

COUNTY = "440803"


async def activate(client, headers, clock, level):
    """Activate the county."""
    until = (clock.at + timedelta(hours=6)).isoformat()
    body = {"area": COUNTY, "level": level, "reason": "台风演练", "until": until}
    answer = await client.post("/api/v1/activations", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("level", ["I", "IV"])
@pytest.mark.parametrize("query", [{}, {"skill": "first_aid"}])
async def test_the_effect_is_what_then_is_so(client, ask_all, dispatcher, clock, level, query):
    query |= {"area": COUNTY, "minutes": 15}
    before = await ask_all(dispatcher, "/coverage", level="leaf", **query)
    effect = await ask_all(dispatcher, "/coverage/activation", level=level, by="leaf", **query)
    made = await activate(client, dispatcher, clock, level)
    after = await ask_all(dispatcher, "/coverage", level="leaf", **query)
    names = ("available", "reachable")
    for said, was, now_is in zip(
        [effect["total"], *effect["items"]],
        [before["total"], *before["items"]],
        [after["total"], *after["items"]],
        strict=True,
    ):
        assert said["code"] == was["code"] == now_is["code"]
        assert said["before"] == {name: was[name] for name in names}
        assert said["after"] == {name: now_is[name] for name in names}
        assert said["gained"] - said["lost"] == now_is["available"] - was["available"]
    assert (effect["level_from"], effect["level_to"]) == (None, level)
    assert effect["standby"] == made["effects"]["standby"]["count"]
    assert effect["parameters"] == made["effects"]["parameters"]
    if level == "I":
        assert effect["total"]["gained"] > 0


async def test_nothing_changes_by_asking(ask, dispatcher, client):
    await ask(dispatcher, "/coverage/activation", area=COUNTY, level="I")
    listed = await client.get("/api/v1/activations", headers=dispatcher)
    assert listed.json()["items"] == []


async def test_a_gis_officer_cannot_subtract_before_from_after(ask_all, gis, dispatcher):
    query = {"area": COUNTY, "level": "I", "by": "leaf"}
    shown = await ask_all(gis, "/coverage/activation", **query)
    true = await ask_all(dispatcher, "/coverage/activation", **query)
    assert shown["standby"] in (None, true["standby"])
    hidden = 0
    for item, truth in zip([shown["total"], *shown["items"]], [true["total"], *true["items"]], strict=True):
        small = 0 < truth["gained"] < 5
        hidden += small
        if small:
            assert item["gained"] is None
            assert item["after"]["available"] is None
        assert item["gained"] in (None, truth["gained"])
        for side in ("before", "after"):
            assert item[side]["available"] in (None, truth[side]["available"])
    assert hidden > 0


async def test_the_area_above_keeps_its_own_level(client, ask, dispatcher, clock):
    await activate(client, dispatcher, clock, "II")
    effect = await ask(dispatcher, "/coverage/activation", area=f"{COUNTY}001", level="III")
    assert (effect["level_from"], effect["level_to"]) == ("II", "II")
    assert effect["total"]["gained"] == 0
    assert effect["standby"] == 0
