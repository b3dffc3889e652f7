"""CSV (RFC 4180), with commas, semicolons or tabs."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from service.errors import Invalid
from service.imports.reading import encodings
from service.imports.rules import shortened

_DELIMITERS = ",;\t，"
_HEAD_CHARACTERS = 100_000


def read(path: Path, encoding: str | None) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """The encoding, and each line with its number as a spreadsheet counts: a text of several lines is one.

    Raises Invalid as `encodings.decode`, `file-nul`, and, while the lines are read, `csv-quotes`.
    """
    text, codec = encodings.decode(path.read_bytes(), encoding)
    if (at := text.find("\x00")) >= 0:
        raise Invalid("file-nul", line=text.count("\n", 0, at) + 1)
    return encodings.shown(codec), _lines(text)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    row = 0
    while True:
        row += 1
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Invalid("csv-quotes", row=row, line=line, why=shortened(str(error), 120)) from error
        if cells is None:
            return
        yield row, cells


def _delimiter(text: str) -> str:
    """The one that the first line with any has most of, outside quotation marks."""
    for line in text[:_HEAD_CHARACTERS].splitlines():
        bare = "".join(line.split('"')[::2])
        counts = {mark: bare.count(mark) for mark in _DELIMITERS}
        if any(counts.values()):
            return max(counts, key=lambda mark: counts[mark])
    return ","
