"""What the access routes take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from service.access.commands import AccountChanges
from service.access.rules import Action, Role
from service.web.fields import Body, Code, Line, Moment, without_nul

Secret = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(without_nul)]
Password = Annotated[str, StringConstraints(min_length=10, max_length=200), AfterValidator(without_nul)]
Username = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$"),
    Field(description="Case does not count"),
]
AreaCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}[A-Za-z0-9_.:-]{0,60}$")]
Contact = Annotated[Line, Field(description="How those whom one sends out reach one: a number, a channel")]
Roles = Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
Areas = Annotated[list[AreaCode], Field(max_length=200)]
Units = Annotated[list[Code], Field(max_length=200)]


class TokenForm(BaseModel):
    """An OAuth2 token request. What else OAuth2 clients send (scope, client_id, …) is let pass."""

    grant_type: Literal["password", "refresh_token"]
    username: Secret | None = None
    password: Secret | None = None
    refresh_token: Secret | None = None


class TokenAnswer(BaseModel):
    """An OAuth2 token response. A session's `refresh_token` changes each time, a phone's stays."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    """Seconds."""
    refresh_token: str | None = Field(description="null where it went into a cookie")


class EnrolBody(Body):
    """A one-time code, as typed, and a name for the phone."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(without_nul)]
    name: Line


class EnrolAnswer(BaseModel):
    """The phone's own token, which is its refresh token; it is shown this once."""

    device_token: str
    member_id: UUID


class Read(BaseModel):
    """A model that is read off a row."""

    model_config = ConfigDict(from_attributes=True)


class Me(Read):
    """Who one is."""

    id: UUID
    username: str
    display_name: str
    contact: str | None
    roles: list[Role]
    areas: list[str]
    units: list[str]
    member_id: UUID | None


class MePatch(Body):
    """What one may change of oneself."""

    contact: Annotated[Contact | None, Field(description="null: none is given")]


class AccountAnswer(Me):
    """An account, for those who keep them."""

    active: bool
    created_at: datetime


class AccountBody(Body):
    """A new account; `areas` and `units` are what its roles may see."""

    username: Username
    password: Password
    display_name: Line
    contact: Contact | None = None
    roles: Roles
    areas: Areas = Field(default_factory=list)
    units: Units = Field(default_factory=list)


class AccountPatch(Body):
    """What to change; null or absent leaves it."""

    display_name: Line | None = None
    contact: Contact | None = None
    roles: Roles | None = None
    areas: Areas | None = None
    units: Units | None = None
    active: Annotated[bool, Field(strict=True)] | None = None
    password: Password | None = None

    def changes(self) -> AccountChanges:
        """As the command takes it."""
        return AccountChanges(**{name: getattr(self, name) for name in type(self).model_fields})


class DeviceAnswer(Read):
    """A phone or a browser that can act for the account."""

    id: UUID
    kind: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class DeviceList(BaseModel):
    """An account's devices that have not been revoked, the newest first."""

    items: list[DeviceAnswer]


class KeyBody(Body):
    """A new API key. Without `actions` it reads the map; it may be given reads only, of those that one has."""

    name: Line
    actions: Annotated[list[Action], Field(max_length=len(Action))] = Field(default_factory=list)
    expires_at: Moment | None = None


class KeyAnswer(Read):
    """An API key, without its text; `prefix` is how that begins, `last_used_at` is to the minute."""

    id: UUID
    name: str
    prefix: str
    actions: list[Action]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewKeyAnswer(KeyAnswer):
    """A new API key, whose text is shown this once."""

    key: str


class KeyList(BaseModel):
    """An account's API keys that have not been revoked, the newest first."""

    items: list[KeyAnswer]


class AuditAnswer(Read):
    """Who did, failed at or was refused what, when."""

    id: UUID
    at: datetime
    account_id: UUID | None
    username: str | None
    action: str
    outcome: str
    subject: str | None
    request_id: str | None
    detail: dict[str, Any]
