"""The weekly duty calendar: at any minute at least 30 % of the members are on duty.

Standby members (a quarter) are on duty nearly round the clock. Of the others, 45 of 100 volunteer for
working hours, and all share the evenings and nights by a rota of seven and the weekend days by a rota of
four.
"""

from dataclasses import dataclass

DAY = 1440
OPEN, CLOSE = 8 * 60 + 30, 17 * 60 + 30
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True, slots=True, order=True)
class DutySlot:
    """Minutes of a local day, `from_minute` included and `to_minute` (at most 1440) not; Monday is 0."""

    weekday: int
    from_minute: int
    to_minute: int


def standby_week(turn: int) -> tuple[DutySlot, ...]:
    """Round the clock; one member in eight has a day off, which goes round."""
    off = turn // 8 % 7 if turn % 8 == 0 else None
    return tuple(DutySlot(day, 0, DAY) for day in range(7) if day != off)


def normal_week(turn: int) -> tuple[DutySlot, ...]:
    """The week of the member whose turn it is: a night, perhaps a weekend day, perhaps working hours."""
    night = turn % 7
    slots = [DutySlot(night, CLOSE, DAY), DutySlot((night + 1) % 7, 0, OPEN)]
    # Turns count through 7 × 4 × 20 combinations before they repeat, so that the rotas do not go in step.
    weekend = turn // 7 % 4
    if weekend < 2:
        slots.append(DutySlot(_SATURDAY + weekend, OPEN, CLOSE))
    if turn // 28 * 9 % 20 < 9:
        slots += [DutySlot(day, OPEN, CLOSE) for day in range(5)]
    return _joined(slots)


def _joined(slots: list[DutySlot]) -> tuple[DutySlot, ...]:
    """Slots of one day that meet become one, so that no two touch."""
    joined: list[DutySlot] = []
    for slot in sorted(slots):
        last = joined[-1] if joined else None
        if last and last.weekday == slot.weekday and last.to_minute == slot.from_minute:
            joined[-1] = DutySlot(slot.weekday, last.from_minute, slot.to_minute)
        else:
            joined.append(slot)
    return tuple(joined)
