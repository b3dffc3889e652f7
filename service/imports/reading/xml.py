"""XML, element by element, without document type declarations: nothing is fetched and nothing blows up.

A declaration can only stand before the first element, so the beginning is parsed on its own, and then the whole by the
parser of the standard library; that of defusedxml is written in Python and several times slower.
"""

from collections.abc import Callable, Generator
from typing import IO
from xml.etree.ElementTree import Element, iterparse
from xml.parsers import expat

_CHUNK_BYTES = 16 * 1024

Opened = Callable[[], IO[bytes]]


class Declared(ValueError):
    """There is a document type declaration."""


class _Begun(Exception):
    """The first element has begun."""


def events(opened: Opened) -> Generator[tuple[str, Element], None, None]:
    """`start` and `end` of each element of what `opened` opens, twice.

    Whoever reads it drops what has been read. Raises Declared, and ParseError.
    """
    with opened() as source:
        _check_beginning(source)
    with opened() as source:
        yield from iterparse(source, events=("start", "end"))


def tag(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def _check_beginning(source: IO[bytes]) -> None:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _declared
    parser.StartElementHandler = _begun
    try:
        while chunk := source.read(_CHUNK_BYTES):
            parser.Parse(chunk, False)
    except _Begun:
        return
    except expat.ExpatError:
        # The parser of the whole says the same, in its words.
        return


def _declared(*_: object) -> None:
    raise Declared("DOCTYPE")


def _begun(*_: object) -> None:
    raise _Begun
