"""Answers to offers without a login: the page behind a link, and text messages that a gateway hands in.

A link answers by POST alone: whoever shows a preview of it fetches it by GET. Neither its secret nor a telephone number
goes on record.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import audit
from service.access.attempts import Limit, by_address
from service.access.guards import address, count_attempt
from service.access.queries import account_of_member
from service.access.rules import Action
from service.dispatch.commands.answer import accept, decline
from service.dispatch.guards import InZone, OnGround
from service.dispatch.models import Offer
from service.dispatch.queries.ground import Ground
from service.errors import Conflict, Invalid, Unauthenticated
from service.notify.channels import Channel
from service.notify.commands.replies import members_at, offer_of_digits, offer_of_link
from service.notify.guards import InChannels
from service.notify.rules import NUMBER, plain_number, read_reply
from service.notify.schemas import ReplyOut
from service.tasks.models import Playbook, Task
from service.texts import Language, either, text
from service.web.asked import InLanguage
from service.web.fields import CODE_PATTERN
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(tags=["notifications"])

PUBLIC = (401, 413, 422, 429, 503)
MOST_REFUSED = 20
"""Replies of one number that are refused in a window."""
templates = Environment(
    loader=PackageLoader("service.notify"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = templates.loader.get_source(templates, "reply.css")[0] if templates.loader else ""
STYLE_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
"""Of every page: nothing runs or is loaded, no other site learns the address, and nobody keeps it."""
Secret = Annotated[str, Path(max_length=100)]


@router.get("/r/{secret}", include_in_schema=False)
async def see_offer(secret: Secret, request: Request, tx: Tx, now: Now, zone: InZone) -> HTMLResponse:
    """The offer, with two buttons. Reading it changes nothing."""
    offer = await offer_of_link(tx, secret, now)
    if offer is None:
        return await unknown(request, now)
    return await page(tx, offer, now, zone)


@router.post("/r/{secret}", include_in_schema=False)
async def answer_offer(
    secret: Secret,
    request: Request,
    tx: Tx,
    now: Now,
    zone: InZone,
    ground: OnGround,
    answer: Annotated[Literal["yes", "no"], Form()],
) -> HTMLResponse:
    """Yes or no. A repeat is answered the same again, and a yes counts also when it is late."""
    offer = await offer_of_link(tx, secret, now)
    if offer is None:
        return await unknown(request, now)
    problem = await take(tx, ground, offer, answer == "yes", now, by="link")
    return await page(tx, offer, now, zone, problem)


async def take(
    session: AsyncSession, ground: Ground, offer: Offer, yes: bool, now: datetime, **detail: str
) -> str | None:
    """Answer an offer, and put on record how; gives the slug of the problem where that is not possible."""
    problem = None
    try:
        async with session.begin_nested():
            if yes:
                await accept(session, ground, offer.id, offer.member_id, now)
            else:
                await decline(session, ground, offer.id, offer.member_id, None, now)
    except Conflict as error:
        problem = error.slug
    await session.refresh(offer)
    account = await account_of_member(session, offer.member_id)
    audit.write(
        session,
        now,
        Action.OFFER_ANSWER,
        audit.FAILED if problem else audit.DONE,
        account_id=account.id if account else None,
        username=account.username if account else None,
        subject=f"offer {offer.id}",
        detail={**detail, "answer": "yes" if yes else "no", **({"problem": problem} if problem else {})},
    )
    return problem


async def page(
    session: AsyncSession, offer: Offer, now: datetime, zone: InZone, problem: str | None = None
) -> HTMLResponse:
    """What the member may know of the offer, and what became of it: in both languages, Chinese first."""
    task = await session.get_one(Task, offer.task_id)
    playbook = await session.get_one(Playbook, task.playbook_id)
    left = max(0, int((offer.expires_at - now).total_seconds() // 60))
    given: list[dict[str, str | bool]] = []
    for language in Language:
        # An offer whose time is up is not pending, before the worker has said so.
        late = offer.state == "pending" and offer.expires_at <= now
        state = text(f"offer.{'expired' if late else offer.state}", language)
        given.append(
            {
                "tag": "zh-Hans" if language is Language.ZH else "en",
                "drill": text("reply.drill", language) if task.drill else "",
                "category": either(language, playbook.name_zh, playbook.name_en),
                "place": task.grid_name,
                "urgency": text(f"reply.{task.urgency}", language),
                "way": text("notice.far", language)
                if offer.travel_minutes is None
                else text("notice.way", language, minutes=int(offer.travel_minutes)),
                "time": text(
                    "reply.left" if left and offer.state == "pending" else "reply.until",
                    language,
                    minutes=left,
                    time=offer.expires_at.astimezone(zone).strftime("%H:%M"),
                ),
                "state": text(f"problem.{problem}.title", language) if problem else state,
            }
        )
    open_still = offer.answer is None
    return rendered("reply.html", 409 if problem else 200, offers=given, open=open_still)


async def unknown(request: Request, now: datetime) -> HTMLResponse:
    """The page for a link that is none, or none any more. Raises TooMany when somebody tries many."""
    await count_attempt(request, now, by_address("reply", address(request)))
    return rendered("reply.html", 404, offers=[], open=False)


def rendered(template: str, status: int, **given: object) -> HTMLResponse:
    """A page."""
    words = {
        name: {language.value: text(f"reply.{name}", language) for language in Language}
        for name in ("title", "yes", "no", "unknown", "about")
    }
    html = templates.get_template(template).render(style=STYLE, words=words, **given)
    return HTMLResponse(html, status, HEADERS)


@router.post("/api/v1/sms/{channel}", responses=documented(*PUBLIC))
async def take_text_message(
    request: Request,
    tx: Tx,
    now: Now,
    ground: OnGround,
    language: InLanguage,
    channels: InChannels,
    channel: Annotated[str, Path(pattern=CODE_PATTERN)],
) -> ReplyOut:
    """A member's reply, handed in by the gateway: `1 4821` or `好 4821` is yes, `2 4821` or `不 4821` no.

    The gateway shows the channel's secret in a header, or signs the body. The body is JSON or a form with the
    sender's number and the text, under the names that the channel's settings give.
    """
    body = await request.body()
    found = channels.by_code.get(channel)
    if found is None or not is_the_gateway(found, request, body):
        await count_attempt(request, now, by_address("sms", address(request)))
        raise Unauthenticated("gateway-unknown")
    number, words = fields_of(found, request, body)
    reply = read_reply(words)
    if reply is None:
        return ReplyOut(taken=False, text=text("reply.not_understood", language))
    members = await members_at(tx, found, number)
    offer = await offer_of_digits(tx, members, reply.digits, now)
    if offer is None:
        reason = "digits" if members else "number"
        return await refused(request, tx, found, number, reason, now, language)
    problem = await take(tx, ground, offer, reply.yes, now, by="sms", channel=found.code)
    if problem:
        return ReplyOut(taken=False, text=text(f"problem.{problem}.title", language))
    return ReplyOut(taken=True, text=text(f"offer.{offer.state}", language))


def is_the_gateway(channel: Channel, request: Request, body: bytes) -> bool:
    """Whether a request shows the channel's secret, or a signature made with it; compared in constant time."""
    if channel.reply_secret is None:
        return False
    shown = request.headers.get(channel.reply_header, "").encode()
    secret = channel.reply_secret.encode()
    if channel.reply_how == "hmac":
        wanted = hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
        return hmac.compare_digest(shown.lower(), wanted)
    return hmac.compare_digest(shown, secret)


