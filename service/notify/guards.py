"""What the routes of notifications ask for at the door."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.rules import Action, Caller
from service.notify.channels import Channels
from service.notify.commands.contacts import Owner
from service.roster.guards import member_to_change


def channels(request: Request) -> Channels:
    """The city's channels."""
    found: Channels = request.app.state.channels
    return found


InChannels = Annotated[Channels, Depends(channels)]


def own(who: Caller) -> Owner:
    """Where the caller's own addresses are: the member's that they are, else the account's."""
    return Owner(member_id=who.member_id) if who.member_id else Owner(account_id=who.account_id)


async def owner_for(session: AsyncSession, who: Caller, action: Action, member_id: UUID) -> Owner:
    """A member whose addresses the caller may see or change, locked. Raises NotFound."""
    await member_to_change(session, who, action, member_id)
    return Owner(member_id=member_id)
