"""One transaction for the check-ins of many requests: who may, what was there, what is decided, two writes.

Rows of presence are locked first, by member id, so whatever else touches one member's check-ins waits; then ids that
were used before are looked up, `rules` decide, and one INSERT and one UPDATE, both sorted, write it all down.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.queries import still_there
from service.access.rules import Action, Caller
from service.access.tokens import Claims
from service.db.driver import Record
from service.errors import Unauthenticated
from service.grids.store import GraphStore
from service.roster.checkins import queries
from service.roster.checkins.commands.duty import duty_known
from service.roster.checkins.commands.help import Call, tell_of_help
from service.roster.checkins.commands.write import New, write
from service.roster.checkins.rules import (
    DUPLICATE,
    FAST,
    Fix,
    How,
    Known,
    Refusal,
    Report,
    Verdict,
    fault_of_place,
    fault_of_time,
    is_heard,
    judge,
    refused,
    told,
)
from service.roster.checkins.siting import Site, sites
from service.roster.commands.help import JobsOf


class Ask(NamedTuple):
    """The check-ins of one request, what its token says, and when it came."""

    claims: Claims
    reports: Sequence[Report]
    now: datetime


class Said(NamedTuple):
    """All that makes a check-in the same when its id comes again."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float
    how: str | None


@dataclass(slots=True)
class Item:
    """One check-in on its way."""

    member_id: UUID
    report: Report
    verdict: Verdict
    site: Site | None = None


class Taken(NamedTuple):
    """Who asked, and what became of each check-in, in order; of nothing where they may not."""

    who: Caller
    items: list[Item]


@dataclass(slots=True)
class Member:
    """What is known of somebody whose check-ins are taken."""

    known: Known
    wanted: bool
    """Whether positions are taken: on duty, engaged or in a drill."""
    used: dict[UUID, Said] = field(default_factory=dict)
    """By the ids of earlier check-ins."""


BY_INDEX = text("SET LOCAL enable_seqscan = off")
"""The statements here are planned once a connection, maybe while a day's partition is empty: read whole, it would cost
more with each check-in of the day. It is also what begins the transaction."""
NOTHING = refused(Refusal.INVALID_POSITION)


async def take(
    session: AsyncSession, graphs: GraphStore, zone: ZoneInfo, jobs_of: JobsOf, asks: Sequence[Ask]
) -> list[Taken | Exception]:
    """Take the check-ins of several requests, in the order in which they came.

    One whose device was revoked gets Unauthenticated. Of callers who may not, or are no member, nothing is looked at:
    the refusal is the edge's.
    """
    now = max(ask.now for ask in asks)
    await session.execute(BY_INDEX)
    callers = await still_there(session, {ask.claims.device_id for ask in asks}, now)
    answers = [answer(callers, ask) for ask in asks]
    items = [item for each in answers if isinstance(each, Taken) for item in in_order(each.items)]
    if items:
        await decide(session, graphs, zone, jobs_of, items, now)
    return answers


def answer(callers: Mapping[UUID, Caller], ask: Ask) -> Taken | Exception:
    """What a request gets, its check-ins yet to be decided on."""
    who = callers.get(ask.claims.device_id)
    if who is None or str(who.account_id) != ask.claims.subject:
        return Unauthenticated("token-revoked")
    if who.member_id is None or who.reach(Action.CHECKIN_WRITE) is None:
        return Taken(who, [])
    return Taken(who, [Item(who.member_id, report, NOTHING) for report in ask.reports])


def in_order(items: Sequence[Item]) -> Sequence[Item]:
    """Those of one request as they happened."""
    return items if len(items) == 1 else sorted(items, key=lambda item: item.report.at)


async def decide(
    session: AsyncSession,
    graphs: GraphStore,
    zone: ZoneInfo,
    jobs_of: JobsOf,
    items: Sequence[Item],
    now: datetime,
) -> None:
    """Give each its verdict, and write down what follows."""
    good = [item for item in items if is_possible(item)]
    concerned = [item for item in items if item.verdict is NOTHING or item.report.how == How.NEED_HELP]
    if not concerned:
        return
    ids = sorted({item.member_id for item in concerned})
    rows = await queries.lock_presences(session, ids)
    graph = await (graphs.of(session, rows[0].edition or 0) if rows else graphs.current(session))
    for item, site in zip(good, sites(graph, [item.report for item in good]), strict=True):
        item.site = site
    members = await members_at(session, ids, rows, zone, now)
    elsewhere = await look_up(session, members, good, now)
    before = {id: member.known for id, member in members.items()}
    new: list[New] = []
    calls: list[Call] = []
    for item in concerned:
        member = members[item.member_id]
        made = settle(item, member, elsewhere, now) if item.site is not None else None
        if made is not None:
            new.append(made)
        if (call := call_of(item, member, made, now)) is not None:
            calls.append(call)
    moved = [(id, members[id].known) for id in ids if members[id].known is not before[id]]
    if new or moved:
        await write(session, new, moved, now)
    await tell_of_help(session, calls, jobs_of, now)


