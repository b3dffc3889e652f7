"""Where somebody is reached, and what they want of their notifications."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.errors import Invalid, NotFound
from service.notify.channels import Channel, Channels
from service.notify.models import Contact, NotifyPreference
from service.notify.rules import plain_address
from service.texts import Language


class Owner(NamedTuple):
    """Whose an address is: a member's, or that of an account that is no member's."""

    member_id: UUID | None = None
    account_id: UUID | None = None


def channel_named(channels: Channels, code: str) -> Channel:
    """A channel of the settings. Raises NotFound."""
    found = channels.by_code.get(code)
    if found is None:
        raise NotFound("channel")
    return found


def checked_address(channel: Channel, address: str) -> str:
    """An address as the channel needs it. Raises Invalid."""
    found = plain_address(channel.kind, address)
    if found is None:
        fault = {"field": "address", "reason": f"is no address for a channel of the kind {channel.kind}"}
        raise Invalid("invalid-address", channel=channel.code, kind=channel.kind, errors=[fault])
    return found


async def put_contact(
    session: AsyncSession, channel: Channel, owner: Owner, address: str, now: datetime
) -> str:
    """Say where somebody is reached by a channel; gives the address as it is stored. Raises Invalid."""
    plain = checked_address(channel, address)
    row = insert(Contact).values(
        id=new_id(), **owner._asdict(), channel=channel.code, address=plain, created_at=now
    )
    whose = Contact.member_id if owner.member_id else Contact.account_id
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[whose, Contact.channel],
            set_={"address": row.excluded.address, "created_at": row.excluded.created_at},
        )
    )
    return plain


async def delete_contact(session: AsyncSession, code: str, owner: Owner) -> None:
    """Reach somebody by a channel no more. Raises NotFound where they were not."""
    whose = (
        Contact.member_id == owner.member_id if owner.member_id else Contact.account_id == owner.account_id
    )
    gone = delete(Contact).where(whose, Contact.channel == code).returning(Contact.id)
    if await session.scalar(gone) is None:
        raise NotFound("contact")


async def put_preference(
    session: AsyncSession,
    channels: Channels,
    member_id: UUID,
    language: Language,
    ladders: Mapping[str, Sequence[str]],
) -> None:
    """Say in which language and by which channels one wants to be told. Raises Invalid for an unknown channel."""
    unknown = sorted({code for ladder in ladders.values() for code in ladder} - set(channels.by_code))
    if unknown:
        raise Invalid("unknown-channel", channel=unknown[0], known=", ".join(channels.by_code))
    row = insert(NotifyPreference).values(
        member_id=member_id, language=language, ladders={name: list(each) for name, each in ladders.items()}
    )
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[NotifyPreference.member_id],
            set_={"language": row.excluded.language, "ladders": row.excluded.ladders},
        )
    )
