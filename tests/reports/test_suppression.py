"""What a GIS account is told of people: nothing from which one could be known. A dispatcher is told the truth."""

import pytest
from sqlalchemy import text

COUNTS = ("members_home", "members_units", "available", "reachable")
TOWN = "440802001"


async def test_small_counts_are_null_and_named(ask_all, gis, dispatcher):
    for skill in ({}, {"skill": "drone"}):
        shown = await ask_all(gis, "/coverage", area="4408", level="leaf", minutes=10, **skill)
        true = await ask_all(dispatcher, "/coverage", area="4408", level="leaf", minutes=10, **skill)
        assert (shown["threshold"], true["threshold"]) == (5, 1)
        hidden = 0
        for item, truth in zip(shown["items"], true["items"], strict=True):
            assert item["suppressed"] == [name for name in COUNTS if item[name] is None]
            for name in ("members_home", "available"):
                small = 0 < truth[name] < 5
                assert (item[name] is None) == small or (skill and name == "available")
                assert item[name] in (None, truth[name])
                hidden += small
            assert item["reachable"] == (None if 0 < truth["reachable"] < 5 else truth["reachable"] // 5 * 5)
            # The ground is nobody's secret.
            assert {k: v for k, v in item.items() if k not in (*COUNTS, "suppressed")} == {
                k: v for k, v in truth.items() if k not in (*COUNTS, "suppressed")
            }
        assert hidden > 100


@pytest.mark.parametrize("skill", [None, "first_aid"])
@pytest.mark.parametrize("name", ["members_home", "available"])
async def test_no_sum_gives_away_what_is_suppressed_below_it(ask_all, gis, dispatcher, name, skill):
    """The whole tree as one sees it page by page: each equation leaves at least two suppressed counts open."""
    query = {"skill": skill} if skill else {}
    shown, truth = {}, {}
    for headers, found in ((gis, shown), (dispatcher, truth)):
        for level in ("county", "town", "leaf"):
            body = await ask_all(headers, "/coverage", area="4408", level=level, minutes=10, **query)
            found |= {item["code"]: item[name] for item in [body["total"], *body["items"]]}
    lengths = sorted({len(code) for code in shown})
    sums = 0

    def below(code):
        """The suppressed leaves whose sum one can reckon from this area's, and what is known beside them."""
        length = lengths[lengths.index(len(code)) + 1] if len(code) < lengths[-1] else None
        children = [] if length is None else [c for c in shown if len(c) == length and c.startswith(code)]
        hidden, known = [], 0
        for child in children:
            if shown[child] is not None:
                known += shown[child]
            elif len(child) == lengths[-1]:
                hidden.append(child)
            else:
                more, beside = below(child)
                hidden, known = hidden + more, known + beside
        return hidden, known

    for code, count in shown.items():
        if count is None or len(code) == lengths[-1]:
            continue
        hidden, known = below(code)
        rest = count - known
        assert rest == sum(truth[leaf] for leaf in hidden)
        if hidden:
            sums += 1
            assert rest >= 5 or (skill and rest == 0)
            assert len(hidden) >= 2
            if skill is None:  # else those of a leaf are suppressed too where the others there are few
                assert len(hidden) < rest < len(hidden) * 4
    assert sums > 0
    assert shown["4408"] == truth["4408"]


async def test_what_is_said_of_an_area_does_not_depend_on_how_one_asks(ask, ask_all, gis):
    towns = await ask_all(gis, "/coverage", area="440802", level="town")
    for item in towns["items"]:
        alone = await ask(gis, "/coverage", area=item["code"])
        assert {name: alone["total"][name] for name in COUNTS} == {name: item[name] for name in COUNTS}
    narrow = await ask(gis, "/coverage", area="440802", level="leaf", limit=1)
    assert narrow["total"] == towns["total"]


async def test_a_sum_with_a_small_unit_in_it_is_not_said(ask_all, gis, dispatcher, session):
    unit = await session.scalar(
        text(
            "SELECT v.unit_code FROM overlay o JOIN grid g ON g.id = o.governance_grid_id"
            " JOIN grid_version v ON v.grid_id = o.party_grid_id AND v.valid_to IS NULL"
            " WHERE g.code = :town ORDER BY o.area_m2 DESC LIMIT 1"
        ),
        {"town": TOWN},
    )
    await session.execute(
        text(
            "UPDATE member SET active = false WHERE id IN (SELECT m.id FROM member m JOIN unit u ON u.id = m.unit_id"
            " WHERE u.code = :unit ORDER BY m.number OFFSET 3)"
        ),
        {"unit": unit},
    )
    await session.commit()
    shown = await ask_all(gis, "/coverage", area="440802", level="leaf")
    true = await ask_all(dispatcher, "/coverage", area="440802", level="leaf")
    touched = 0
    for item, truth in zip([shown["total"], *shown["items"]], [true["total"], *true["items"]], strict=True):
        with_it = unit in {each["code"] for each in item["units"]}
        assert item["members_units"] == (None if with_it else truth["members_units"])
        touched += with_it
    assert touched > 1


async def test_questions_that_close_in_on_a_person_are_refused(client, gis, dispatcher):
    async def slug(headers, path, **query):
        answer = await client.get(f"/api/v1{path}", params={"area": TOWN} | query, headers=headers)
        return answer.status_code, answer.json().get("type")

    fine, few = (422, "/problems/too-fine"), (422, "/problems/too-few-people")
    for minutes in (1, 7, 11, 59):
        assert await slug(gis, "/coverage", minutes=minutes) == fine
        assert await slug(gis, "/coverage/thin", minutes=minutes, people=10) == fine
        assert await slug(gis, "/coverage/activation", minutes=minutes, level="I") == fine
        assert (await slug(dispatcher, "/coverage", minutes=minutes))[0] == 200
    for people in (6, 9, 11):
        assert await slug(gis, "/coverage/thin", people=people) == fine
        assert (await slug(dispatcher, "/coverage/thin", people=people))[0] == 200
    for people in (1, 4):
        assert await slug(gis, "/coverage/thin", people=people) == few
        assert await slug(dispatcher, "/coverage/thin", people=people) == few


async def test_thin_grids_say_no_more_than_coverage_does(ask_all, gis):
    every = await ask_all(gis, "/coverage", area="440802", level="leaf", minutes=5)
    said = {item["code"]: item["reachable"] for item in every["items"]}
    for people in (5, 10, 15, 20, 40):
        thin = await ask_all(gis, "/coverage/thin", area="440802", minutes=5, people=people)
        expected = {code: count for code, count in said.items() if (count or 0) < people}
        assert {item["code"]: item["reachable"] for item in thin["items"]} == expected


async def test_a_key_is_told_what_a_gis_officer_is(client, dispatcher, ask):
    made = await client.post(
        "/api/v1/me/keys",
        json={"name": "QGIS", "actions": ["coverage.read", "roster.read"]},
        headers=dispatcher,
    )
    assert made.status_code == 201, made.text
    by_key = await ask({"Authorization": f"Bearer {made.json()['key']}"}, "/coverage", area=TOWN)
    assert by_key["threshold"] == 5
    assert (await ask(dispatcher, "/coverage", area=TOWN))["threshold"] == 1


async def test_the_published_view_says_the_same(ask_all, gis, session):
    """The view has the threshold as a number: whoever reads both must learn no more than from one."""
    await session.execute(
        text(
            "UPDATE member SET active = false WHERE id IN (SELECT m.id FROM member m JOIN unit u ON u.id = m.unit_id"
            " WHERE u.code = (SELECT min(unit_code) FROM grid_version WHERE valid_to IS NULL)"
            " ORDER BY m.number OFFSET 4)"
        )
    )
    await session.commit()
    body = await ask_all(gis, "/coverage", area="4408", level="leaf")
    rows = await session.execute(text("SELECT * FROM published_coverage"))
    view = {row.code: row for row in rows}
    assert view.keys() == {item["code"] for item in body["items"]}
    hidden = 0
    for item in body["items"]:
        row = view[item["code"]]
        assert (row.members_home, row.members_units) == (item["members_home"], item["members_units"])
        assert row.covered_share == pytest.approx(item["covered_share"], abs=2e-6)
        assert row.gap_m2 == pytest.approx(item["gap_m2"], abs=0.1)
        assert row.units == len(item["units"])
        hidden += item["members_units"] is None
    assert hidden > 0
