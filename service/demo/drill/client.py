"""HTTP as consoles and phones do it: patient with a service that restarts, and never saying a thing twice.

Each logical action has an Idempotency-Key of its own, and is sent again under it until it is answered. So an
action that was committed just before the API was killed is answered, not done once more.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from service.errors import SetupError

Json = dict[str, Any]

API = "/api/v1"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 3.0
GATEWAY = (502, 503, 504)
IN_FLIGHT = "request-in-flight"


class Refusal(Exception):
    """The service said no: a 4xx with its problem type's slug."""

    def __init__(self, status: int, slug: str, detail: str) -> None:
        super().__init__(f"{status} {slug}: {detail}")
        self.status = status
        self.slug = slug


class Broken(Exception):
    """The service failed: a 5xx that is none of a restart's, or an answer that cannot be read."""


class Service:
    """The service at one address, with at most `at_once` requests under way.

    `retries` counts requests sent again, `replayed` those that had been done before their answer was lost;
    `down_since` (monotonic seconds) is set while the service does not answer.
    """

    def __init__(self, http: httpx.AsyncClient, *, patience_s: float = 60.0, at_once: int = 16) -> None:
        self.http = http
        self.patience_s = patience_s
        self.turns = asyncio.Semaphore(at_once)
        self.retries = 0
        self.replayed = 0
        self.down_since: float | None = None

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send until it is answered. Raises SetupError when the service has been away for `patience_s`."""
        first_failure: float | None = None
        pause = FIRST_PAUSE_S
        while True:
            trouble = "no answer"
            try:
                async with self.turns:
                    response = await self.http.request(method, path, **options)
                if not is_passing(response):
                    self.down_since = None
                    self.replayed += response.headers.get("Idempotent-Replayed") == "true"
                    return response
                trouble = f"status {response.status_code}"
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
                self.down_since = self.down_since or time.monotonic()
            now = time.monotonic()
            first_failure = first_failure or now
            if now - first_failure > self.patience_s:
                raise SetupError(
                    f"The service at {self.http.base_url} has not answered {method} {path} for"
                    f" {self.patience_s:.0f} s ({trouble})."
                )
            self.retries += 1
            # Spread out, lest all come back in the same instant.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def is_ready(self) -> bool:
        """Whether it answers now; not patient."""
        try:
            return (await self.http.get("/readyz")).status_code == 200
        except httpx.HTTPError:
            return False


class Person:
    """Somebody with an account: a dispatcher with a password, or a member with an enrolled phone.

    `grant` is the form of POST /token. The token is fetched when it is first needed, and anew when it is refused.
    """

    def __init__(self, service: Service, grant: Mapping[str, str]) -> None:
        self.service = service
        self.grant = dict(grant)
        self._token: str | None = None
        self._renewing = asyncio.Lock()

    @classmethod
    def with_password(cls, service: Service, username: str, password: str) -> "Person":
        """Somebody who logs in."""
        return cls(service, {"grant_type": "password", "username": username, "password": password})

    @classmethod
    def with_phone(cls, service: Service, device_token: str) -> "Person":
        """A member: the device token of their phone is its refresh token."""
        return cls(service, {"grant_type": "refresh_token", "refresh_token": device_token})

    async def get(self, path: str, **params: str) -> Json:
        """Read. Raises Refusal and Broken."""
        return await self._call("GET", path, params=params)

    async def post(self, path: str, body: Json | None = None) -> Json:
        """Do one thing, once. Raises Refusal and Broken."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        return await self._call("POST", path, {"Idempotency-Key": str(uuid4())}, **options)

    async def _call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **options: Any
    ) -> Json:
        token = await self.token()
        response = await self._send(method, path, token, headers, options)
        if response.status_code == 401:
            token = await self.token(refused=token)
            response = await self._send(method, path, token, headers, options)
        return content(response)

    async def _send(
        self, method: str, path: str, token: str, headers: Mapping[str, str] | None, options: dict[str, Any]
    ) -> httpx.Response:
        own = {"Authorization": f"Bearer {token}", **(headers or {})}
        return await self.service.send(method, API + path, headers=own, **options)

    async def token(self, refused: str | None = None) -> str:
        """The access token; a new one when there is none or it is the one that was refused. Raises Refusal."""
        async with self._renewing:
            if self._token is None or self._token == refused:
                response = await self.service.send("POST", f"{API}/token", data=self.grant)
                self._token = str(content(response)["access_token"])
            return self._token


def is_passing(response: httpx.Response) -> bool:
    """Whether an answer is no answer yet: a restart, or the same request still under way on its first connection."""
    if response.status_code in GATEWAY:
        return True
    return response.status_code == 409 and slug_of(response) == IN_FLIGHT


def slug_of(response: httpx.Response) -> str:
    """The slug of a problem document; the status where there is none."""
    try:
        return str(response.json()["type"]).rsplit("/", 1)[-1]
    except (ValueError, KeyError, TypeError):
        return str(response.status_code)


def content(response: httpx.Response) -> Json:
    """The body of a success. Raises Refusal for a 4xx, Broken for anything else."""
    where = f"{response.request.method} {response.request.url.path}"
    if 400 <= response.status_code < 500:
        raise Refusal(response.status_code, slug_of(response), where)
    if response.status_code >= 500:
        raise Broken(f"{where} answered {response.status_code}: {response.text[:200]}")
    try:
        body = response.json()
    except ValueError as error:
        raise Broken(f"{where} answered {response.status_code} without JSON") from error
    if not isinstance(body, dict):
        raise Broken(f"{where} answered {response.status_code} with something else than an object")
    return body
