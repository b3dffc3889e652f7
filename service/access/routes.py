"""The routes of the access room. Its router carries the whole path, as logs and metrics name routes by it."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import audit, commands, keys, login, queries, revocation
from service.access.guards import READ, WRITE, address, allow, count_attempt, note, place
from service.access.models import ApiKey, Device
from service.access.rules import Action, Caller, Reach
from service.access.schemas import (
    AccountAnswer,
    AccountBody,
    AccountPatch,
    AuditAnswer,
    DeviceList,
    EnrolAnswer,
    EnrolBody,
    KeyAnswer,
    KeyBody,
    KeyList,
    Me,
    MePatch,
    NewKeyAnswer,
    TokenAnswer,
    TokenForm,
)
from service.errors import Invalid, Unauthenticated
from service.web import cookies
from service.web.cookies import InCookie
from service.web.fields import Line
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

API = "/api/v1"
PUBLIC = (401, 413, 422, 429, 503)

public = APIRouter(prefix=API, tags=["access"])
"""What one calls before one is anybody: no guard, no Idempotency-Key."""
router = APIRouter(prefix=API, tags=["access"], route_class=OnceRoute)


@public.post("/token", responses=documented(*PUBLIC))
async def token(
    request: Request,
    response: Response,
    tx: Tx,
    now: Now,
    form: Annotated[TokenForm, Form()],
    in_cookie: InCookie = False,
) -> TokenAnswer:
    """Log in with a password, or renew an access token with a refresh token (OAuth2)."""
    if form.grant_type == "password":
        grant = await log_in(request, tx, now, form)
    else:
        refresh_token = cookies.read(request) if in_cookie else needed(form, "refresh_token")[0]
        if refresh_token is None:
            raise Unauthenticated("not-authenticated")
        grant = await login.refresh(tx, refresh_token, address(request), now)
    tokens = request.app.state.tokens
    response.headers["Cache-Control"] = "no-store"
    if in_cookie:
        lifetime = timedelta(days=request.app.state.settings.refresh_token_days)
        cookies.keep(request, response, grant.refresh_token, lifetime)
    return TokenAnswer(
        access_token=tokens.issue(grant.account_id, grant.device_id, now),
        expires_in=int(tokens.lifetime.total_seconds()),
        refresh_token=None if in_cookie else grant.refresh_token,
    )


async def log_in(request: Request, tx: AsyncSession, now: datetime, form: TokenForm) -> login.Grant:
    """The password's branch: counted first, on record when it succeeds."""
    username, password = needed(form, "username", "password")
    await count_attempt(request, now, *login.login_limits(username, address(request)))
    until = now + timedelta(days=request.app.state.settings.refresh_token_days)
    browser = request.headers.get("user-agent", "")[:200]
    grant = await login.log_in(tx, username, password, address(request), browser, now, until)
    audit.write(
        tx,
        now,
        audit.LOGIN,
        audit.DONE,
        account_id=grant.account_id,
        username=username.lower(),
        detail={"address": address(request)},
        **place(request),
    )
    return grant


def needed(form: TokenForm, *names: str) -> list[str]:
    """The fields that the grant needs. Raises Invalid when one is missing."""
    missing = [name for name in names if getattr(form, name) is None]
    if missing:
        faults = [{"field": name, "reason": f"needed for {form.grant_type}"} for name in missing]
        raise Invalid("invalid-body", errors=faults, fields=", ".join(missing))
    return [getattr(form, name) for name in names]


@public.post("/devices/enrol", status_code=201, responses=documented(*PUBLIC, 409))
async def enrol(request: Request, response: Response, tx: Tx, now: Now, body: EnrolBody) -> EnrolAnswer:
    """Turn a one-time code into a device token for this phone."""
    await count_attempt(request, now, *login.enrol_limits(address(request)))
    enrolled = await login.enrol(tx, body.code, address(request), body.name, now)
    audit.write(
        tx,
        now,
        audit.ENROL,
        audit.DONE,
        account_id=enrolled.account_id,
        detail={"member_id": str(enrolled.member_id), "address": address(request)},
        **place(request),
    )
    response.headers["Cache-Control"] = "no-store"
    return EnrolAnswer(device_token=enrolled.device_token, member_id=enrolled.member_id)


@router.get("/me", responses=documented(*READ))
async def read_me(tx: Tx, who: Annotated[Caller, Depends(allow(Action.ME_READ))]) -> Me:
    """Who one is, with roles and scopes."""
    return Me.model_validate(await queries.account_by_id(tx, who.account_id))


@router.patch("/me", responses=documented(*WRITE))
async def update_me(tx: Tx, body: MePatch, who: Annotated[Caller, Depends(allow(Action.ME_WRITE))]) -> Me:
    """Say how those whom one sends out reach one, from this shift on."""
    return Me.model_validate(await commands.set_contact(tx, who.account_id, body.contact))


@router.post("/logout", status_code=204, responses=documented(*WRITE))
async def log_out(
    request: Request,
    response: Response,
    tx: Tx,
    now: Now,
    who: Annotated[Caller, Depends(allow(Action.DEVICE_REVOKE))],
) -> None:
    """End this session: its refresh token and its access tokens are worthless from now on."""
    cookies.drop(request, response)
    if who.device_id is not None:
        await revocation.revoke(tx, Device, who.device_id, now, owner=who.account_id)


@router.get("/devices", responses=documented(*READ))
async def list_devices(tx: Tx, who: Annotated[Caller, Depends(allow(Action.ME_READ))]) -> DeviceList:
    """One's own phones and sessions."""
    return device_list(await queries.devices(tx, who.account_id))


