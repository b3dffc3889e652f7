"""What is wrong with the rows of a file, gathered while it is read."""

from service.imports.reading.limits import Limits
from service.imports.rules import Defect, Note


class Faults:
    """The defects and notes of one file, up to a number; the last defect then says that there are more."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.defects
        self._defects: list[Defect] = []
        self._left_out = 0
        self._notes: list[Note] = []

    def defect(self, row: int | None, field: str | None, reason: str, **detail: str | int | float) -> None:
        """Something that keeps the file from being stored."""
        if len(self._defects) < self._most:
            self._defects.append(Defect(row, field, reason, detail))
        else:
            self._left_out += 1

    def note(self, row: int | None, field: str | None, reason: str, **detail: str | int | float) -> None:
        """Something to know before it is stored."""
        self._notes.append(Note(row, field, reason, detail))

    def defects(self) -> tuple[Defect, ...]:
        """All of them, by row."""
        more = [Defect(None, None, "more-defects", {"count": self._left_out})] if self._left_out else []
        return (*sorted(self._defects, key=lambda each: each.row or 0), *more)

    def notes(self) -> tuple[Note, ...]:
        """All of them."""
        return tuple(self._notes)
