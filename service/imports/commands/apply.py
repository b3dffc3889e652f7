"""Making units, members and links be as they are said to be, whatever they are now: for an import, or its undoing."""

from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import FOREIGN_KEY_VIOLATION, sqlstate
from service.errors import Again, Conflict
from service.grids.commands.links import NewLink, put_links, switch_link
from service.imports.checks.links import KnownLink
from service.imports.checks.members import KnownMember
from service.imports.checks.units import KnownUnit
from service.roster.commands.members import (
    MemberChanges,
    NewMember,
    add_members,
    change_members,
    remove_members,
)
from service.roster.commands.units import (
    LonLat,
    NewUnit,
    UnitChanges,
    add_units,
    change_units,
    remove_units,
)
from service.roster.queries.members import MemberAt, lock_members, member_ids
from service.roster.queries.units import UnitAt, lock_units

MOST_NAMED = 20


async def apply_links(
    session: AsyncSession, put: Sequence[KnownLink], close: Collection[str], now: datetime
) -> int | None:
    """Put links and close others; gives the map's new edition, if it has one. Raises what `put_links` does."""
    new = [
        NewLink(
            code=link.code,
            name=link.name,
            name_en=link.name_en,
            kind=link.kind,
            end_a=link.end_a,
            end_b=link.end_b,
            length_m=link.length_m,
            minutes=link.minutes,
            wait_minutes=link.wait_minutes,
            invented=link.invented,
        )
        for link in put
    ]
    edition = await put_links(session, new, close, now)
    for link in put:
        if not link.open:
            # Only where one comes back that had been shut: one that is there stays as it is.
            await switch_link(session, link.code, open=False, now=now)
    return edition


async def apply_units(
    session: AsyncSession,
    put: Sequence[KnownUnit],
    remove: Collection[str],
    seen: Container[str],
    now: datetime,
) -> None:
    """Add, change and remove units; `seen` are those that were there when it was decided.

    Raises Again for one that came since, and Conflict for one that is to go and to which something refers.
    """
    there = {each.unit.code: each for each in await lock_units(session, [each.code for each in put])}
    refuse_newcomers(there, seen)
    with again_when_taken():
        await add_units(
            session,
            [
                NewUnit(each.code, each.name, each.name_en, each.kind, LonLat(*each.office))
                for each in put
                if each.code not in there
            ],
            now,
        )
    await change_units(
        session,
        [
            (there[each.code], UnitChanges(each.name, each.name_en or "", each.kind, LonLat(*each.office)))
            for each in put
            if each.code in there
        ],
        now,
    )
    going = await lock_units(session, remove) if remove else []
    await without_referrers(session, going, now)


async def apply_members(
    session: AsyncSession,
    put: Sequence[KnownMember],
    remove: Collection[str],
    seen: Container[str],
    now: datetime,
) -> None:
    """Add, change and remove members; `seen` are those who were there when it was decided.

    Raises Again for one who came since, and Conflict for one who is to go and to whom something refers.
    """
    numbers = [*(each.number for each in put), *remove]
    locked = await lock_members(session, await member_ids(session, numbers))
    there = {each.member.number: each for each in locked}
    refuse_newcomers(there, seen)
    with again_when_taken():
        await add_members(
            session,
            [
                NewMember(
                    each.number,
                    each.name,
                    each.unit_code,
                    each.home_community,
                    each.tier,
                    each.skills,
                    active=each.active,
                )
                for each in put
                if each.number not in there
            ],
            now,
        )
    await change_members(
        session,
        [(there[each.number], changes_to(each, there[each.number])) for each in put if each.number in there],
        now,
    )
    await without_referrers(session, [there[number] for number in sorted(remove) if number in there], now)


def refuse_newcomers(there: Iterable[str], seen: Container[str]) -> None:
    """Raises Again for one who is there and was not when it was decided what to do: nobody was locked then."""
    if any(code not in seen for code in there):
        raise Again


@contextmanager
def again_when_taken() -> Iterator[None]:
    """Adding those that are not there: one that has come meanwhile all the same raises Again."""
    try:
        yield
    except Conflict as error:
        if error.slug != "duplicate":
            raise
        raise Again from error


def changes_to(each: KnownMember, found: MemberAt) -> MemberChanges:
    """What makes a member so. A home that stays keeps its point."""
    return MemberChanges(
        name=each.name,
        unit_code=each.unit_code,
        home_community=None if found.home_code.startswith(each.home_community) else each.home_community,
        tier=each.tier,
        active=each.active,
        skills=each.skills,
    )


Going = UnitAt | MemberAt


async def without_referrers(session: AsyncSession, going: Sequence[Going], now: datetime) -> None:
    """Remove units or members, all of them or, when something refers to some, none: Conflict then names those."""
    # By now: a savepoint that is taken back forgets what was loaded.
    names = [each.unit.code if isinstance(each, UnitAt) else each.member.number for each in going]
    if not going or await removed(session, going, now):
        return
    held: list[str] = []
    for name, each in zip(names, going, strict=True):
        if not await removed(session, [each], now):
            held.append(name)
        if len(held) == MOST_NAMED:
            break
    raise Conflict("still-referred-to", codes=", ".join(held))


async def removed(session: AsyncSession, going: Sequence[Going], now: datetime) -> bool:
    """Whether units or members could be removed: a savepoint takes it back when they could not."""
    try:
        async with session.begin_nested():
            await remove_units(session, [each for each in going if isinstance(each, UnitAt)], now)
            await remove_members(session, [each for each in going if isinstance(each, MemberAt)], now)
    except IntegrityError as error:
        if sqlstate(error) != FOREIGN_KEY_VIOLATION:
            raise
        return False
    return True
