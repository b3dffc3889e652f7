"""The feed over REST: a stream, or a page of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.guards import READ, allow, allow_long
from service.access.rules import Action, Caller
from service.events.follow import Place, after, check_there, newest, newest_cursor, place_of
from service.live.hub import PAGE, Hub
from service.live.listener import Listener
from service.live.schemas import CursorOut, EventOut, EventsOut
from service.live.stream import Stream, StreamResponse
from service.web.idempotency import OnceRoute
from service.web.paging import Limit
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/api/v1", tags=["events"], route_class=OnceRoute)

MOST_PAGES = 10
"""How many pages of the outbox one poll reads, whoever they are about."""
KIND_PATTERN = r"^[a-z_]{1,40}(\.[a-z_]{0,40})?$"
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "model": EventsOut,
        "description": "A stream of events (text/event-stream); with `poll`, those that there are by now",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get("/events", responses={**ANSWER, **documented(*READ, 410, 429)}, response_class=Response)
async def follow_events(
    request: Request,
    who: Annotated[Caller, Depends(allow_long(Action.EVENT_READ))],
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="The id of the last message; goes before `after`")
    ] = None,
    after: Annotated[str | None, Query(max_length=100, description="A cursor; left out: from now on")] = None,
    kinds: Annotated[
        list[Annotated[str, Query(pattern=KIND_PATTERN)]] | None,
        Query(max_length=20, description="Only kinds that begin so, like `task.`"),
    ] = None,
    poll: Annotated[
        bool, Query(description="A page instead of a stream; so does Accept: application/json")
    ] = False,
    limit: Limit = 100,
) -> Response:
    """What happens, as far as one may know of it, from a cursor on and while it happens.

    Messages of the stream itself have a name without a dot: `hello`, `heartbeat`, and the last one, which says why it
    ends (`expired`, `revoked`, `overflow`, `stopping`, `unavailable`). Each has an id to go on from.
    """
    place = await start(request, last_event_id or after)
    hub: Hub = request.app.state.hub
    if poll or wants_json(request):
        return JSONResponse(
            (await page(request, Listener(who, kinds or (), 1), place, limit)).model_dump(mode="json"),
            headers={"Cache-Control": "no-store"},
        )
    sessions, clock = request.app.state.sessions, request.app.state.clock
    listener = await hub.join(sessions, clock, who, kinds or ())
    return StreamResponse(Stream(hub, sessions, clock, listener, place))


@router.get("/events/cursor", responses=documented(*READ))
async def read_cursor(tx: Tx, who: Annotated[Caller, Depends(allow(Action.EVENT_READ))]) -> CursorOut:
    """Now, as a cursor: take it first, then read what is to be shown, then follow from it."""
    return CursorOut(cursor=await newest_cursor(tx))


async def start(request: Request, cursor: str | None) -> Place:
    """Where to begin. Raises Invalid and Gone."""
    async with request.app.state.sessions() as session:
        if not cursor:
            return await newest(session)
        place = place_of(cursor)
        await check_there(session, place)
        return place


def wants_json(request: Request) -> bool:
    """Whether the client takes JSON and no stream."""
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/event-stream" not in accepted


async def page(request: Request, listener: Listener, place: Place, limit: int) -> EventsOut:
    """What there is after a place by now."""
    async with request.app.state.sessions() as session:
        return await page_after(session, listener, place, limit)


async def page_after(session: AsyncSession, listener: Listener, place: Place, limit: int) -> EventsOut:
    """Up to `limit` events that the listener may hear. It reads on past those of others, though not for ever."""
    items: list[EventOut] = []
    for _ in range(MOST_PAGES):
        events = await after(session, place, PAGE)
        for event in events:
            place = event.place
            how = listener.view_of(event)
            if how is not None:
                items.append(EventOut.of(event, how))
                if len(items) == limit:
                    return EventsOut(items=items, next=place.cursor, more=True)
        if len(events) < PAGE:
            return EventsOut(items=items, next=place.cursor, more=False)
    return EventsOut(items=items, next=place.cursor, more=True)
