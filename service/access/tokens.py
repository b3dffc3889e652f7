"""Access tokens: signed, short-lived, and believed only from an issuer that the service knows.

`Tokens.verify` is the one seam: it finds the verifier of the issuer that a token names. The built-in issuer
has one; an external OIDC issuer becomes another entry, with its own keys and algorithms.
"""

import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from tempfile import NamedTemporaryFile
from typing import Protocol
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

from service.db.base import new_id
from service.errors import SetupError, Unauthenticated
from service.settings import Settings

ISSUER = "vanguard"
ALGORITHM = "HS256"
SHORTEST_KEY = 32
KEY_FILE = "token.key"


@dataclass(frozen=True)
class Claims:
    """What a verified token says. `device_id` is the device whose session it belongs to."""

    issuer: str
    subject: str
    device_id: UUID
    expires_at: datetime


class Verifier(Protocol):
    """Checks the tokens of one issuer. Asynchronous, as an external issuer's keys may have to be fetched."""

    async def verify(self, token: str, now: datetime) -> Claims:
        """The token's claims. Raises Unauthenticated."""


class BuiltIn:
    """The issuer of this service, for one city: a token for another city is not taken here."""

    def __init__(self, key: str, city: str, lifetime: timedelta) -> None:
        self.key = OctKey.import_key(key)
        self.audience = f"vanguard:{city}"
        self.lifetime = lifetime

    def issue(self, account_id: UUID, device_id: UUID, now: datetime) -> str:
        """An access token for an account's session on a device."""
        issued = int(now.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": self.audience,
            "sub": str(account_id),
            "sid": str(device_id),
            "jti": new_id().hex,
            "iat": issued,
            "exp": issued + int(self.lifetime.total_seconds()),
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self.key, [ALGORITHM])

    async def verify(self, token: str, now: datetime) -> Claims:
        """The token's claims. Raises Unauthenticated: token-expired when nothing else is wrong with it."""
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
            sub={"essential": True},
            sid={"essential": True},
            jti={"essential": True},
        )
        try:
            claims = jwt.decode(token, self.key, [ALGORITHM]).claims
            registry.validate(claims)
            return Claims(
                issuer=claims["iss"],
                subject=claims["sub"],
                device_id=UUID(claims["sid"]),
                expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            )
        except ExpiredTokenError as error:
            raise Unauthenticated("token-expired") from error
        except (JoseError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise Unauthenticated("not-authenticated") from error


class Tokens:
    """The issuers that the service believes, and its own one, which it issues with."""

    def __init__(self, settings: Settings) -> None:
        self.lifetime = timedelta(minutes=settings.access_token_minutes)
        self.built_in = BuiltIn(signing_key(settings), settings.city, self.lifetime)
        self.verifiers: Mapping[str, Verifier] = {ISSUER: self.built_in}

    def issue(self, account_id: UUID, device_id: UUID, now: datetime) -> str:
        """An access token of the built-in issuer."""
        return self.built_in.issue(account_id, device_id, now)

    async def verify(self, token: str, now: datetime) -> Claims:
        """The claims of a token of any issuer that is known. Raises Unauthenticated."""
        verifier = self.verifiers.get(claimed_issuer(token))
        if verifier is None:
            raise Unauthenticated("not-authenticated")
        return await verifier.verify(token, now)


def claimed_issuer(token: str) -> str:
    """The issuer that a token names, unverified: it only picks the verifier. Empty when it names none."""
    try:
        payload = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
        return str(payload["iss"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""


def signing_key(settings: Settings) -> str:
    """The key from the settings, else the one in the home folder, made when there is none.

    Raises SetupError when the key is too short or its file cannot be made.
    """
    if settings.token_key:
        if len(settings.token_key) < SHORTEST_KEY:
            raise SetupError(f"VANGUARD_TOKEN_KEY is too short: it needs {SHORTEST_KEY} characters at least.")
        return settings.token_key
    file = settings.home / KEY_FILE
    try:
        return kept_key(file)
    except OSError as error:
        raise SetupError(f"The token key cannot be kept in {file}: {error}") from error


def kept_key(file: Path) -> str:
    """The key in the file, made when there is none.

    It is written aside and then linked into place, whole or not at all: processes that start at once agree.
    """
    with suppress(FileNotFoundError):
        return file.read_text(encoding="ascii")
    file.parent.mkdir(parents=True, exist_ok=True)
    # NamedTemporaryFile makes it 0600.
    with NamedTemporaryFile("w", dir=file.parent, prefix=".token-key-", encoding="ascii") as draft:
        draft.write(token_urlsafe(48))
        draft.flush()
        os.fsync(draft.fileno())
        with suppress(FileExistsError):
            os.link(draft.name, file)
    return file.read_text(encoding="ascii")