def call_of(item: Item, member: Member, made: New | None, now: datetime) -> Call | None:
    """The call for help that a check-in is, also where its position is refused; whom nobody would hear is told."""
    if item.report.how != How.NEED_HELP or item.verdict is DUPLICATE:
        return None
    if made is None and not member.wanted:
        item.verdict = refused(Refusal.OFF_DUTY)
    if not is_heard(item.report.how, item.verdict):
        return None
    if made is not None:
        return Call(item.report.id, item.member_id, made.fix.grid_id, is_new=True)
    at = now if fault_of_time(item.report.at, now) else min(item.report.at.astimezone(UTC), now)
    member.known = told(member.known, How.NEED_HELP, at)
    last = member.known.fix
    return Call(item.report.id, item.member_id, last.grid_id if last else None, is_new=False)


def is_possible(item: Item) -> bool:
    """Whether a check-in's position can be right; it is refused when not."""
    fault = fault_of_place(item.report)
    if fault is not None:
        item.verdict = refused(fault)
    return fault is None


async def members_at(
    session: AsyncSession, ids: Collection[UUID], locked: Sequence[Record], zone: ZoneInfo, now: datetime
) -> dict[UUID, Member]:
    """What is known of members, given their presences. Whoever has none and is off duty leaves none."""
    rows = {row["member_id"]: row for row in locked}
    unsure = [id for id in ids if id not in rows or not is_wanted(rows[id], now)]
    if unsure:
        rows |= {row["member_id"]: row for row in await duty_known(session, unsure, zone, now)}
    doubted = [
        (id, row.at) for id, row in rows.items() if row.at is not None and not FAST.isdisjoint(row.marks)
    ]
    doubts = {row.member_id: row for row in await queries.doubts(session, doubted)} if doubted else {}
    return {
        id: Member(
            known_of(rows[id], doubts.get(id)) if id in rows else Known(),
            id in rows and is_wanted(rows[id], now),
        )
        for id in ids
    }


def is_wanted(presence: Record, now: datetime) -> bool:
    """Whether positions are taken, by what is written down."""
    duty, tracked = presence["duty_until"], presence["tracked_until"]
    return (duty is not None and duty > now) or (tracked is not None and tracked > now)


def known_of(presence: Record, doubt: Record | None) -> Known:
    """A row of presence in the words of the rules."""
    _, at, lon, lat, accuracy_m, grid_id, crs, coarse, marks, how, how_at, *_ = presence
    fix = None if at is None else Fix(at, at, lon, lat, accuracy_m, grid_id, crs, coarse)
    if doubt is None:
        return Known(fix, None, tuple(marks), how, how_at)
    _, at, received_at, lon, lat, accuracy_m, grid_id = doubt
    doubted = Fix(min(at, received_at), at, lon, lat, accuracy_m, grid_id, None)
    return Known(fix, doubted, tuple(marks), how, how_at)


async def look_up(
    session: AsyncSession, members: Mapping[UUID, Member], items: Sequence[Item], now: datetime
) -> set[tuple[datetime, UUID]]:
    """Find the ids that members used before; gives those (with times) that are other members'."""
    used = [
        (item.member_id, item.report.id, item.report.at)
        for item in items
        if fault_of_time(item.report.at, now) is None
    ]
    elsewhere = set()
    for row in await queries.seen(session, used, now) if used else ():
        if row.whose == row.member_id:
            said = Said(row.at, row.lon, row.lat, row.accuracy_m, row.how)
            members[row.member_id].used[row.id] = said
        else:
            elsewhere.add((row.at, row.id))
    return elsewhere


def settle(item: Item, member: Member, elsewhere: set[tuple[datetime, UUID]], now: datetime) -> New | None:
    """Give a check-in its verdict, and the member what follows from it; gives what is to be stored.

    `elsewhere` holds the times and ids that another member's check-in has; it grows by what is stored.
    """
    report, site = item.report, item.site
    assert site is not None
    fix = fix_of(report, site, member, elsewhere, now)
    if isinstance(fix, Verdict):
        item.verdict = fix
        return None
    item.verdict, member.known = judge(fix, report.how, member.known)
    member.used[report.id] = Said(fix.said_at, site.lon, site.lat, report.accuracy_m, report.how)
    elsewhere.add((fix.said_at, report.id))
    return New(fix.said_at, report.id, item.member_id, fix, item.verdict.marks, report.how)


def fix_of(
    report: Report, site: Site, member: Member, elsewhere: Collection[tuple[datetime, UUID]], now: datetime
) -> Fix | Verdict:
    """What a check-in that is taken says; of one that is not taken, what becomes of it."""
    if fault := fault_of_time(report.at, now):
        return refused(fault)
    at = report.at.astimezone(UTC)
    if (before := member.used.get(report.id)) is not None:
        same = before == Said(at, site.lon, site.lat, report.accuracy_m, report.how)
        return DUPLICATE if same else refused(Refusal.ID_REUSED)
    if (at, report.id) in elsewhere:
        return refused(Refusal.ID_REUSED)
    if not member.wanted:
        return refused(Refusal.OFF_DUTY)
    if site.grid_id is None:
        return refused(Refusal.OUTSIDE_CITY)
    raw = (report.lon, report.lat)
    return Fix(min(at, now), at, site.lon, site.lat, report.accuracy_m, site.grid_id, report.crs, raw=raw)
