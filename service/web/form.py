"""The one file of a multipart/form-data body (RFC 7578), written to disk as it comes.

Starlette's own parser would write it a second time, and leaves its file open when the body ends before the form does.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.errors import Invalid

LONGEST_NAME = 200


@dataclass
class Part:
    """One part of a form, as it is being read."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    header: bytes = b""
    value: bytes = b""
    kept: bool = False
    """Whether it is the file."""


class FileForm:
    """Reads a body of that type; afterwards `name` is the file's and `digest` the hash of its content."""

    def __init__(self, content_type: str | None, wanted: str, into: IO[bytes]) -> None:
        """Raises Invalid where the body is no form."""
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise refusal(wanted)
        self.wanted = wanted
        self.into = into
        self.name: str | None = None
        self.digest = sha256()
        self.over = False
        self.part = Part()
        self.parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self.begin,
                "on_header_field": self.take_header,
                "on_header_value": self.take_value,
                "on_header_end": self.end_header,
                "on_headers_finished": self.look,
                "on_part_data": self.take,
                "on_end": self.end,
            },
        )

    async def read(self, chunks: AsyncIterator[bytes]) -> str:
        """Read the body whole and give the file's name. Raises Invalid where it is broken off or has not one file."""
        try:
            async for chunk in chunks:
                self.parser.write(chunk)
        except FormParserError as error:
            raise Invalid("malformed-request", reason=str(error)) from error
        if not self.over:
            raise Invalid("malformed-request", reason="the form is broken off")
        if self.name is None:
            raise refusal(self.wanted)
        return self.name

    def begin(self) -> None:
        """A part begins."""
        self.part = Part()

    def take_header(self, data: bytes, start: int, end: int) -> None:
        """Some of a header's name."""
        self.part.header += data[start:end]

    def take_value(self, data: bytes, start: int, end: int) -> None:
        """Some of its value."""
        self.part.value += data[start:end]

    def end_header(self) -> None:
        """A header is whole."""
        self.part.headers[self.part.header.lower()] = self.part.value
        self.part.header = self.part.value = b""

    def look(self) -> None:
        """All headers of a part are there: it must be the file, and the only one."""
        disposition = self.part.headers.get(b"content-disposition", b"")
        _, options = parse_options_header(disposition)
        named = options.get(b"name", b"").decode(errors="replace")
        if self.name is not None or named != self.wanted or not options.get(b"filename"):
            raise refusal(self.wanted)
        self.name = plain_name(options[b"filename"].decode(errors="replace")) or self.wanted
        self.part.kept = True

    def take(self, data: bytes, start: int, end: int) -> None:
        """Some of a part's content."""
        if self.part.kept:
            self.digest.update(data[start:end])
            self.into.write(data[start:end])

    def end(self) -> None:
        """The form is whole."""
        self.over = True


def plain_name(name: str) -> str:
    """The last part of a file's name, with nothing that a database or a terminal could not take."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:]


def refusal(wanted: str) -> Invalid:
    """The error of a body that is not a form with one file."""
    fault = {"field": wanted, "reason": "must be a file, and the only part of a multipart/form-data body"}
    return Invalid("invalid-body", fields=wanted, errors=[fault])
