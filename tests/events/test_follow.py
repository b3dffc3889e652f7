"""The outbox in order: nothing is skipped, nothing comes twice, and what cannot be answered is refused."""

import asyncio
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import NullPool, select, text, update
from sqlalchemy.dialects import postgresql

from service.db.engine import make_engine
from service.errors import Gone, Invalid
from service.events.follow import BEGINNING, Place, follow, full_number, newest_cursor, page
from service.events.forget import forget_old, settle_in
from service.events.models import Event, Reader
from service.events.record import record
from service.settings import Settings
from tests.conftest import NOON


async def write(sessions, *kinds, at=NOON):
    """One transaction for each event."""
    for kind in kinds:
        async with sessions.begin() as session:
            await record(session, kind, at)


async def kinds_after(sessions, cursor, limit=100):
    """What `follow` gives, and its cursor."""
    async with sessions() as session:
        batch = await follow(session, cursor, limit)
    return [event.kind for event in batch.events], batch.cursor


async def all_by_pages(sessions, cursor, limit):
    """Everything after a cursor, read by small pages."""
    found = []
    while True:
        kinds, cursor = await kinds_after(sessions, cursor, limit)
        found += kinds
        if not kinds:
            return found


async def test_pages_follow_each_other_and_each_event_has_its_own_cursor(fresh_sessions):
    names = [f"test.{n}" for n in range(7)]
    await write(fresh_sessions, *names[:3])
    async with fresh_sessions.begin() as session:
        for name in names[3:]:
            await record(session, name, NOON)
    assert await all_by_pages(fresh_sessions, None, 2) == names
    async with fresh_sessions() as session:
        events = (await follow(session, None, 100)).events
    for place, event in enumerate(events):
        assert (await kinds_after(fresh_sessions, event.cursor))[0] == names[place + 1 :]


async def test_an_event_whose_transaction_is_open_is_waited_for(fresh_sessions):
    await write(fresh_sessions, "test.before")
    async with fresh_sessions() as session:
        cursor = await newest_cursor(session)
    async with fresh_sessions() as slow:
        await record(slow, "test.slow", NOON)
        await write(fresh_sessions, "test.quick")
        assert await kinds_after(fresh_sessions, cursor) == ([], cursor)
        async with fresh_sessions() as session:
            assert await newest_cursor(session) == cursor
        await slow.commit()
    assert (await kinds_after(fresh_sessions, cursor))[0] == ["test.slow", "test.quick"]


async def test_a_transaction_that_began_later_is_waited_for_by_its_number(fresh_sessions):
    """One transaction looks twice: the second look must see who has begun since the first."""
    async with fresh_sessions() as reader, fresh_sessions() as slow:
        assert (await follow(reader, None, 10)).events == []
        await record(slow, "test.slow", NOON)
        await write(fresh_sessions, "test.quick")
        assert (await follow(reader, None, 10)).events == []
        await slow.commit()
        assert [each.kind for each in (await follow(reader, None, 10)).events] == ["test.slow", "test.quick"]


async def test_another_database_is_not_waited_for(fresh_sessions, shared_database):
    engine = make_engine(Settings(database_url=shared_database), poolclass=NullPool)
    async with engine.connect() as elsewhere:
        await elsewhere.execute(text("SELECT pg_current_xact_id()"))
        await write(fresh_sessions, "test.here")
        assert (await kinds_after(fresh_sessions, None))[0] == ["test.here"]
    await engine.dispose()


async def test_one_that_fails_is_waited_for_no_longer(fresh_sessions):
    async with fresh_sessions() as slow:
        await record(slow, "test.slow", NOON)
        await write(fresh_sessions, "test.quick")
        await slow.rollback()
    assert (await kinds_after(fresh_sessions, None))[0] == ["test.quick"]


async def test_a_reader_among_many_writers_misses_nothing_and_reads_nothing_twice(fresh_sessions):
    chance = Random(1)
    written, found = set(), []

    async def writer(name):
        for n in range(12):
            async with fresh_sessions() as session:
                for part in range(chance.randint(1, 3)):
                    await record(session, f"test.{name}.{n}.{part}", NOON)
                    await asyncio.sleep(chance.random() * 0.004)
                if chance.random() < 0.2:
                    await session.rollback()
                    continue
                written.update(f"test.{name}.{n}.{each}" for each in range(part + 1))
                await session.commit()

    writers = asyncio.gather(*(writer(name) for name in range(8)))
    cursor = None
    while True:
        done = writers.done()
        kinds, cursor = await kinds_after(fresh_sessions, cursor, 5)
        found += kinds
        if done and not kinds:
            break
    await writers
    assert len(found) == len(set(found))
    assert set(found) == written


@pytest.mark.parametrize("cursor", ["", "x", "é" * 22, "A" * 21, "A" * 23, "A" * 40, "!" * 22])
async def test_what_is_no_cursor_is_refused(fresh_sessions, cursor):
    with pytest.raises(Invalid, match="invalid-cursor"):
        await kinds_after(fresh_sessions, cursor)


