"""What the reports' routes ask for at the door: areas that are the caller's to see, and how exact an answer may be."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.access.rules import Action, Caller, Reach
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import in_office_hours
from service.errors import Invalid, Refused
from service.grids.queries.names import area_named
from service.reports.queries.areas import Below, below
from service.reports.queries.coverage import EXACT
from service.reports.queries.people import Asked
from service.reports.rules import COARSE_MINUTES, EMERGENCY, SUPPRESS_BELOW
from service.roster.queries.skills import all_skills
from service.tasks.queries.playbooks import newest_playbook


async def area_for(session: AsyncSession, who: Caller, code: str) -> Below:
    """An area that is the caller's to ask about. Raises Invalid for one that is not there, Refused for others."""
    area = await below(session, code)
    if not who.may_see_area(Action.COVERAGE_READ, code):
        raise Refused("outside-your-area", code=code)
    return area


async def areas_for(session: AsyncSession, who: Caller, code: str | None) -> Sequence[str] | None:
    """The areas that a list is held to: the one named, or else the caller's; None is everywhere. Raises likewise."""
    if code is None:
        return None if Reach.ALL in who.reaches(Action.COVERAGE_READ) else who.areas
    area = await area_named(session, code)
    if not who.may_see_area(Action.COVERAGE_READ, area.code):
        raise Refused("outside-your-area", code=area.code)
    return [area.code]


def threshold_for(who: Caller, area: Below) -> int:
    """Below which counts of an area are not said."""
    return threshold_in(who, area.top.code)


def threshold_in(who: Caller, code: str) -> int:
    """Below which counts are not said: none for a person who may read the area's roster anyway; a key may be
    anybody's program."""
    exact = who.key_id is None and who.may_see_area(Action.ROSTER_READ, code)
    return EXACT if exact else SUPPRESS_BELOW


async def asked_for(
    session: AsyncSession,
    ground: Ground,
    *,
    minutes: int,
    skill: str | None,
    category: str | None,
    threshold: int,
    now: datetime,
) -> Asked:
    """What is asked about people. Raises Invalid("unknown-skill" | "unknown-category" | "too-fine")."""
    if threshold > EXACT and minutes % COARSE_MINUTES:
        raise Invalid("too-fine", field="minutes", value=minutes, step=COARSE_MINUTES)
    known = [each.code for each in await all_skills(session)]
    if skill is not None and skill not in known:
        raise Invalid("unknown-skill", skills=skill, known=", ".join(known))
    playbook = await newest_playbook(session, category or EMERGENCY)
    return Asked(playbook, minutes, skill, now, in_office_hours(now, ground.zone))


def check_people(people: int, threshold: int) -> None:
    """Raises Invalid("too-few-people") below the threshold, and Invalid("too-fine") between its steps: so that nobody
    closes in on a small count by asking for one more."""
    if people < SUPPRESS_BELOW:
        raise Invalid("too-few-people", least=SUPPRESS_BELOW)
    if people % threshold:
        raise Invalid("too-fine", field="people", value=people, step=threshold)


def cursor_pair(after: str | None) -> tuple[UUID, UUID] | None:
    """The two keys that a cursor stands for. Raises Invalid for one that is not ours."""
    if after is None:
        return None
    try:
        both = urlsafe_b64decode(after.encode("ascii") + b"==")
        return UUID(bytes=both[:16]), UUID(bytes=both[16:])
    except ValueError as error:
        raise Invalid("invalid-cursor") from error


def pair_cursor(first: UUID, second: UUID) -> str:
    """The cursor of two keys."""
    return urlsafe_b64encode(first.bytes + second.bytes).decode("ascii").rstrip("=")
