"""How far a caller's imports reach, as values: what the rules of access say of them, taken apart for the checks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Areas (division codes, each with all below it) and units (codes); None is all of them."""

    areas: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None

    def holds_area(self, code: str) -> bool:
        """Whether a governance grid lies in one of the areas."""
        return self.areas is None or any(code.startswith(area) for area in self.areas)

    def holds_unit(self, code: str) -> bool:
        """Whether a unit is one of them."""
        return self.units is None or code in self.units
