"""Answers to offers without a login: by the secret of a link, or by digits from the member's own telephone.

Only hashes are kept. The digits are few, so they are hashed with the offer, and count only together with the number
that they come from.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import randbelow, token_urlsafe
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.secrets import hash_token
from service.db.base import among, new_id
from service.dispatch.models import Offer
from service.notify.channels import Channel
from service.notify.models import Contact, ReplyCode
from service.notify.rules import CODE_DIGITS

LINK, SMS = "link", "sms"
LINK_BYTES = 16
"""128 random bits: 22 characters."""
GOOD_AFTER = timedelta(hours=6)
"""How long a code is good after its offer's time is up: a late yes counts."""
MOST_DRAWS = 50
NEWEST_CODES = 200


def hash_digits(offer_id: UUID, digits: str) -> bytes:
    """What is stored of the digits for an offer."""
    return sha256(f"{SMS}:{offer_id}:{digits}".encode()).digest()


async def make_link(session: AsyncSession, offer: Offer, now: datetime) -> str:
    """A fresh secret that answers an offer."""
    secret = token_urlsafe(LINK_BYTES)
    await add(session, offer, LINK, hash_token(secret), now)
    return secret


async def make_digits(session: AsyncSession, offer: Offer, now: datetime) -> str:
    """Fresh digits that answer an offer from its member's telephone, and none of the member's other offers."""
    own = select(ReplyCode).join(Offer, Offer.id == ReplyCode.offer_id)
    live = list(
        await session.scalars(
            own.where(Offer.member_id == offer.member_id, ReplyCode.kind == SMS, ReplyCode.expires_at > now)
        )
    )
    digits = ""
    for _ in range(MOST_DRAWS):
        digits = f"{randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        if match(live, digits) is None:
            break
    await add(session, offer, SMS, hash_digits(offer.id, digits), now)
    return digits


async def add(session: AsyncSession, offer: Offer, kind: str, code_hash: bytes, now: datetime) -> None:
    """Keep a code's hash."""
    row = insert(ReplyCode).values(
        id=new_id(),
        offer_id=offer.id,
        kind=kind,
        code_hash=code_hash,
        created_at=now,
        expires_at=max(offer.expires_at, now) + GOOD_AFTER,
    )
    await session.execute(row.on_conflict_do_nothing(index_elements=[ReplyCode.code_hash]))


async def offer_of_link(session: AsyncSession, secret: str, now: datetime) -> Offer | None:
    """The offer that a link answers; None for a secret that is unknown or out of date."""
    found = (
        select(Offer)
        .join(ReplyCode, ReplyCode.offer_id == Offer.id)
        .where(ReplyCode.code_hash == hash_token(secret), ReplyCode.kind == LINK, ReplyCode.expires_at > now)
    )
    return (await session.scalars(found)).one_or_none()


async def members_at(session: AsyncSession, channel: Channel, number: str) -> list[UUID]:
    """The members who are reached at a number by a channel: a family may share one."""
    found = select(Contact.member_id).where(
        Contact.channel == channel.code, Contact.address == number, Contact.member_id.is_not(None)
    )
    return [each for each in await session.scalars(found) if each is not None]


async def offer_of_digits(
    session: AsyncSession, members: Sequence[UUID], digits: str, now: datetime
) -> Offer | None:
    """The offer of one of the members that the digits answer; None where they answer none of theirs."""
    codes = (
        select(ReplyCode)
        .join(Offer, Offer.id == ReplyCode.offer_id)
        .where(among(Offer.member_id, members), ReplyCode.kind == SMS, ReplyCode.expires_at > now)
        .order_by(ReplyCode.created_at.desc())
        .limit(NEWEST_CODES)
    )
    code = match(list(await session.scalars(codes)), digits)
    return None if code is None else await session.get_one(Offer, code.offer_id)


def match(codes: Sequence[ReplyCode], digits: str) -> ReplyCode | None:
    """The code that the digits are."""
    return next(
        (each for each in codes if hmac.compare_digest(each.code_hash, hash_digits(each.offer_id, digits))),
        None,
    )


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Drop codes that are out of date."""
    await session.execute(delete(ReplyCode).where(ReplyCode.expires_at <= now))
