"""Where people are reached, by themselves and by those who keep the roster."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller
from service.notify.channels import Channels
from service.notify.commands.contacts import (
    Owner,
    channel_named,
    delete_contact,
    put_contact,
    put_preference,
)
from service.notify.guards import InChannels, own, owner_for
from service.notify.queries.board import contacts_of, preference_of
from service.notify.rules import MINUTES, own_ladder
from service.notify.schemas import ContactIn, ContactOut, NotifyIn, NotifyOut, RungOut
from service.roster.guards import own_member
from service.texts import Language
from service.web.asked import InLanguage
from service.web.fields import CODE_PATTERN
from service.web.idempotency import OnceRoute
from service.web.paging import Page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["notifications"], route_class=OnceRoute)

Reading = Annotated[Caller, Depends(allow(Action.CONTACT_READ))]
Writing = Annotated[Caller, Depends(allow(Action.CONTACT_WRITE))]
ChannelCode = Annotated[str, Path(pattern=CODE_PATTERN, description="A channel's code")]


async def listed(
    session: AsyncSession, channels: Channels, owner: Owner, language: Language
) -> Page[ContactOut]:
    """Every channel of the city with somebody's address on it."""
    has = await contacts_of(session, *owner)
    return Page(
        items=[ContactOut.of(each, has.get(each.code), language) for each in channels.by_code.values()],
        next=None,
    )


@router.get("/me/contacts", responses=documented(*READ))
async def read_own_contacts(
    tx: Tx, channels: InChannels, language: InLanguage, who: Reading
) -> Page[ContactOut]:
    """The city's channels, and where one is reached by them; on one page."""
    return await listed(tx, channels, own(who), language)


@router.put("/me/contacts/{channel}", responses=documented(*WRITE, 404))
async def put_own_contact(
    request: Request,
    tx: Tx,
    now: Now,
    channels: InChannels,
    language: InLanguage,
    who: Writing,
    channel: ChannelCode,
    body: ContactIn,
) -> ContactOut:
    """Say where one is reached by a channel."""
    found = channel_named(channels, channel)
    address = await put_contact(tx, found, own(who), body.address, now)
    note(request, channel=channel)
    return ContactOut.of(found, address, language)


@router.delete("/me/contacts/{channel}", status_code=204, responses=documented(*WRITE, 404))
async def delete_own_contact(request: Request, tx: Tx, who: Writing, channel: ChannelCode) -> None:
    """Be reached by a channel no more."""
    await delete_contact(tx, channel, own(who))
    note(request, channel=channel)


@router.get("/me/notify", responses=documented(*READ, 404))
async def read_preference(tx: Tx, channels: InChannels, who: Reading) -> NotifyOut:
    """In which language one is written to, and by which channels in which order."""
    return await preference(tx, channels, own_member(who))


@router.put("/me/notify", responses=documented(*WRITE, 404))
async def put_own_preference(tx: Tx, channels: InChannels, who: Writing, body: NotifyIn) -> NotifyOut:
    """Say it, in place of what one said before. The duty officer stays the last rung where the city has it so."""
    ladders = {urgency.value: list(dict.fromkeys(codes)) for urgency, codes in body.ladders.items()}
    member_id = own_member(who)
    await put_preference(tx, channels, member_id, body.language, ladders)
    return await preference(tx, channels, member_id)


async def preference(session: AsyncSession, channels: Channels, member_id: UUID) -> NotifyOut:
    """What a member wants and what follows from it."""
    found = await preference_of(session, member_id)
    ladders: dict[str, list[str]] = found.ladders if found else {}
    return NotifyOut(
        language=Language(found.language) if found else Language.ZH,
        ladders=ladders,
        in_force={
            urgency: [
                RungOut(channel=rung.channel, minutes=rung.minutes)
                for rung in own_ladder(channels.ladder(urgency), ladders.get(urgency), urgency)
            ]
            for urgency in MINUTES
        },
    )


@router.get("/members/{member_id}/contacts", responses=documented(*READ, 404))
async def read_contacts(
    tx: Tx, channels: InChannels, language: InLanguage, who: Reading, member_id: UUID
) -> Page[ContactOut]:
    """The city's channels, and where a member is reached by them; on one page."""
    owner = await owner_for(tx, who, Action.CONTACT_READ, member_id)
    return await listed(tx, channels, owner, language)


@router.put("/members/{member_id}/contacts/{channel}", responses=documented(*WRITE, 404))
async def put_members_contact(
    request: Request,
    tx: Tx,
    now: Now,
    channels: InChannels,
    language: InLanguage,
    who: Writing,
    member_id: UUID,
    channel: ChannelCode,
    body: ContactIn,
) -> ContactOut:
    """Say where a member is reached by a channel."""
    owner = await owner_for(tx, who, Action.CONTACT_WRITE, member_id)
    found = channel_named(channels, channel)
    address = await put_contact(tx, found, owner, body.address, now)
    note(request, member_id=str(member_id), channel=channel)
    return ContactOut.of(found, address, language)


@router.delete("/members/{member_id}/contacts/{channel}", status_code=204, responses=documented(*WRITE, 404))
async def delete_members_contact(
    request: Request, tx: Tx, who: Writing, member_id: UUID, channel: ChannelCode
) -> None:
    """Reach a member by a channel no more."""
    owner = await owner_for(tx, who, Action.CONTACT_WRITE, member_id)
    await delete_contact(tx, channel, owner)
    note(request, member_id=str(member_id), channel=channel)
