"""Whatever the order, repetition and loss of check-ins, presence is the newest that was accepted."""

from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from service.roster.checkins.commands.take import Item, Member, settle
from service.roster.checkins.rules import DUPLICATE, Known, Report, State
from service.roster.checkins.siting import Site
from tests.conftest import NOON
from tests.roster.checkins.conftest import LAT, LON

MEMBER, GRID = uuid4(), uuid4()

SECONDS = st.integers(-26 * 3600, 3 * 60)
WALKS = st.lists(
    st.tuples(SECONDS, st.integers(0, 4), st.sampled_from([None, "safe", "need_help"])),
    min_size=1,
    max_size=25,
)
"""When, how many metres further a minute, and how one is."""


def reports_of(walk):
    """Check-ins of somebody who walks, one a moment."""
    by_time = {seconds: (pace, how) for seconds, pace, how in walk}
    return [
        Report(
            UUID(int=number),
            NOON + timedelta(seconds=seconds),
            LON + seconds * 1e-6 * pace,
            LAT,
            "WGS84",
            50.0,
            how,
        )
        for number, (seconds, (pace, how)) in enumerate(sorted(by_time.items()))
    ]


def deliver(reports, now=NOON):
    """The verdicts of check-ins in the order of their arrival, and the member afterwards."""
    member, elsewhere, new, items = Member(Known(), wanted=True), set(), [], []
    for report in reports:
        item = Item(MEMBER, report, DUPLICATE, Site(report.lon, report.lat, GRID))
        made = settle(item, member, elsewhere, now)
        items.append(item)
        new += [made] if made else []
    return items, member.known, new


@given(WALKS, st.randoms(use_true_random=False), st.integers(0, 10))
def test_presence_is_the_newest_accepted_one(walk, chance, lost):
    reports = reports_of(walk)
    arriving = [chance.choice(reports) for _ in reports] + chance.sample(reports, k=len(reports))
    arriving = arriving[: max(1, len(arriving) - lost)]
    items, known, new = deliver(arriving)

    kept = {each.id: each for each in new}
    assert len(kept) == len(new)
    possible = [
        each for each in reports if NOON - timedelta(hours=24) <= each.at <= NOON + timedelta(minutes=2)
    ]
    came = {each.id for each in arriving}
    assert set(kept) == {each.id for each in possible if each.id in came}
    for item in items:
        if item.report.id not in kept:
            assert item.verdict.state is State.REFUSED
    if kept:
        newest = max(min(each.at, NOON) for each in kept.values())
        assert known.fix is not None
        assert known.fix.at == newest
        said = [each for each in kept.values() if each.how]
        assert (known.how_at is None) is not bool(said)
        if said:
            assert known.how_at == max(min(each.at, NOON) for each in said)


@given(WALKS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(walk, chance):
    # Those ahead of the server all count as the same moment: of them the last to arrive stands.
    reports = [each for each in reports_of(walk) if each.at <= NOON]
    shuffled = chance.sample(reports, k=len(reports))
    _, one, _ = deliver(reports)
    _, other, _ = deliver(shuffled)
    assert (one.fix, one.how, one.how_at) == (other.fix, other.how, other.how_at)
    repeated, again, _ = deliver([*shuffled, *reports])
    assert again == deliver(shuffled)[1]
    assert {item.verdict.state for item in repeated[len(reports) :]} <= {State.DUPLICATE, State.REFUSED}


@given(st.lists(st.tuples(st.integers(-3000, 0), st.integers(-40_000, 40_000)), min_size=1, max_size=25))
def test_presence_never_goes_back_and_is_always_at_one_that_was_sent(points):
    reports = [
        Report(uuid4(), NOON + timedelta(seconds=s), LON + m / 103_800, LAT, "WGS84", 10.0, None)
        for s, m in points
    ]
    before = None
    for count in range(1, len(reports) + 1):
        _, known, new = deliver(reports[:count])
        assert len(new) == count
        assert before is None or known.fix.at >= before
        assert (known.fix.at, known.fix.lon) in {(each.at, each.lon) for each in reports[:count]}
        before = known.fix.at