@router.get("/accounts/{account_id}/devices", responses=documented(*READ, 404))
async def list_devices_of(
    tx: Tx, account_id: UUID, who: Annotated[Caller, Depends(allow(Action.ACCOUNT_READ))]
) -> DeviceList:
    """Somebody's phones and sessions, so that a lost one can be revoked."""
    account = await queries.account_by_id(tx, account_id)
    return device_list(await queries.devices(tx, account.id))


@router.post("/devices/{device_id}/revoke", status_code=204, responses=documented(*WRITE, 404))
async def revoke(
    tx: Tx, now: Now, device_id: UUID, who: Annotated[Caller, Depends(allow(Action.DEVICE_REVOKE))]
) -> None:
    """Make a device's tokens worthless, at once."""
    anybodys = who.reach(Action.DEVICE_REVOKE) is Reach.ALL
    await revocation.revoke(tx, Device, device_id, now, owner=None if anybodys else who.account_id)


@router.post("/me/keys", status_code=201, responses=documented(*WRITE))
async def create_key(
    request: Request,
    response: Response,
    tx: Tx,
    now: Now,
    body: KeyBody,
    who: Annotated[Caller, Depends(allow(Action.KEY_WRITE))],
) -> NewKeyAnswer:
    """Make an API key for a program that reads, such as a map client. It is shown this once.

    It goes as the password of HTTP Basic, with one's username, or as `Authorization: Bearer`.
    """
    made = await keys.make(tx, who, body.name, body.actions, body.expires_at, now)
    answer = KeyAnswer.model_validate(made.row)
    note(request, key_id=str(answer.id), **answer.model_dump(mode="json", include={"prefix", "actions"}))
    response.headers["Cache-Control"] = "no-store"
    return NewKeyAnswer(**dict(answer), key=made.key)


@router.get("/me/keys", responses=documented(*READ))
async def list_keys(tx: Tx, who: Annotated[Caller, Depends(allow(Action.KEY_READ))]) -> KeyList:
    """One's own API keys."""
    return key_list(await keys.of_account(tx, who.account_id))


@router.get("/accounts/{account_id}/keys", responses=documented(*READ, 404))
async def list_keys_of(
    tx: Tx, account_id: UUID, who: Annotated[Caller, Depends(allow(Action.ACCOUNT_READ))]
) -> KeyList:
    """Somebody's API keys, so that one that leaked can be revoked."""
    account = await queries.account_by_id(tx, account_id)
    return key_list(await keys.of_account(tx, account.id))


@router.delete("/me/keys/{key_id}", status_code=204, responses=documented(*WRITE, 404))
async def revoke_key(
    tx: Tx, now: Now, key_id: UUID, who: Annotated[Caller, Depends(allow(Action.KEY_WRITE))]
) -> None:
    """Make an API key worthless, at once: one's own, or anybody's for an administrator."""
    anybodys = who.reach(Action.KEY_WRITE) is Reach.ALL
    await revocation.revoke(tx, ApiKey, key_id, now, owner=None if anybodys else who.account_id)


@router.get("/accounts", responses=documented(*READ))
async def list_accounts(
    tx: Tx,
    who: Annotated[Caller, Depends(allow(Action.ACCOUNT_READ))],
    limit: Limit = 50,
    after: After = None,
) -> Page[AccountAnswer]:
    """All accounts by username."""
    found = await queries.accounts(tx, cursor_id(after), limit)
    return page([AccountAnswer.model_validate(each) for each in found], limit, lambda each: each.id)


@router.post("/accounts", status_code=201, responses=documented(*WRITE))
async def create_account(
    request: Request,
    tx: Tx,
    now: Now,
    body: AccountBody,
    who: Annotated[Caller, Depends(allow(Action.ACCOUNT_WRITE))],
) -> AccountAnswer:
    """Make an account for a person who logs in with a password."""
    account = await commands.create_account(tx, **dict(body), now=now)
    note(request, account_id=str(account.id), **body.model_dump(mode="json", exclude={"password"}))
    return AccountAnswer.model_validate(account)


@router.patch("/accounts/{account_id}", responses=documented(*WRITE, 404))
async def update_account(
    request: Request,
    tx: Tx,
    now: Now,
    account_id: UUID,
    body: AccountPatch,
    who: Annotated[Caller, Depends(allow(Action.ACCOUNT_WRITE))],
) -> AccountAnswer:
    """Change an account. Deactivation and a new password revoke its devices and API keys."""
    account = await commands.update_account(tx, account_id, body.changes(), now)
    changed = body.model_dump(mode="json", exclude_none=True, exclude={"password"})
    note(request, **changed, password_changed=body.password is not None)
    return AccountAnswer.model_validate(account)


@router.get("/audit", responses=documented(*READ))
async def read_audit(
    tx: Tx,
    who: Annotated[Caller, Depends(allow(Action.AUDIT_READ))],
    action: Annotated[Line | None, Query()] = None,
    outcome: Literal["done", "refused", "failed"] | None = None,
    account: UUID | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[AuditAnswer]:
    """Who did, failed at or was refused what, the newest first."""
    found = await queries.audit_entries(
        tx, cursor_id(after), limit, action=action, outcome=outcome, account_id=account
    )
    return page([AuditAnswer.model_validate(each) for each in found], limit, lambda each: each.id)


def device_list(found: object) -> DeviceList:
    """As the answer takes it."""
    return DeviceList.model_validate({"items": found}, from_attributes=True)


def key_list(found: object) -> KeyList:
    """As the answer takes it."""
    return KeyList.model_validate({"items": found}, from_attributes=True)
