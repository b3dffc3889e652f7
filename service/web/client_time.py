"""When something was done by the client's clock, as far as it is to be believed: phones act offline and tell later."""

from datetime import datetime, timedelta

from service.errors import Invalid

MOST_AHEAD = timedelta(minutes=2)
"""How far a phone's clock may be ahead of the server's."""
OLDEST = timedelta(hours=24)


def done_at(said: datetime | None, now: datetime, *, since: datetime | None = None) -> datetime:
    """The time that is stored for what a client did, told now and done at `said` (None: now).

    It is not before `since`, which it follows; not longer ago than OLDEST; not ahead of `now`. Deadlines go by the time
    of arrival, which no client can choose. Raises Invalid for a time too far ahead: that clock is wrong.
    """
    if said is None:
        said = now
    elif said > now + MOST_AHEAD:
        minutes = int(MOST_AHEAD.total_seconds() // 60)
        raise Invalid("time-ahead", field="at", minutes=minutes, now=now.isoformat())
    earliest = now - OLDEST if since is None else max(since, now - OLDEST)
    # What it follows may itself have come in with a time of this very moment: never ahead of now.
    return min(max(said, earliest), now)
