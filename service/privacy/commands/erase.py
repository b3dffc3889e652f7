"""Erasure: afterwards nothing in the database leads to the person, and what was counted of them still counts.

The member's row stays, under a random number and without a name, at their unit's office; so do their offers and
engagements, without a word of theirs. Ids are pseudonyms: once nothing is left that says whose they were, they lead
to nobody.
"""

from datetime import datetime
from secrets import token_hex
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.commands import AccountChanges, update_account
from service.access.queries import account_of_member
from service.dispatch.commands.hold import pending_of
from service.dispatch.commands.plan import next_wave
from service.dispatch.commands.settle import end_offers
from service.dispatch.models import Engagement, Offer
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import LIVE, OfferState, Trigger
from service.errors import Again, Conflict, NotFound
from service.privacy.commands.mentions import take_out_everywhere, tasks_that_name, words_of
from service.privacy.words import ERASED
from service.roster.commands.members import record_members
from service.roster.models import Member, Unit
from service.roster.queries.members import lock_member
from service.tasks.models import Task
from service.tasks.queries.tasks import lock_tasks
from service.tasks.rules import TaskState

LONGEST = "300s"
"""For the statements that look through everything that was written."""

OF_MEMBER = (
    # A check-in in flight waits for this row, and then finds nobody on duty. It stays, and says nothing.
    """
    INSERT INTO presence (member_id) VALUES (:member)
    ON CONFLICT (member_id) DO UPDATE SET at = NULL, location = NULL, accuracy_m = NULL, grid_id = NULL,
        crs = NULL, coarse = false, marks = '{}', how = NULL, how_at = NULL, duty_until = NULL, tracked_until = NULL
    """,
    "DELETE FROM checkin WHERE member_id = :member",
    "DELETE FROM help_call WHERE member_id = :member",
    "DELETE FROM position_look WHERE member_id = :member",
    "DELETE FROM member_skill WHERE member_id = :member",
    "DELETE FROM member_limits WHERE member_id = :member",
    "DELETE FROM duty_slot WHERE member_id = :member",
    "DELETE FROM duty_exception WHERE member_id = :member",
    "DELETE FROM duty_switch WHERE member_id = :member",
    "DELETE FROM handover WHERE from_member_id = :member OR to_member_id = :member",
    # That somebody was called is counted; where they live goes.
    """
    UPDATE muster_call SET community_code = (
        SELECT left(g.code, 12) FROM member m JOIN unit u ON u.id = m.unit_id JOIN grid g ON g.id = u.office_grid_id
        WHERE m.id = :member
    ) WHERE member_id = :member
    """,
    "DELETE FROM contact WHERE member_id = :member",
    "DELETE FROM notify_preference WHERE member_id = :member",
    "DELETE FROM enrolment_code WHERE member_id = :member",
    "DELETE FROM reply_code WHERE offer_id IN (SELECT id FROM offer WHERE member_id = :member)",
    "UPDATE offer SET decline_reason = NULL WHERE member_id = :member AND decline_reason IS NOT NULL",
    "UPDATE engagement SET end_reason = NULL WHERE member_id = :member AND end_reason IS NOT NULL",
    """
    UPDATE delivery d SET last_error = NULL,
        ended_at = CASE WHEN d.state = 'due' THEN CAST(:now AS timestamptz) ELSE d.ended_at END,
        state = CASE WHEN d.state = 'due' THEN 'cancelled' ELSE d.state END
    FROM notification n WHERE n.id = d.notification_id AND n.member_id = :member
    """,
    """
    UPDATE notification SET params = '{}', next_at = NULL,
        ended_at = CASE WHEN state = 'waiting' THEN CAST(:now AS timestamptz) ELSE ended_at END,
        state = CASE WHEN state = 'waiting' THEN 'cancelled' ELSE state END
    WHERE member_id = :member
    """,
    # What happened to them apart from tasks tells of their home, their days and how they were.
    "DELETE FROM outbox WHERE member_id = :member AND (task_id IS NULL OR kind LIKE 'member.%')",
    "UPDATE outbox SET data = data - 'reason' WHERE member_id = :member AND jsonb_exists(data, 'reason')",
    """
    DELETE FROM import_change WHERE code = :number
        AND import_id IN (SELECT id FROM import WHERE kind = 'members')
    """,
)
OF_ACCOUNT = (
    "DELETE FROM device WHERE account_id = :account",
    "DELETE FROM api_key WHERE account_id = :account",
    "DELETE FROM contact WHERE account_id = :account",
    "DELETE FROM kept_answer WHERE account_id = :account",
    "DELETE FROM attempts WHERE subject = 'username:' || :username",
    "UPDATE audit SET username = NULL, detail = '{}' WHERE account_id = :account",
    # What an administrator entered of the account, and changed.
    """
    UPDATE audit SET detail = '{}' WHERE subject LIKE '%/accounts%'
        AND strpos(subject || CAST(detail AS text), CAST(CAST(:account AS uuid) AS text)) > 0
    """,
)


