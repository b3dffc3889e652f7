"""A body that is sent as it lies in memory."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class InParts(Response):
    """An answer whose body is made of parts: a page of a megabyte is not copied to stand between its first and last."""

    def __init__(self, parts: Sequence[bytes], headers: Mapping[str, str], media_type: str) -> None:
        self.parts = parts
        super().__init__(None, headers=headers, media_type=media_type)
        self.headers["content-length"] = str(sum(map(len, parts)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, part by part."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for part in self.parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
