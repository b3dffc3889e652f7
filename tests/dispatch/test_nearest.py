"""Those asked are available, qualified, and the nearest by travel time: against brute force over the whole city."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.dispatch.brute import read_map, read_people
from tests.dispatch.conftest import CHIKAN, offers_of

SUNDAY_NIGHT = datetime(2026, 6, 7, 14, 30, tzinfo=UTC)
"""22:30 in Shanghai: members without a fresh presence are at home."""
TOLERANCE_MINUTES = 0.05
"""The plane of the grid graph against geodesics, at these distances."""

PLACES = {
    "Chikan": CHIKAN,
    "Xiashan": (110.4060, 21.1950),
    "Potou's shore": (110.4480, 21.2480),
    "Xuwen": (110.1720, 20.3260),
}


@pytest.mark.parametrize("hour", ["Wednesday noon", "Sunday night"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("skills", [[], ["first_aid"]])
async def test_the_nearest_available_are_asked(post, session, clock, place, hour, skills):
    if hour == "Sunday night":
        clock.at = SUNDAY_NIGHT
    people = await read_people(session, clock.at, office_hours=hour == "Wednesday noon")
    task = await post(*PLACES[place], seats=[{"skills": skills, "count": 3}])
    asked = {UUID(offer["member_id"]) for offer in offers_of(task)}
    assert asked

    minutes = (await read_map(session)).minutes(PLACES[place], people)
    fit = {person.id for person in people if person.available and person.skills.issuperset(skills)}
    assert asked <= fit
    farthest = max(minutes[member] for member in asked)
    nearer = [member for member in fit - asked if minutes[member] < farthest - TOLERANCE_MINUTES]
    assert nearer == []
    for offer in offers_of(task):
        assert offer["travel_minutes"] == pytest.approx(
            minutes[UUID(offer["member_id"])], abs=1 + TOLERANCE_MINUTES
        )
