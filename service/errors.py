"""What can go wrong, as exceptions that know their HTTP status and slug and nothing of any framework.

    ServiceError
    ├── Malformed 400           unknown-parameter, filter-syntax, …: in /ogc, where the standard has it so
    ├── Unauthenticated 401     not-authenticated, login-failed
    ├── Refused 403             forbidden
    ├── NotFound 404            not-found
    ├── Conflict 409            answer-contradicted, task-ended, already-engaged, wrong-state, …
    ├── Gone 410                events-gone
    ├── TooLarge 413            body-too-large
    ├── Invalid 422             unknown-category, unknown-skill, outside-area, time-in-past, …
    ├── TooMany 429             too-many-attempts, too-many-streams
    └── Unavailable 503         try-again, database-unavailable, schema-behind
    Again                       the state moved between looking and locking: the edge runs the request again
    SetupError                  a command's or a start's sentence for the person at the terminal

The text of each slug is in the catalogue (`texts`), under `problem.<slug>`; docs/errors.md lists them all.
"""

from typing import Any, ClassVar


class ServiceError(Exception):
    """An error that a client is told about.

    `slug` picks the text; `params` fill its placeholders; `errors` name the fields at fault; `extension` is what the
    problem document holds beside that (RFC 9457 § 3.2).
    """

    status: ClassVar[int] = 500

    def __init__(
        self,
        slug: str,
        *,
        errors: list[dict[str, Any]] | None = None,
        extension: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(f"{slug} {params}" if params else slug)
        self.slug = slug
        self.params = params
        self.errors = errors
        self.extension = extension or {}


class Malformed(ServiceError):
    """A parameter of the OGC API is wrong or unknown: there that is a 400."""

    status = 400


class Unauthenticated(ServiceError):
    """Who you are could not be established."""

    status = 401


class Refused(ServiceError):
    """You may not do this; the refusal goes on record."""

    status = 403

    def __init__(self, slug: str = "forbidden", **params: Any) -> None:
        super().__init__(slug, **params)


class NotFound(ServiceError):
    """Not there, or not yours to know of.

    `hidden` says that it is there, but outside the caller's scope: the answer is the same, the record is not.
    """

    status = 404

    def __init__(self, kind: str, *, hidden: bool = False) -> None:
        super().__init__("not-found", kind=kind)
        self.hidden = hidden


class Conflict(ServiceError):
    """The state forbids it."""

    status = 409


class Gone(ServiceError):
    """It was there once; what the caller remembers of it is of no use any more."""

    status = 410


class TooLarge(ServiceError):
    """The body is larger than the service takes."""

    status = 413


class Invalid(ServiceError):
    """The body or a parameter is wrong."""

    status = 422


class TooMany(ServiceError):
    """Too many attempts; `retry_after` seconds until the next one counts."""

    status = 429

    def __init__(self, slug: str = "too-many-attempts", *, retry_after: int, **params: Any) -> None:
        super().__init__(slug, retry_after=retry_after, **params)
        self.retry_after = retry_after


class Unavailable(ServiceError):
    """Not now; the same request may be sent again."""

    status = 503

    def __init__(self, slug: str, *, retry_after: int | None = None, **params: Any) -> None:
        super().__init__(slug, **params)
        self.retry_after = retry_after


class Again(Exception):
    """What was looked at before the locks were taken is not so any more; run anew, from the beginning."""


class SetupError(Exception):
    """One clear sentence about what is missing and what to do, for the person at the terminal."""
