"""Workers share the timers by area: evenly, without a gap when one is gone, and never two in one area."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from service.db.base import new_id
from service.timers.loop import run_one
from service.timers.models import Share, Timer, Worker
from service.timers.rules import pace_of, parts
from service.timers.schedule import schedule
from service.timers.worker import TAKEOVERS, Registration
from tests.conftest import NOON

AREAS = [f"44080200{number}" for number in range(1, 8)]
LEASE = timedelta(seconds=7)
QUIET = {"ring": lambda session, subject_id, now: rest()}


async def rest():
    """An effect that does nothing."""


async def set_timers(sessions, areas):
    async with sessions.begin() as session:
        for area in areas:
            await schedule(session, "ring", new_id(), NOON, area)


async def shares(sessions):
    """Whose each area is."""
    async with sessions() as session:
        return dict((await session.execute(select(Share.area, Share.worker_id))).all())


async def counts(sessions, *workers):
    """How many areas each of the workers has."""
    held = Counter((await shares(sessions)).values())
    assert set(held) <= {worker.id for worker in workers}
    return [held[worker.id] for worker in workers]


async def go_unseen(sessions, worker):
    """Let the lease of a worker pass."""
    async with sessions.begin() as session:
        await session.execute(
            update(Worker).where(Worker.id == worker.id).values(seen_at=Worker.seen_at - 2 * LEASE)
        )


@pytest.fixture
async def joined(fresh_sessions):
    """So many workers that have joined one after the other, with a timer due in each area: `await joined(3)`."""
    await set_timers(fresh_sessions, AREAS)

    async def joined(number):
        workers = []
        for _ in range(number):
            workers.append(Registration(fresh_sessions, LEASE))
            await workers[-1].beat()
        return workers

    return joined


@pytest.mark.parametrize(("workers", "held"), [(1, [7]), (2, [4, 3]), (3, [3, 2, 2])])
async def test_workers_have_even_parts_as_soon_as_they_have_joined(joined, fresh_sessions, workers, held):
    assert sorted(await counts(fresh_sessions, *await joined(workers)), reverse=True) == held


async def test_the_areas_of_a_worker_that_is_not_seen_are_taken_at_the_next_beat_and_then_divided(
    joined, fresh_sessions
):
    lost, one, two = await joined(3)
    await go_unseen(fresh_sessions, lost)
    theirs = [area for area, worker in (await shares(fresh_sessions)).items() if worker == lost.id]
    before = TAKEOVERS._value.get()
    await one.beat()
    assert TAKEOVERS._value.get() - before == len(theirs)
    now = await shares(fresh_sessions)
    assert {now[area] for area in theirs} == {one.id}
    await two.beat()
    assert sorted(await counts(fresh_sessions, one, two)) == [3, 4]


async def test_each_takeover_is_told_with_its_area_and_registrations(joined, fresh_sessions, capsys):
    lost, other = await joined(2)
    await go_unseen(fresh_sessions, lost)
    await other.beat()
    said = [line for line in capsys.readouterr().out.splitlines() if "area taken over" in line]
    assert len(said) in (3, 4)
    assert all(str(lost.id) in line and str(other.id) in line for line in said)


async def test_a_lost_registration_takes_nothing_and_its_worker_registers_anew(joined, fresh_sessions, clock):
    lost, other = await joined(2)
    old = lost.id
    await go_unseen(fresh_sessions, lost)
    await other.beat()
    assert not await run_one(fresh_sessions, QUIET, clock, old)
    await lost.beat()
    assert lost.id != old
    assert not await run_one(fresh_sessions, QUIET, clock, old)
    assert await run_one(fresh_sessions, QUIET, clock, lost.id)
    assert sorted(await counts(fresh_sessions, lost, other)) == [3, 4]
    async with fresh_sessions() as session:
        assert set(await session.scalars(select(Worker.id))) == {lost.id, other.id}


async def test_a_worker_does_the_timers_of_its_own_areas_only(joined, fresh_sessions, clock):
    one, two = await joined(2)
    of_one, of_two = await counts(fresh_sessions, one, two)
    done = Counter()
    for worker in (one, two):
        while await run_one(fresh_sessions, QUIET, clock, worker.id):
            done[worker] += 1
    assert (done[one], done[two]) == (of_one, of_two)


async def test_an_area_is_not_taken_while_its_worker_does_a_timer_there(joined, fresh_sessions, clock):
    """Neither from one who was taken for dead nor from one who has too many."""
    [one] = await joined(1)
    await go_unseen(fresh_sessions, one)
    two, three = Registration(fresh_sessions, LEASE), Registration(fresh_sessions, LEASE)

    async def meanwhile(session, subject_id, now):
        await two.beat()
        assert sorted(await counts(fresh_sessions, one, two)) == [1, 6]
        await three.beat()
        assert sorted(await counts(fresh_sessions, one, two, three)) == [1, 3, 3]

    assert await run_one(fresh_sessions, {"ring": meanwhile}, clock, one.id)
    async with fresh_sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Timer)) == len(AREAS) - 1
    await two.beat()
    assert sorted(await counts(fresh_sessions, two, three)) == [3, 4]


async def test_while_an_area_changes_hands_neither_does_its_timers(joined, fresh_sessions, clock):
    [one] = await joined(1)
    async with fresh_sessions.begin() as taking:
        await taking.execute(update(Share).values(worker_id=new_id()))
        assert not await run_one(fresh_sessions, QUIET, clock, one.id)
    assert not await run_one(fresh_sessions, QUIET, clock, one.id)


async def test_one_that_lost_its_transaction_and_its_area_does_not_touch_the_timer(
    joined, fresh_sessions, clock
):
    """As a worker does that was frozen inside a transaction."""
    [frozen] = await joined(1)
    other = Registration(fresh_sessions, LEASE)
    attempts = select(func.sum(Timer.attempts), func.count()).select_from(Timer)

    async def freeze(session, subject_id, now):
        with pytest.raises(DBAPIError):
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await go_unseen(fresh_sessions, frozen)
        await other.beat()
        assert await counts(fresh_sessions, other) == [len(AREAS)]
        raise ConnectionError

    assert await run_one(fresh_sessions, {"ring": freeze}, clock, frozen.id)
    async with fresh_sessions() as session:
        assert (await session.execute(attempts)).one() == (0, len(AREAS))
    for _ in AREAS:
        assert await run_one(fresh_sessions, QUIET, clock, other.id)
    assert not await run_one(fresh_sessions, QUIET, clock)


async def test_a_timer_that_failed_is_pushed_back_by_its_worker(joined, fresh_sessions, clock):
    [one] = await joined(1)

    async def fail(session, subject_id, now):
        raise RuntimeError

    for _ in AREAS:
        assert await run_one(fresh_sessions, {"ring": fail}, clock, one.id)
    assert not await run_one(fresh_sessions, QUIET, clock, one.id)
    async with fresh_sessions() as session:
        assert set(await session.scalars(select(Timer.attempts))) == {1}


async def test_one_that_failed_and_was_set_anew_meanwhile_stays_where_it_was_set(fresh_sessions, clock):
    subject, later = new_id(), NOON + timedelta(minutes=5)
    async with fresh_sessions.begin() as session:
        await schedule(session, "ring", subject, NOON, "4408")

    async def fail(session, subject_id, now):
        await session.rollback()
        async with fresh_sessions.begin() as other:
            await schedule(other, "ring", subject, later, "4408")
        raise RuntimeError

    assert await run_one(fresh_sessions, {"ring": fail}, clock)
    async with fresh_sessions() as session:
        assert await session.scalar(select(Timer.due_at)) == later


async def test_a_new_area_has_a_worker_after_the_next_beat_whoever_s_it_is(joined, fresh_sessions, clock):
    one, two = await joined(2)
    await set_timers(fresh_sessions, ["", "4408", "440823101"])
    assert set(await shares(fresh_sessions)) == set(AREAS)
    await two.beat()
    now = await shares(fresh_sessions)
    assert {now[area] for area in ("", "4408", "440823101")} == {two.id}
    await one.beat()
    assert await counts(fresh_sessions, one, two) == [5, 5]


async def test_a_worker_that_leaves_gives_everything_back_at_once(joined, fresh_sessions):
    leaves, stays = await joined(2)
    await leaves.leave()
    assert None in (await shares(fresh_sessions)).values()
    await stays.beat()
    assert await counts(fresh_sessions, stays) == [len(AREAS)]
    async with fresh_sessions() as session:
        assert list(await session.scalars(select(Worker.id))) == [stays.id]


async def test_nothing_is_given_to_a_worker_that_has_stopped_and_is_not_missed_yet(joined, fresh_sessions):
    [one] = await joined(1)
    stopped = Registration(fresh_sessions, LEASE)
    await stopped.beat()
    async with fresh_sessions.begin() as session:
        await session.execute(update(Share).values(worker_id=one.id))
    await one.beat()
    assert await counts(fresh_sessions, one, stopped) == [7, 0]


@pytest.mark.parametrize("areas", [0, 1, 7, 30])
@pytest.mark.parametrize("number", [1, 2, 3, 8])
def test_parts_are_all_of_it_and_differ_by_one_at_most(areas, number):
    found = parts(areas, {new_id() for _ in range(number)})
    assert (len(found), sum(found.values())) == (number, areas)
    assert max(found.values()) - min(found.values()) <= 1


@pytest.mark.parametrize("seconds", [1, 4, 10, 60])
def test_a_worker_s_silence_is_over_before_the_takeover_time(seconds):
    """The argument of `pace_of`, in numbers."""
    takeover = timedelta(seconds=seconds)
    pace = pace_of(takeover)
    its_transaction_is_gone = pace.beat + pace.longest_idle
    assert its_transaction_is_gone <= pace.lease
    another_has_noticed = pace.lease + pace.beat
    another_has_looked = another_has_noticed + pace.beat
    assert another_has_looked < takeover
    assert pace.lease > 3 * pace.beat
