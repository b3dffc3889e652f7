"""The durable timers: done once, in one transaction with their effect, and pushed back when they fail."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from service.db.base import new_id
from service.events.models import Event
from service.events.record import record
from service.timers.loop import run_one
from service.timers.models import Timer
from service.timers.schedule import schedule


async def test_a_due_timer_runs_once_and_its_row_is_gone(session, sessions, clock):
    subject = new_id()
    await schedule(session, "ring", subject, clock.at, "4408")
    await session.commit()
    rung = []

    async def ring(session, subject_id, now):
        rung.append(subject_id)

    assert await run_one(sessions, {"ring": ring}, clock)
    assert not await run_one(sessions, {"ring": ring}, clock)
    assert rung == [subject]


async def test_a_timer_ahead_waits_and_scheduling_again_moves_it(session, sessions, clock):
    subject = new_id()
    await schedule(session, "ring", subject, clock.at + timedelta(minutes=9), "4408")
    await schedule(session, "ring", subject, clock.at + timedelta(minutes=3), "4408")
    await session.commit()

    async def ring(session, subject_id, now):
        return None

    assert not await run_one(sessions, {"ring": ring}, clock)
    clock.at += timedelta(minutes=3)
    assert await run_one(sessions, {"ring": ring}, clock)
    assert await session.scalar(select(func.count()).select_from(Timer)) == 0


async def test_a_failing_timer_leaves_no_effect_and_is_pushed_back(session, sessions, clock):
    await schedule(session, "ring", new_id(), clock.at, "4408")
    await session.commit()

    async def fail(session, subject_id, now):
        await record(session, "rang", now)
        raise RuntimeError("no bell")

    assert await run_one(sessions, {"ring": fail}, clock)
    assert await session.scalar(select(func.count()).select_from(Event)) == 0
    timer = (await session.execute(select(Timer))).scalar_one()
    assert timer.attempts == 1
    assert timer.due_at > clock.at
    assert "no bell" in timer.last_error


async def test_what_is_kept_of_a_failure_holds_none_of_its_values(session, sessions, clock, capsys):
    await schedule(session, "ring", new_id(), clock.at, "4408")
    await session.commit()

    async def fail(session, subject_id, now):
        await session.execute(
            text("SELECT 1 / (length(:place) - length(:place))"), {"place": "POINT(110.36 21.27)"}
        )

    assert await run_one(sessions, {"ring": fail}, clock)
    kept = (await session.execute(select(Timer.last_error))).scalar_one()
    assert "division by zero" in kept
    assert "110.36" not in kept + capsys.readouterr().out


async def test_a_handler_may_set_its_own_timer_anew(session, sessions, clock):
    subject = new_id()
    await schedule(session, "ring", subject, clock.at, "4408")
    await session.commit()

    async def again(session, subject_id, now):
        await schedule(session, "ring", subject_id, now + timedelta(minutes=1), "4408")

    assert await run_one(sessions, {"ring": again}, clock)
    assert (await session.execute(select(Timer.due_at))).scalar_one() == clock.at + timedelta(minutes=1)


@pytest.mark.parametrize("failures", [1, 4])
async def test_the_pause_grows(session, sessions, clock, failures):
    await schedule(session, "ring", new_id(), clock.at, "4408")
    await session.commit()

    async def fail(session, subject_id, now):
        raise RuntimeError

    for _ in range(failures):
        assert await run_one(sessions, {"ring": fail}, clock)
        clock.at = (await session.execute(select(Timer.due_at))).scalar_one()
        session.expire_all()
    timer = (await session.execute(select(Timer).execution_options(populate_existing=True))).scalar_one()
    assert timer.attempts == failures
