"""The channels, as the settings' file has them: see `load` and docs/notifications.md.

Its templates hold secrets (a robot's key, a mailbox's password): they are never shown, logged or answered.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.notify.rules import Kind, Rung, city_ladder
from service.texts import Language, either

SAMPLES: Mapping[Kind, str] = {Kind.MAIL: "someone@example.org"}
SAMPLE = "13800000000"
"""Addresses with which templates are tried at the start."""


class Entry(BaseModel):
    """A table of the file: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OkWhen(Entry):
    """What a gateway's answer holds when it has taken a message: {"errcode": 0}, say."""

    json_field: str
    """Its name; `data.status` for one inside another."""
    equals: str | int | bool


class Http(Entry):
    """A gateway that takes a request. `{address}`, `{title}`, `{text}` and `{key}` are filled in everywhere."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", repr=False)]
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: Annotated[dict[str, str], Field(repr=False)] = {}
    json_body: Annotated[dict[str, Any] | None, Field(alias="json", repr=False)] = None
    form: Annotated[dict[str, str] | None, Field(repr=False)] = None
    ok_when: OkWhen | None = None

    @model_validator(mode="after")
    def one_body(self) -> "Http":
        """A request has one body."""
        if self.json_body is not None and self.form is not None:
            raise ValueError("has either json or form")
        return self


class Channel(Entry):
    """One way of reaching people."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]
    kind: Kind
    name_zh: Annotated[str, Field(min_length=1, max_length=40)]
    name_en: Annotated[str, Field(min_length=1, max_length=40)]
    apprise: Annotated[str | None, Field(repr=False)] = None
    """A URL of Apprise's, with `{address}` where the person's address goes."""
    http: Http | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10
    at_once: Annotated[int, Field(ge=1, le=100)] = 4
    per_minute: Annotated[int | None, Field(ge=1)] = None
    """Of each sending process."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 8
    reply_secret: Annotated[str | None, Field(min_length=16, repr=False)] = None
    """With it the gateway may hand in replies: POST /api/v1/sms/{code}."""
    reply_how: Literal["header", "hmac"] = "header"
    """The secret itself in a header, or the body's HMAC-SHA256 in hexadecimal."""
    reply_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] = "X-Vanguard-Secret"
    reply_from: str = "from"
    reply_text: str = "text"
    """The fields of a reply that hold the sender's number and the text."""

    @model_validator(mode="after")
    def is_whole(self) -> "Channel":
        """One way of sending, with a place for the address where one is needed; replies by text message only."""
        if (self.apprise is None) == (self.http is None):
            raise ValueError("needs either apprise or http")
        if self.reply_secret and self.kind is not Kind.SMS:
            raise ValueError("reply_secret is for channels of the kind sms")
        if self.kind in (Kind.SMS, Kind.MAIL) and "{address}" not in self.template():
            raise ValueError("needs {address} in its template, or everybody would be sent to the same place")
        return self

    def template(self) -> str:
        """All that is sent, with its placeholders: for looking for them, and for what is secret in it."""
        if self.apprise is not None:
            return self.apprise
        assert self.http is not None
        # Not dumped by alias: what is looked for are the values.
        return json.dumps(self.http.model_dump(), ensure_ascii=False)

    def name(self, language: Language) -> str:
        """Its name."""
        return either(language, self.name_zh, self.name_en)

    @property
    def sample(self) -> str:
        """An address of the kind."""
        return SAMPLES.get(self.kind, SAMPLE)


@dataclass(frozen=True)
class Channels:
    """The channels by code, and the city's ladders by urgency."""

    by_code: Mapping[str, Channel] = field(default_factory=dict)
    ladders: Mapping[str, tuple[Rung, ...]] = field(default_factory=dict)

    def ladder(self, urgency: str) -> tuple[Rung, ...]:
        """The city's ladder."""
        known = [(each.code, each.kind) for each in self.by_code.values()]
        return self.ladders.get(urgency) or city_ladder(known, urgency)
