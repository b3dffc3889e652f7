"""How large a file and what is in it may be: what keeps the memory and the time of reading it bounded."""

from dataclasses import dataclass

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest that is read of each thing; anything larger is refused whole, never cut short."""

    file_bytes: int = 64 * MB
    unpacked_bytes: int = 160 * MB
    """All that is unpacked from one archive, counted while it is unpacked and not as the archive declares it."""
    part_bytes: int = 2 * MB
    """Each part of a workbook that is read whole: its styles, its list of sheets, what links them."""
    shared_text_bytes: int = 32 * MB
    """The texts of a workbook, which its cells name by number."""
    ratio: int = 100
    """Unpacked bytes for each packed one, in an entry of more than `ratio_from_bytes`; zip itself reaches 1,030."""
    ratio_from_bytes: int = 8 * MB
    entries: int = 1_000
    """Files and folders in an archive."""
    rows: int = 100_000
    columns: int = 256
    cells: int = 2_000_000
    """Rows times columns."""
    vertices: int = 2_000_000
    text: int = 4_000
    """Characters in one cell."""
    defects: int = 1_000
    """What is told of one file; whoever has more has one cause, not a thousand."""
