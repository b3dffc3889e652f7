"""Imports that really commit: how far one is, two at once, one that crashes."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from service.imports import guards
from service.imports.commands import job, store
from tests.conftest import serving
from tests.imports.conftest import build_map, geojson, grid, members, party, sender, someone, square

PARTY = geojson(party("P-1", square(2)))


async def test_the_id_may_be_of_the_clients_making_and_is_used_once(fresh_map, counts_of):
    client, gis = fresh_map
    send, chosen = sender(client), str(uuid4())
    answer = await send("party-grids", PARTY, gis, id=chosen)
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == chosen
    again = await send("party-grids", geojson(party("P-2", square(3))), gis, id=chosen)
    assert again.status_code == 409
    assert again.json()["type"] == "/problems/duplicate"
    assert await counts_of("import") == 1


@pytest.fixture
async def fresh_map(fresh_client, fresh_sessions, fresh_login, clock):
    """A client whose requests commit, and headers of a GIS officer, on the map of squares."""
    async with fresh_sessions() as session:
        await build_map(session, clock.at)
    return fresh_client, await fresh_login("gis", areas=["4408"])


@pytest.fixture
def counts_of(fresh_sessions):
    """How many rows a table has."""

    async def counts_of(table):
        async with fresh_sessions() as session:
            return await session.scalar(text(f'SELECT count(*) FROM "{table}"'))

    return counts_of


async def test_others_see_how_far_it_is_while_it_runs(fresh_map, fresh_login, counts_of, monkeypatch):
    client, gis = fresh_map
    send, chosen = sender(client), str(uuid4())
    reading, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    read_file = guards.read_file

    def slowly(work, progress):
        progress.tell(job.Stage.REPAIRING, 7, 20)
        loop.call_soon_threadsafe(reading.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        return read_file(work, progress)

    monkeypatch.setattr(guards, "read_file", slowly)
    monkeypatch.setattr(job, "TOLD_EVERY_S", 0.01)
    running = asyncio.create_task(send("party-grids", PARTY, gis, id=chosen))
    await reading.wait()
    path = f"/api/v1/imports/{chosen}/progress"
    seen = await client.get(path, headers=gis)
    while seen.status_code != 200 or seen.json()["stage"] != "repairing":
        seen = await client.get(path, headers=gis)
    assert (seen.json()["done"], seen.json()["total"]) == (7, 20)
    for role, status in (("admin", 200), ("auditor", 200), ("gis", 404), ("dispatcher", 403)):
        assert (await client.get(path, headers=await fresh_login(role))).status_code == status
    go_on.set()
    assert (await running).status_code == 201
    assert (await client.get(path, headers=gis)).status_code == 404
    assert await counts_of("import_progress") == 0


async def test_two_at_once_leave_what_one_after_the_other_would(fresh_map, fresh_sessions, counts_of):
    client, gis = fresh_map
    send = sender(client)
    answers = await asyncio.gather(
        *(send("party-grids", geojson(party(f"P-{n}", square(2))), gis) for n in range(4)),
        send("governance-grids", geojson(grid("440803001001", square(1))), gis),
    )
    assert [answer.status_code for answer in answers] == [201] * 5, [answer.text for answer in answers]
    assert await counts_of("import") == 5
    async with fresh_sessions() as session:
        missed = await session.scalar(
            text("""
                SELECT count(*) FROM grid_version g JOIN grid gg ON gg.id = g.grid_id AND gg.layer = 'governance'
                JOIN grid_version p ON ST_Area(ST_Intersection(g.geom, p.geom)::geography) > 1
                JOIN grid pg ON pg.id = p.grid_id AND pg.layer = 'party'
                LEFT JOIN overlay o ON o.governance_grid_id = g.grid_id AND o.party_grid_id = p.grid_id
                WHERE g.valid_to IS NULL AND p.valid_to IS NULL AND o.area_m2 IS NULL
            """)
        )
    assert missed == 0


async def test_two_processes_at_once(fresh_map, fresh_settings, fresh_sessions, clock, counts_of):
    client, gis = fresh_map
    async with serving(fresh_settings, fresh_sessions, clock) as other:
        answers = await asyncio.gather(
            *(
                sender(each)(
                    "party-grids", geojson(party(f"P-{n}", square(2)), party("P-SAME", square(3))), gis
                )
                for n, each in enumerate((client, other, client, other))
            )
        )
    assert [answer.status_code for answer in answers] == [201] * 4, [answer.text for answer in answers]
    assert sum(answer.json()["added"]["count"] for answer in answers) == 5, "P-SAME once"
    assert await counts_of("import_change") == 5


async def test_the_same_members_at_once_come_once(
    fresh_map, fresh_settings, fresh_sessions, fresh_login, clock, counts_of
):
    client, _ = fresh_map
    admin = await fresh_login("admin")
    content = members(*(someone(f"M{n}") for n in range(20)))
    async with serving(fresh_settings, fresh_sessions, clock) as other:
        answers = await asyncio.gather(*(sender(each)("members", content, admin) for each in (client, other)))
    assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
    assert sorted(answer.json()["added"]["count"] for answer in answers) == [0, 20]
    assert await counts_of("member") == 20


async def test_one_who_comes_in_at_the_last_moment_is_there_already(
    fresh_map, fresh_settings, fresh_sessions, fresh_login, clock, counts_of, monkeypatch
):
    client, _ = fresh_map
    admin = await fresh_login("admin")
    send = sender(client)
    still_so, times = store.still_so, 0
    async with serving(fresh_settings, fresh_sessions, clock) as other:

        async def then_another_comes(*args):
            nonlocal times
            times += 1
            await still_so(*args)
            if times == 1:
                answer = await sender(other)("members", members(someone("M1")), admin)
                assert answer.status_code == 201, answer.text

        monkeypatch.setattr(store, "still_so", then_another_comes)
        answer = await send("members", members(someone("M1"), someone("M2")), admin)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["added"]["count"], answer.json()["unchanged"]) == (1, 1)
    assert await counts_of("member") == 2


async def test_a_crash_on_the_way_stores_nothing(fresh_map, counts_of, monkeypatch):
    client, gis = fresh_map
    before = {
        table: await counts_of(table) for table in ("grid", "grid_version", "import", "outbox", "audit")
    }

    async def crash(*_):
        raise RuntimeError("crash")

    monkeypatch.setattr(store, "record_import", crash)
    answer = await sender(client)("party-grids", PARTY, gis)
    assert answer.status_code == 500
    assert {table: await counts_of(table) for table in before} == before
