"""The body and the answer of `POST /checkins`, decoded strictly and past pydantic: this route is taken thousands of
times a second."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from service.errors import Invalid, ServiceError
from service.roster.checkins.rules import How, Mark, Refusal, Report, State, Verdict, is_heard
from service.texts import Language, text
from service.web.problems import field_fault

MOST_ITEMS = 500
NAMED = re.compile(r"^(?P<reason>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
UNNAMED = re.compile(r"field `(?P<name>[^`]*)`")


class PositionIn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A position; its coordinate system is always named. What the numbers may be is looked at item by item."""

    lon: Annotated[float, msgspec.Meta(description="Degrees, -180 to 180")]
    lat: Annotated[float, msgspec.Meta(description="Degrees, -90 to 90")]
    crs: Annotated[str, msgspec.Meta(description="WGS84, CGCS2000, GCJ02 or BD09")]


class CheckInIn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One report of a position."""

    id: Annotated[UUID, msgspec.Meta(description="Of the client's making; a repeat is harmless")]
    at: Annotated[datetime, msgspec.Meta(tz=True, description="By the client's clock: RFC 3339")]
    position: PositionIn
    accuracy_m: Annotated[float, msgspec.Meta(description="The radius that holds it: above 0, up to 2000")]
    how: Annotated[
        Literal["safe", "need_help"] | None,
        msgspec.Meta(
            description="How one is; dispatchers hear at once of `need_help`, whatever the position is worth"
        ),
    ] = None


class CheckInOut(msgspec.Struct, gc=False):
    """What became of one; `reason` and `message` (in the language asked for) when it was refused. `heard`: dispatchers
    know that help is needed."""

    id: UUID
    state: State
    reason: Refusal | None
    message: str | None
    marks: tuple[Mark, ...]
    heard: bool


class CheckInsOut(msgspec.Struct, gc=False):
    """One result for each, in the order sent."""

    items: list[CheckInOut]


Body = CheckInIn | Annotated[list[CheckInIn], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)]
decoder: msgspec.json.Decoder[CheckInIn | list[CheckInIn]] = msgspec.json.Decoder(Body)
encoder = msgspec.json.Encoder()


def decode(body: bytes) -> list[Report]:
    """The check-ins of a request. Raises Invalid, which names the item and the field."""
    try:
        found = decoder.decode(body)
    except msgspec.ValidationError as error:
        raise fault(str(error)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid("malformed-json", reason=str(error)) from error
    return [
        Report(
            each.id,
            each.at,
            each.position.lon,
            each.position.lat,
            each.position.crs,
            each.accuracy_m,
            each.how,
        )
        for each in (found if isinstance(found, list) else [found])
    ]


def fault(message: str) -> ServiceError:
    """The 422 of what msgspec says is wrong: 'Expected `float`, got `str` - at `$[3].position.lat`'."""
    found = NAMED.match(message)
    reason, path = (found["reason"], found["path"] or "") if found else (message, "")
    parts = re.findall(r"[^.\[\]]+", path)
    if missing := UNNAMED.search(reason):
        parts.append(missing["name"])
    return field_fault(parts, reason)


def encode(reports: Sequence[Report], verdicts: Sequence[Verdict], language: Language) -> bytes:
    """The answer."""
    return encoder.encode(
        CheckInsOut(
            [
                CheckInOut(
                    report.id,
                    verdict.state,
                    verdict.reason,
                    None if verdict.reason is None else message(report.how, verdict, language),
                    verdict.marks,
                    is_heard(report.how, verdict),
                )
                for report, verdict in zip(reports, verdicts, strict=True)
            ]
        )
    )


def message(how: str | None, verdict: Verdict, language: Language) -> str:
    """A refusal in words; with a call for help, whether that is heard comes first, and off duty that is all."""
    said = text(f"checkin.{verdict.reason}", language)
    if how != How.NEED_HELP:
        return said
    about = text(f"call_for_help.{'heard' if is_heard(how, verdict) else 'unheard'}", language)
    if verdict.reason is Refusal.OFF_DUTY:
        return about
    return f"{about} {said}" if language is Language.EN else about + said


def components(ref: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """JSON Schemas of the body and the answer, and the parts that they refer to by `ref` ('#/…/{name}')."""
    schemas, parts = msgspec.json.schema_components([Body, CheckInsOut], ref_template=ref)
    return list(schemas), parts
