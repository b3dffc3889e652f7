"""Coverage over time: reckoned hourly by timers, county by county, as /coverage had it then."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from service.dispatch.worker import handlers
from service.reports.commands.sample import next_hour, start_sampling
from service.reports.rules import ENOUGH_MINUTES, ENOUGH_PEOPLE
from service.reports.worker import EFFECTS
from service.timers.loop import run_one
from tests.conftest import NOON

CHIKAN = "440802"


@pytest.fixture
async def hour(session, sessions, settings, graphs, clock):
    """Let the next full hour come, with what falls due in it."""
    await start_sampling(session, NOON)
    await session.commit()
    effects = handlers(settings, graphs, EFFECTS)

    async def hour():
        clock.at = next_hour(clock.at)
        while await run_one(sessions, effects, clock):
            pass

    return hour


async def test_each_county_is_kept_each_hour_as_coverage_has_it(
    hour, session, ask, ask_all, dispatcher, clock
):
    await hour()
    kept = await ask(dispatcher, "/reports/coverage", until=(clock.at + timedelta(hours=1)).isoformat())
    assert (kept["minutes"], kept["people"]) == (ENOUGH_MINUTES, ENOUGH_PEOPLE)
    counties = await session.scalars(
        text(
            "SELECT DISTINCT left(code, 6) FROM grid WHERE layer = 'governance' AND length(code) >= 6 ORDER BY 1"
        )
    )
    assert [each["area"] for each in kept["items"]] == list(counties)
    of_chikan = next(each for each in kept["items"] if each["area"] == CHIKAN)
    now = await ask(dispatcher, "/coverage", area=CHIKAN, minutes=ENOUGH_MINUTES)
    thin = await ask_all(
        dispatcher, "/coverage/thin", area=CHIKAN, minutes=ENOUGH_MINUTES, people=ENOUGH_PEOPLE
    )
    assert of_chikan["available"] == now["total"]["available"]
    assert of_chikan["leaves"] - of_chikan["covered"] == len(thin["items"])
    await hour()
    twice = await ask(dispatcher, "/reports/coverage", area=CHIKAN, until="2026-06-04T00:00Z")
    assert [datetime.fromisoformat(each["at"]) for each in twice["items"]] == [
        NOON + timedelta(hours=1),
        NOON + timedelta(hours=2),
    ]


async def test_small_counts_are_not_said_and_other_counties_not_shown(session, ask, dispatcher, gis, login):
    await session.execute(
        text(
            "INSERT INTO coverage_sample (area_code, at, available, leaves, covered) VALUES"
            " ('440802', '2026-06-02T00:00Z', 3, 10, 2), ('440803', '2026-06-02T00:00Z', 30, 10, 9)"
        )
    )
    await session.commit()
    exact, coarse = [(await ask(who, "/reports/coverage"))["items"] for who in (dispatcher, gis)]
    assert [each["available"] for each in exact] == [3, 30]
    assert [each["available"] for each in coarse] == [None, 30]
    of_county = await login("dispatcher", areas=[CHIKAN])
    assert [each["area"] for each in (await ask(of_county, "/reports/coverage"))["items"]] == [CHIKAN]


async def test_what_cannot_be_asked(client, dispatcher, login):
    for query in ({"since": "2026-06-03T00:00Z", "until": "2026-06-02T00:00Z"}, {"area": "990000"}):
        assert (
            await client.get("/api/v1/reports/coverage", params=query, headers=dispatcher)
        ).status_code == 422
    assert (await client.get("/api/v1/reports/coverage", headers=await login("member"))).status_code == 403
