"""When something was done by the client's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from service.errors import Invalid
from service.web.client_time import done_at

NOW = datetime(2026, 6, 3, 4, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("said", "since", "stored"),
    [
        (None, None, NOW),
        (NOW - HOUR, None, NOW - HOUR),
        (NOW - HOUR, NOW - 2 * HOUR, NOW - HOUR),
        (NOW - HOUR, NOW - MINUTE, NOW - MINUTE),
        (NOW - 24 * HOUR, None, NOW - 24 * HOUR),
        (NOW - 25 * HOUR, None, NOW - 24 * HOUR),
        (NOW - 25 * HOUR, NOW - 30 * HOUR, NOW - 24 * HOUR),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW - HOUR, NOW - HOUR),
        (NOW + 2 * MINUTE, None, NOW),
        (NOW, NOW + MINUTE, NOW),
    ],
)
def test_it_counts_as_far_as_it_is_to_be_believed(said, since, stored):
    assert done_at(said, NOW, since=since) == stored


def test_a_clock_that_is_wrong_is_told_so():
    with pytest.raises(Invalid) as raised:
        done_at(NOW + 2 * MINUTE + timedelta(seconds=1), NOW)
    assert raised.value.slug == "time-ahead"
