"""What the drills' routes ask for at the door: areas to drill in, and drills that are the caller's to see."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.access.rules import Action, Caller
from service.drills.models import Drill
from service.errors import NotFound, Refused
from service.grids.queries.names import Area, area_named


async def area_to_drill(session: AsyncSession, who: Caller, code: str) -> Area:
    """An area in which the caller may start a drill. Raises Invalid for one that is not there, Refused for others."""
    area = await area_named(session, code)
    if not who.may_see_area(Action.DRILL_WRITE, code):
        raise Refused("outside-your-area", code=code)
    return area


async def drill_for(session: AsyncSession, who: Caller, action: Action, drill_id: UUID) -> Drill:
    """A drill that the caller may do this to. Raises NotFound, also where it is not theirs to know of."""
    drill = await session.get(Drill, drill_id)
    if drill is None:
        raise NotFound("drill")
    if not who.may_see_area(action, drill.area_code):
        raise NotFound("drill", hidden=True)
    return drill
