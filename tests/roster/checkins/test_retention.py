"""Check-ins are kept in partitions by day, for a limited time; positions of those off duty are blurred."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from service.roster.checkins import queries
from service.roster.checkins.commands.coarsen import coarsen
from service.roster.checkins.commands.partitions import days_there, drop_old, make_partitions
from service.roster.rules import LocalTime
from tests.conftest import NOON
from tests.roster.checkins.conftest import LAT, LON, check_in

LIMIT = 30
PLACES = """
    SELECT format('%I', table_name), format('%I', column_name), udt_name FROM information_schema.columns c
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE c.table_schema = current_schema() AND table_type = 'BASE TABLE'
      AND (udt_name IN ('geometry', 'geography') OR udt_name IN ('float8', 'numeric') AND column_name ~ 'lon|lat')
"""
"""Every column that can hold a position."""


@pytest.fixture
def zone(settings):
    """The city's."""
    return settings.zone


async def precise(session):
    """The columns that hold the phone's exact position."""
    found = set()
    for table, column, kind in (await session.execute(text(PLACES))).all():
        near = f"abs({column} - {LON}) < 1e-9" if column == "lon" else f"abs({column} - {LAT}) < 1e-9"
        if kind in ("geometry", "geography"):
            near = f"ST_Equals({column}::geometry, ST_SetSRID(ST_MakePoint({LON}, {LAT}), ST_SRID({column}::geometry)))"
        if await session.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {near})")):
            found.add((table, column))
    return found


async def test_a_week_ahead_is_made_once_and_takes_what_waited(phone, session):
    early, late = check_in(-5 * 3600), check_in(-1)
    assert await phone.states(early, late) == ["stored", "stored"]
    assert await session.scalar(text("SELECT count(*) FROM checkin_default")) == 2
    made = await make_partitions(session, NOON)
    assert made == [date(2026, 6, 2) + timedelta(days=number) for number in range(9)]
    assert await make_partitions(session, NOON) == []
    assert await session.scalar(text("SELECT count(*) FROM checkin_default")) == 0
    assert await session.scalar(text("SELECT count(*) FROM checkin_20260602")) == 1
    assert await phone.states(early, late, check_in(0)) == ["duplicate", "duplicate", "stored"]
    assert await session.scalar(text("SELECT count(*) FROM checkin_20260603")) == 2


async def test_days_that_are_over_are_dropped_and_no_others(session):
    await make_partitions(session, NOON)
    assert await drop_old(session, NOON + timedelta(days=LIMIT - 2), LIMIT) == []
    now = datetime(2026, 7, 3, 0, 0, 1, tzinfo=UTC)
    assert await drop_old(session, now, LIMIT) == [date(2026, 6, 2), date(2026, 6, 3)]
    assert min(await days_there(session)) == date(2026, 6, 4)


async def test_after_its_time_no_precise_position_is_left_anywhere(phone, idle, session, zone, clock):
    assert await phone.states(check_in(-1)) == ["stored"]
    await make_partitions(session, NOON)
    assert await precise(session) == {
        ("checkin", "lon"),
        ("checkin", "lat"),
        ("checkin_20260603", "lon"),
        ("checkin_20260603", "lat"),
        ("presence", "location"),
    }
    # Still on duty after all that time, by a switch without an end; and a row for which there never was a day.
    await phone.client.put("/api/v1/me/duty", json={"state": "on"}, headers=phone.headers)
    await session.execute(
        text(
            "INSERT INTO checkin SELECT at - interval '40 days', gen_random_uuid(), member_id, received_at, lon, lat,"
            " accuracy_m, grid_id, marks, how FROM checkin"
        )
    )
    now = NOON + timedelta(days=LIMIT, hours=1)
    await drop_old(session, now, LIMIT)
    await coarsen(session, LocalTime.of(now, zone))
    assert await precise(session) == set()
    assert await session.scalar(text("SELECT count(*) FROM checkin")) == 0


async def test_off_duty_presence_is_a_point_of_the_grid_and_covers_it(phone, idle, session, zone):
    assert await phone.states(check_in(-1)) == ["stored"]
    before = await phone.presence()
    await coarsen(session, LocalTime.of(NOON, zone))
    assert await phone.presence() == before
    later = NOON + timedelta(minutes=81)
    await coarsen(session, LocalTime.of(later, zone))
    found = await phone.presence()
    assert (found.coarse, found.grid_id, found.at, found.crs) == (True, before.grid_id, before.at, None)
    assert (found.lon, found.lat) != (LON, LAT)
    farthest = text(
        "SELECT max(ST_Distance(p.location::geography, d.geom::geography)), bool_and(ST_Covers(v.geom, p.location))"
        " FROM presence p JOIN grid_version v ON v.grid_id = p.grid_id AND v.valid_to IS NULL,"
        " ST_DumpPoints(v.geom) d"
    )
    metres, inside = (await session.execute(farthest)).one()
    assert inside
    assert found.accuracy_m == pytest.approx(metres)
    assert found.accuracy_m > 1000


async def test_while_tracked_it_stays_precise_and_a_blurred_one_is_left_for_the_next(phone, session, zone):
    assert await phone.states(check_in(-1)) == ["stored"]
    await session.execute(
        text("UPDATE presence SET tracked_until = :until"), {"until": NOON + timedelta(hours=48)}
    )
    later = LocalTime.of(NOON + timedelta(hours=3), zone)
    await coarsen(session, later)
    assert not (await phone.presence()).coarse
    await session.execute(text("UPDATE presence SET tracked_until = NULL"))
    await coarsen(session, later)
    assert (await phone.presence()).coarse
    # From a blurred presence nothing is too fast.
    assert await phone.states(check_in(0, east_m=900)) == ["stored"]
    assert not (await phone.presence()).coarse


async def test_ids_are_looked_up_in_the_days_that_matter_alone(session):
    await make_partitions(session, NOON)
    await session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    await session.execute(
        text(f"PREPARE seen (uuid[], uuid[], timestamptz[], timestamptz, timestamptz) AS {queries.SEEN}")
    )
    since, until = queries.days(NOON)
    one = "'{01a20e0f-d3fa-7647-9319-0711f0c58d9b}'"
    run = f"EXECUTE seen ({one}, {one}, '{{2026-06-03T04:00Z}}', '{since}', '{until}')"
    plan = list(await session.scalars(text(f"EXPLAIN (ANALYZE, COSTS OFF) {run}")))
    ran = [line for line in plan if " on checkin_" in line and "never executed" not in line]
    assert {line.split(" on ")[1].split()[0] for line in ran} == {"checkin_20260602", "checkin_20260603"}, (
        plan
    )
    assert not [line for line in ran if "Seq Scan" in line]