class Erased(NamedTuple):
    """What is left of a member: the row's new number."""

    number: str
    erased_at: datetime


async def erase(session: AsyncSession, ground: Ground, member_id: UUID, now: datetime) -> Erased:
    """Take a member out of everything, in the caller's one transaction.

    A pending offer ends, and the next best is asked. Raises NotFound, also for one who has been erased;
    Conflict("erase-while-engaged"); Conflict("last-admin"); Again when an offer came in between.
    """
    await give_time(session)
    words = await words_of(session, member_id)
    looked_at = await tasks_of(session, member_id) | await tasks_that_name(session, words, member_id)
    tasks = await lock_tasks(session, looked_at)
    found = await lock_member(session, member_id)
    if found is None:
        raise NotFound("member")
    if not await tasks_of(session, member_id) <= looked_at:
        raise Again
    live = select(Engagement.id).where(Engagement.member_id == member_id, Engagement.state.in_(LIVE))
    if await session.scalar(live) is not None:
        raise Conflict("erase-while-engaged")
    member = found.member
    member.active = False
    await session.flush()
    await end_pending(session, ground, member_id, tasks, now)
    # As they are under the lock.
    words = await words_of(session, member_id)
    await clear(session, OF_MEMBER, member=member_id, number=member.number, now=now)
    await close_account(session, member_id, now)
    number = await make_nobody(session, member, now)
    await take_out_everywhere(session, words, member_id)
    unit = await session.get_one(Unit, member.unit_id)
    await record_members(session, [(member_id, {unit.code}, await office_area(session, unit))], now)
    return Erased(number, now)


async def give_time(session: AsyncSession) -> None:
    """Let the statements take longer than a request's usually may."""
    await session.execute(
        text("SELECT set_config('statement_timeout', :longest, true)"), {"longest": LONGEST}
    )


async def tasks_of(session: AsyncSession, member_id: UUID) -> set[UUID]:
    """The tasks that a member is asked for or engaged in."""
    asked = select(Offer.task_id).where(Offer.member_id == member_id, Offer.state == OfferState.PENDING)
    engaged = select(Engagement.task_id).where(Engagement.member_id == member_id, Engagement.state.in_(LIVE))
    return set(await session.scalars(asked)) | set(await session.scalars(engaged))


async def end_pending(
    session: AsyncSession, ground: Ground, member_id: UUID, tasks: dict[UUID, Task], now: datetime
) -> None:
    """End what a member was asked and has not answered; the task asks the next best."""
    for offer in await pending_of(session, [member_id]):
        task = tasks[offer.task_id]
        await end_offers(session, task, [offer], OfferState.CANCELLED, now)
        if TaskState(task.state).live:
            await next_wave(session, ground, task, Trigger.DECLINED, now)


async def close_account(session: AsyncSession, member_id: UUID, now: datetime) -> None:
    """Close the member's account, if there is one, for good; what it did stays on record as nobody's."""
    account = await account_of_member(session, member_id)
    if account is None:
        return
    changes = AccountChanges(display_name="", areas=(), units=(), active=False)
    await update_account(session, account.id, changes, now)
    await clear(session, OF_ACCOUNT, account=account.id, username=account.username)
    account.username = f"erased-{token_hex(4)}"
    account.password_hash = None
    account.contact = None
    await session.flush()


async def make_nobody(session: AsyncSession, member: Member, now: datetime) -> str:
    """Leave of the row its unit, and a number that was nobody's; their home is the unit's office from now on."""
    unit = await session.get_one(Unit, member.unit_id)
    member.number = f"erased-{token_hex(4)}"
    member.name = ERASED
    member.opted_out = []
    member.home_grid_id, member.home = unit.office_grid_id, unit.office
    member.erased_at = now
    await session.flush()
    return member.number


async def office_area(session: AsyncSession, unit: Unit) -> set[str]:
    """The code of the grid of a unit's office."""
    code = await session.scalar(text("SELECT code FROM grid WHERE id = :id"), {"id": unit.office_grid_id})
    return {code}


async def clear(session: AsyncSession, statements: tuple[str, ...], **values: object) -> None:
    """Run each of the statements."""
    await session.flush()
    for statement in statements:
        await session.execute(text(statement), values)