def fields_of(channel: Channel, request: Request, body: bytes) -> tuple[str, str]:
    """The sender's number, as contacts hold it, and the text. Raises Invalid."""
    try:
        if "json" in request.headers.get("content-type", ""):
            values = json.loads(body)
        else:
            values = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
        number, words = (values[name] for name in (channel.reply_from, channel.reply_text))
        if not (isinstance(number, str) and isinstance(words, str)):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        wanted = f"{channel.reply_from}, {channel.reply_text}"
        raise Invalid("invalid-body", fields=wanted) from error
    plain = plain_number(number)
    # What is no number is nobody's.
    return plain if NUMBER.fullmatch(plain) else "", words[:200]


async def refused(
    request: Request,
    session: AsyncSession,
    channel: Channel,
    number: str,
    reason: str,
    now: datetime,
    language: Language,
) -> ReplyOut:
    """A reply from a number that is nobody's, or with digits that are not of an offer to that number's member.

    On record without the number. Raises TooMany when they have been many.
    """
    sender = hashlib.sha256(number.encode()).hexdigest()[:32]
    await count_attempt(request, now, Limit(f"reply:{sender}", MOST_REFUSED))
    audit.write(
        session,
        now,
        Action.OFFER_ANSWER,
        audit.REFUSED,
        subject="text message",
        detail={"by": "sms", "channel": channel.code, "reason": f"unknown {reason}"},
    )
    return ReplyOut(taken=False, text=text("reply.refused", language))
