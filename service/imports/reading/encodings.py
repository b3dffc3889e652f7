"""Text encodings: UTF-8, GBK and GB18030, named or found, never guessed.

Chinese desktops write GBK without saying so, and nearly any bytes are some text in it: a guess would store nonsense.
"""

import codecs
import re

from service.errors import Invalid
from service.imports.rules import shortened

TAKEN = "UTF-8, GBK, GB18030"
_NAMES = {
    "utf8": "utf-8",
    "65001": "utf-8",
    "gbk": "gbk",
    "gb2312": "gbk",
    "cp936": "gbk",
    "936": "gbk",
    "ansi936": "gbk",
    "gb18030": "gb18030",
    "54936": "gb18030",
}
_SHOWN = {"utf-8": "UTF-8", "gbk": "GBK", "gb18030": "GB18030", "utf-16": "UTF-16"}
_SAMPLE_BYTES = 24


def codec_named(name: str) -> str:
    """Python's name of an encoding as people and files write it. Raises Invalid `file-encoding-name`."""
    codec = known_codec(name)
    if codec is None:
        raise Invalid("file-encoding-name", found=shortened(name), taken=TAKEN)
    return codec


def known_codec(name: str) -> str | None:
    """The same, None for one that is not taken."""
    return _NAMES.get(re.sub(r"[\s_\-.]+", "", name).lower())


def shown(codec: str) -> str:
    """A codec's name for people."""
    return _SHOWN[codec]


def decode(data: bytes, encoding: str | None) -> tuple[str, str]:
    """A whole file's text, without a byte order mark, and the codec that it was read in.

    In the encoding that is named, else in the one that its mark says, else UTF-8.
    Raises Invalid `file-encoding-name`, `file-encoding-unknown` (nothing named, and not UTF-8), `file-encoding-wrong`.
    """
    codec = codec_named(encoding) if encoding else "utf-8"
    if encoding is None and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-16"
    try:
        return data.decode(codec).removeprefix("\ufeff"), codec
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if encoding is None and codec == "utf-8":
            raise unknown(data, error.start) from None
        place = shortened(data[max(0, error.start - _SAMPLE_BYTES) : error.start].decode(codec, "replace"))
        raise Invalid(
            "file-encoding-wrong", encoding=shown(codec), row=line, field="—", after=place
        ) from None


def unknown(data: bytes, start: int = 0) -> Invalid:
    """The error about bytes that are not UTF-8 from `start` on; it shows how they would read."""
    begin = start
    while begin > 0 and start - begin < _SAMPLE_BYTES and data[begin - 1] >= 0x80:
        begin -= 1
    piece = data[begin : start + _SAMPLE_BYTES]
    return Invalid("file-encoding-unknown", gbk=_sample(piece, "gbk"), gb18030=_sample(piece, "gb18030"))


def complete(data: bytes, codec: str) -> str:
    """Text that may have been cut off within its last character, as programs do that fill a field of some bytes."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if error.end == len(data) and error.start > len(data) - 4 and _is_cut(error):
            return data[: error.start].decode(codec)
        raise


def _is_cut(error: UnicodeDecodeError) -> bool:
    return "unexpected end" in error.reason or "incomplete" in error.reason


def _sample(piece: bytes, codec: str) -> str:
    text = piece.decode(codec, "replace")
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip("\ufffd ") or "—"