async def test_a_city_where_nothing_has_happened_has_a_cursor_too(fresh_sessions):
    async with fresh_sessions() as session:
        cursor = await newest_cursor(session)
    await write(fresh_sessions, "test.first")
    assert (await kinds_after(fresh_sessions, cursor))[0] == ["test.first"]


async def test_old_events_are_forgotten_and_their_cursors_refused(fresh_sessions):
    await write(fresh_sessions, "test.old", "test.older", at=NOON - timedelta(days=31))
    _, old = await kinds_after(fresh_sessions, None, 1)
    _, last_old = await kinds_after(fresh_sessions, None)
    await write(fresh_sessions, "test.new")
    async with fresh_sessions.begin() as session:
        await forget_old(session, NOON, days=30)
    assert (await kinds_after(fresh_sessions, None))[0] == ["test.new"]
    for cursor in (old, last_old):
        with pytest.raises(Gone, match="events-gone"):
            await kinds_after(fresh_sessions, cursor)


async def test_the_newest_is_kept_however_old(fresh_sessions):
    await write(fresh_sessions, "test.old", "test.last", at=NOON - timedelta(days=400))
    async with fresh_sessions.begin() as session:
        cursor = await newest_cursor(session)
        await forget_old(session, NOON, days=30)
    assert (await kinds_after(fresh_sessions, None))[0] == ["test.last"]
    assert await kinds_after(fresh_sessions, cursor) == ([], cursor)


async def test_nothing_is_forgotten_that_a_reader_has_still_to_read(fresh_sessions):
    await write(fresh_sessions, "test.1", "test.2", "test.3", at=NOON - timedelta(days=31))
    await write(fresh_sessions, "test.4")
    _, cursor = await kinds_after(fresh_sessions, None, 2)
    async with fresh_sessions.begin() as session:
        session.add(Reader(name="test", cursor=cursor))
        await session.flush()
        await forget_old(session, NOON, days=30)
    assert (await kinds_after(fresh_sessions, cursor))[0] == ["test.3", "test.4"]
    assert (await kinds_after(fresh_sessions, None))[0] == ["test.2", "test.3", "test.4"]


async def test_a_city_from_a_cluster_that_had_counted_further_settles_in(fresh_sessions):
    await write(fresh_sessions, "test.1", "test.2", "test.3", "test.4")
    async with fresh_sessions.begin() as session:
        await session.execute(update(Event).values(xact=Event.xact + 10**9))
        rows = (await session.execute(select(Event.xact, Event.id).order_by(Event.id))).all()
        session.add(Reader(name="test", cursor=Place(*rows[1]).cursor))
        session.add(Reader(name="new", cursor=BEGINNING.cursor))
    clients = Place(*rows[1]).cursor
    # Nobody can see them here, and nobody would see what comes.
    assert (await kinds_after(fresh_sessions, None))[0] == []
    async with fresh_sessions.begin() as session:
        assert await settle_in(session) == 4
    await write(fresh_sessions, "test.5")
    assert (await kinds_after(fresh_sessions, None))[0] == [f"test.{n}" for n in range(1, 6)]
    async with fresh_sessions() as session:
        cursors = dict((await session.execute(select(Reader.name, Reader.cursor))).all())
    assert (await kinds_after(fresh_sessions, cursors["test"]))[0] == ["test.3", "test.4", "test.5"]
    assert cursors["new"] == BEGINNING.cursor
    with pytest.raises(Gone):
        await kinds_after(fresh_sessions, clients)
    async with fresh_sessions.begin() as session:
        assert await settle_in(session) == 0


async def test_a_city_at_home_is_left_alone(fresh_sessions):
    await write(fresh_sessions, "test.1")
    before = await kinds_after(fresh_sessions, None)
    async with fresh_sessions.begin() as session:
        assert await settle_in(session) == 0
    assert await kinds_after(fresh_sessions, None) == before


async def test_the_reader_goes_by_the_index(fresh_sessions):
    async with fresh_sessions.begin() as session:
        await session.execute(
            text(
                "INSERT INTO outbox (id, xact, at, kind, unit_codes, data)"
                " SELECT nextval('outbox_id_seq'), n / 3 - 70000, now(), 'test.many', '{}', '{}'"
                " FROM generate_series(1, 200000) n"
            )
        )
    async with fresh_sessions() as session:
        await session.execute(text("ANALYZE outbox"))
        await session.commit()
        sql = page(Place(-100, 5), 10**9, 500).compile(
            dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
        )
        plan = "\n".join(await session.scalars(text(f"EXPLAIN (COSTS OFF) {sql}".replace(":", "\\:"))))
    assert "Index Scan using ix_outbox_xact_id on outbox" in plan
    assert "Index Cond: ((ROW(xact, id) > ROW" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize(
    ("xid", "near", "full"),
    [
        (700, 800, 700),
        (805, 800, 805),
        (5, 2**32 + 7, 2**32 + 5),
        (2**32 - 3, 2**32 + 7, 2**32 - 3),
        (4, 3 * 2**32 - 2, 3 * 2**32 + 4),
    ],
)
def test_the_number_of_a_transaction_in_full(xid, near, full):
    assert full_number(xid, near) == full
