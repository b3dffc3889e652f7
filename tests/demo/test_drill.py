"""The drill's pure parts: what happens, how members behave, what is printed, and that no untruth goes unseen."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from io import StringIO
from typing import Any

import httpx
import pytest
import shapely
from rich.console import Console

from service.demo.city import City
from service.demo.drill import behaviour, report
from service.demo.drill.behaviour import SHARES, Course, Reply
from service.demo.drill.check import check
from service.demo.drill.client import Broken, Json, Person, Refusal, Service
from service.demo.drill.figures import figures, percentile
from service.demo.drill.found import Found
from service.demo.drill.incidents import INCIDENTS, Incident
from service.demo.drill.notes import Ack, Deed, Notes
from service.demo.drill.scenario import day, emergencies
from service.demo.drill.sight import asked_twice
from service.demo.drill.table import tables
from service.demo.playbooks import PLAYBOOKS
from service.errors import SetupError
from service.tasks.rules import Urgency

CRITICAL = INCIDENTS["emergency_response"][Urgency.CRITICAL]
ALL: list[Incident] = [each for of in INCIDENTS.values() for incidents in of.values() for each in incidents]

# What happens.


def test_the_same_seed_posts_the_same_and_another_does_not() -> None:
    for plan in (emergencies, day):
        assert plan(30, 1) == plan(30, 1)
        assert plan(30, 1).tasks != plan(30, 2).tasks
        assert [each.number for each in plan(5, 1).tasks] == [1, 2, 3, 4, 5]


def test_every_incident_happens_before_one_happens_again() -> None:
    titles = [each.title for each in emergencies(len(CRITICAL), 7).tasks]
    assert len(set(titles)) == len(CRITICAL)
    assert all(title.startswith("【演练】") for title in titles)
    of_a_day = [each.title for each in day(300, 7).tasks]
    assert set(of_a_day) == {f"【演练】{incident.what}" for incident in ALL}


@pytest.mark.parametrize("seed", range(20))
def test_one_task_has_a_no_show_where_people_live(seed: int) -> None:
    remote = {f"【演练】{incident.what}" for incident in CRITICAL if incident.remote}
    (no_show,) = [each for each in emergencies(12, seed, wait=seed % 2 == 0).tasks if each.no_show]
    assert no_show.title not in remote
    assert not no_show.patient


def test_only_with_wait_is_a_task_left_to_the_timer() -> None:
    assert not any(each.patient for each in emergencies(12, 1).tasks)
    assert [each.number for each in emergencies(12, 1, wait=True).tasks if each.patient] == [1]


def test_tasks_are_drills_and_carry_the_run_s_mark() -> None:
    (task,) = emergencies(1, 1).tasks
    body = task.body("run-1")
    assert body["drill"] is True
    assert "run-1" in body["instructions"]
    assert sum(seats["count"] for seats in body["seats"]) == task.size


def test_places_lie_in_the_towns_that_are_written_beside_them(city: City) -> None:
    towns = {division.code: division for division in city.divisions}
    for incident in ALL:
        town = towns[incident.town_code]
        assert shapely.contains_xy(town.polygon, incident.lon, incident.lat), town.name


def test_skills_are_those_of_the_catalogue(city: City) -> None:
    asked = {skill for incident in ALL for skill, _ in incident.seats if skill}
    assert asked <= {skill.code for skill in city.skills}


def test_a_day_has_every_category_with_a_playbook_and_the_shares_of_urgency_that_are_written() -> None:
    plan = day(300, 3)
    assert Counter(task.urgency for task in plan.tasks) == {
        Urgency.ROUTINE: 165,
        Urgency.URGENT: 90,
        Urgency.CRITICAL: 45,
    }
    categories = Counter(task.category for task in plan.tasks)
    assert set(categories) == {playbook.category for playbook in PLAYBOOKS}
    assert min(categories.values()) >= 25
    assert {1, 2, 3, 4, 5} == {task.size for task in plan.tasks}
    assert sum(task.after_s for task in plan.tasks) < 120


@pytest.mark.parametrize("count", [1, 2, 7, 100, 300])
def test_the_county_is_in_emergency_for_a_part_of_the_day(count: int, city: City) -> None:
    plan = day(count, 5)
    alert = plan.alert
    assert len(plan.tasks) == count
    assert alert is not None
    assert 1 <= alert.first <= alert.last <= count
    assert (alert.area, alert.name) in {(each.code, each.name) for each in city.divisions}
    if count >= 100:
        assert 0.4 < (alert.last - alert.first + 1) / count < 0.6


@pytest.mark.parametrize("seed", range(5))
def test_urgent_tasks_happen_in_that_county_while_it_is_in_emergency(seed: int, city: City) -> None:
    towns = {f"【演练】{each.what}": each.town_code for each in ALL}
    plan = day(300, seed)
    assert plan.alert is not None
    turned = [
        task
        for task in plan.tasks[plan.alert.first - 1 : plan.alert.last]
        if task.urgency is Urgency.URGENT and towns[task.title].startswith(plan.alert.area)
    ]
    assert len(turned) >= 8


# How members behave.


def test_members_react_alike_with_the_same_seed_and_in_the_shares_that_are_written() -> None:
    drawn = [behaviour.reaction(1, task, nth) for task in range(100) for nth in range(1, 41)]
    assert drawn == [behaviour.reaction(1, task, nth) for task in range(100) for nth in range(1, 41)]
    counts = Counter(each.reply for each in drawn)
    for reply, share in SHARES.items():
        assert counts[reply] / len(drawn) == pytest.approx(share, abs=0.03)
    prompt = [each.after_s for each in drawn if each.reply is not Reply.LATE]
    assert max(prompt) <= 20
    assert min(each.after_s for each in drawn if each.reply is Reply.LATE) > sum(prompt) / len(prompt)


def test_one_of_the_overslept_says_yes_after_all() -> None:
    replies = [behaviour.overslept(1, 1, nth).reply for nth in range(1, 17)]
    assert replies == [Reply.LATE] + [Reply.SILENT] * 15


def test_the_no_show_is_the_first_yes_and_some_others_withdraw() -> None:
    assert behaviour.way(1, 1, 1, no_show=True).course is Course.NO_SHOW
    courses = Counter(behaviour.way(1, 1, nth, no_show=True).course for nth in range(2, 500))
    assert set(courses) == {Course.GO, Course.WITHDRAW}
    assert 0.03 < courses[Course.WITHDRAW] / 498 < 0.15


# Whether every answer is still true.

START = "2026-11-24T04:00:00Z"


def at(seconds: int) -> str:
    """A time of the service's."""
    return f"2026-11-24T04:{seconds // 60:02d}:{seconds % 60:02d}Z"


def engagement(number: int, state: str, accepted: int, ended: int | None = None) -> Json:
    return {
        "id": f"engagement-{number}",
        "member_id": f"member-{number}",
        "state": state,
        "accepted_at": at(accepted),
        "en_route_at": at(accepted + 5) if state not in ("accepted", "withdrawn") else None,
        "on_scene_at": at(accepted + 9) if state in ("on_scene", "released") else None,
        "ended_at": None if ended is None else at(ended),
    }


SHORTFALL = {
    "unfillable_seats": ["seat-0"],
    "causes": [
        {"skills": [], "seats": 1, "reason": "busy", "people": 3},
        {"skills": ["boat"], "seats": 1, "reason": None, "people": 0},
    ],
    "probability": 0.5,
}
ACTIVATION = {
    "id": "activation-1",
    "area": "440803",
    "level": "III",
    "state": "live",
    "from": START,
    "ended_at": None,
}


def task_of(state: str, offers: list[Json], seated: list[Json | None]) -> Json:
    return {
        "id": "task-1",
        "state": state,
        "mode": "emergency",
        "category": "emergency_response",
        "title": "【演练】",
        "urgency": "critical",
        "drill": True,
        "location": {"lon": 110.4, "lat": 21.2, "crs": "CGCS2000"},
        "grid": {"id": "g", "code": "440803001001", "name": "民治社区居委会"},
        "responsible_units": ["U005"],
        "created_at": START,
        "staffed_at": None,
        "ended_at": at(90) if state == "closed" else None,
        "seats": [
            {"id": f"seat-{i}", "number": i + 1, "skills": [], "engagement": each}
            for i, each in enumerate(seated)
        ],
        "waves": [
            {
                "number": 1,
                "trigger": "posted",
                "reach": 10.0,
                "created_at": START,
                "offers": offers[:4],
            },
            {"number": 2, "trigger": "declined", "reach": 10.0, "created_at": at(4), "offers": offers[4:]},
        ],
    }


def offer(number: int, state: str, answered: int | None) -> Json:
    return {
        "id": f"offer-{number}",
        "member_id": f"member-{number}",
        "seat_id": "seat-0",
        "state": state,
        "travel_minutes": 5,
        "expires_at": at(180),
        "answered_at": None if answered is None else at(answered),
    }


def record(number: int, offers: list[Json], counts: dict[str, int], **changes: Any) -> Json:
    """A wave's ledger; of those not asked it names one a reason."""
    return {
        "number": number,
        "trigger": "posted" if number == 1 else "declined",
        "mode": "emergency",
        "batch_id": None,
        "searched_minutes": 10.0,
        "people": len(offers) + sum(counts.values()),
        "chosen": [{"member_id": each["member_id"], "seat_id": each["seat_id"]} for each in offers],
        "not_chosen": [
            {"member_id": f"not-{reason}", "reason": reason, "travel_minutes": 9} for reason in counts
        ],
        "counts": counts,
        "shortfall": None,
    } | changes


def own(number: int, state: str, engaged: Json | None = None) -> Json:
    return {"id": f"offer-{number}", "state": state, "engagement": engaged}


def story() -> tuple[Notes, Found]:
    """Two seats; 1 and 2 go, 3 refuses, 4 is too late, 5 withdraws before 2 says yes, 6 is silent."""
    pending = [offer(number, "pending", None) for number in range(1, 5)]
    posted = task_of("open", pending, [None, None])
    posted["waves"].pop()
    one, two, five = engagement(1, "released", 3, 60), engagement(2, "released", 20, 90), None
    five = engagement(5, "withdrawn", 5, 18)
    closed = task_of(
        "closed",
        [
            offer(1, "accepted", 3),
            offer(2, "accepted", 20),
            offer(3, "declined", 4),
            offer(4, "stood_down", 30),
            offer(5, "accepted", 5),
            offer(6, "stood_down", None),
        ],
        [one, two],
    )

    def ack(deed: Deed, number: int, answer: Json) -> Ack:
        kind = "offer" if deed in (Deed.ACCEPT, Deed.DECLINE) else "engagement"
        return Ack("task-1", deed, f"{kind}-{number}", f"member-{number}", answer)

    notes = Notes(
        acks=[
            Ack("task-1", Deed.POST, "task-1", None, posted),
            *(
                ack(
                    Deed.ACCEPT,
                    number,
                    {
                        "offer": own(number, "accepted"),
                        "engagement": engagement(number, "accepted", accepted),
                    },
                )
                for number, accepted in ((1, 3), (5, 5), (2, 20))
            ),
            ack(Deed.DECLINE, 3, {"offer": own(3, "declined")}),
            ack(Deed.ACCEPT, 4, {"offer": own(4, "stood_down"), "engagement": None}),
            ack(Deed.WITHDRAW, 5, five),
            ack(Deed.EN_ROUTE, 1, engagement(1, "en_route", 3)),
            ack(Deed.ON_SCENE, 1, engagement(1, "on_scene", 3)),
            ack(Deed.RELEASE, 1, one),
            ack(Deed.ON_SCENE, 2, engagement(2, "on_scene", 20)),
            Ack("task-1", Deed.CLOSE, "task-1", None, deepcopy(closed)),
        ]
    )
    found = Found(
        tasks={"task-1": closed},
        ledgers={
            "task-1": [
                record(1, closed["waves"][0]["offers"], {"busy": 2, "not_needed": 5}),
                record(2, closed["waves"][1]["offers"], {"busy": 3, "already_asked": 4}, shortfall=SHORTFALL),
            ]
        },
        own={
            "offer-1": own(1, "accepted", one),
            "offer-2": own(2, "accepted", two),
            "offer-3": own(3, "declined"),
            "offer-4": own(4, "stood_down"),
            "offer-5": own(5, "accepted", five),
        },
        of_run=["task-1"],
    )
    return notes, deepcopy(found)


def test_a_true_story_passes() -> None:
    assert check(*story()) == []


def seat(found: Found, number: int) -> Any:
    return found.tasks["task-1"]["seats"][number]


def shown(found: Found, number: int) -> Any:
    offers = [each for wave in found.tasks["task-1"]["waves"] for each in wave["offers"]]
    return offers[number - 1]


def wave(found: Found, number: int) -> Any:
    return found.ledgers["task-1"][number - 1]


def batched(found: Found, number: int, seats: str = "ab") -> None:
    """Have the two of wave 2 asked by a batch; `number` is whom the second offer asks."""
    wave(found, 2).update(mode="normal", batch_id="batch-1")
    for chosen, seat_id in zip(wave(found, 2)["chosen"], seats, strict=True):
        chosen["seat_id"] = seat_id
    wave(found, 2)["chosen"][1]["member_id"] = f"member-{number}"
    shown(found, 6)["member_id"] = f"member-{number}"


def second_seat_for_five(found: Found) -> None:
    found.own["offer-5"]["engagement"] |= {"state": "released", "ended_at": at(90)}


UNTRUTHS: dict[str, tuple[Callable[[Found], object], str]] = {
    "the task is gone": (lambda f: f.tasks.clear(), "not there"),
    "the task was posted twice": (lambda f: f.of_run.append("task-2"), "done twice"),
    "the title changed": (lambda f: f.tasks["task-1"].update(title="?"), "title was"),
    "a seat is gone": (lambda f: f.tasks["task-1"]["seats"].pop(), "its seats are not"),
    "the task is open again": (lambda f: f.tasks["task-1"].update(state="open"), "state was 'closed'"),
    "a wave is gone": (lambda f: f.tasks["task-1"]["waves"].pop(0), "of an acknowledged wave is not there"),
    "an offer is another's": (lambda f: shown(f, 6).update(member_id="x"), "another member's"),
    "an offer waits after the close": (lambda f: shown(f, 6).update(state="pending"), "still pending"),
    "a yes is gone": (lambda f: f.own.pop("offer-1"), "said yes, and it is not among"),
    "a yes expired": (lambda f: f.own["offer-1"].update(state="expired"), "after the yes it was accepted"),
    "a yes has no engagement": (lambda f: f.own["offer-1"].update(engagement=None), "is not there"),
    "a no is forgotten": (lambda f: f.own["offer-3"].update(state="pending"), "after the no it was declined"),
    "a no is not on record": (lambda f: shown(f, 3).update(answered_at=None), "not on record"),
    "the two views differ": (lambda f: shown(f, 3).update(state="expired"), "the dispatcher reads expired"),
    "a stand-down became an engagement": (
        lambda f: f.own["offer-4"].update(engagement=engagement(4, "released", 30, 90)),
        "stood_down was acknowledged, and there is an engagement",
    ),
    "a stand-down is accepted": (lambda f: f.own["offer-4"].update(state="accepted"), "it was stood_down"),
    "a release is undone": (
        lambda f: f.own["offer-1"]["engagement"].update(state="on_scene"),
        "released was acknowledged, is on_scene",
    ),
    "a withdrawal is undone": (
        lambda f: f.own["offer-5"]["engagement"].update(state="accepted", ended_at=None),
        "withdrawn was acknowledged, is accepted",
    ),
    "somebody is still on scene after the close": (
        lambda f: f.own["offer-2"]["engagement"].update(state="on_scene", ended_at=None),
        "on_scene was acknowledged, is on_scene",
    ),
    "somebody on scene was taken away": (
        lambda f: f.own["offer-2"]["engagement"].update(state="preempted"),
        "on_scene was acknowledged, is preempted",
    ),
    "a time has changed": (
        lambda f: f.own["offer-2"]["engagement"].update(on_scene_at=at(70)),
        "on_scene_at has changed",
    ),
    "a seat is filled twice": (second_seat_for_five, "3 members at once held its 2 seats"),
    "one engagement fills two seats": (
        lambda f: seat(f, 1).update(engagement=seat(f, 0)["engagement"]),
        "fills 2 seats",
    ),
    "a stranger fills a seat": (
        lambda f: seat(f, 1).update(engagement=engagement(9, "released", 20, 90)),
        "nobody was told so",
    ),
    "an engagement has no seat": (lambda f: seat(f, 1).update(engagement=None), "has no seat"),
    "a wave is not in the ledger": (
        lambda f: wave(f, 2) and f.ledgers["task-1"].pop(),
        "its ledger has 1 waves",
    ),
    "the ledger chose another": (
        lambda f: wave(f, 1)["chosen"][0].update(member_id="x"),
        "4 chosen, and not those whom its 4 offers ask",
    ),
    "the ledger chose one more": (
        lambda f: wave(f, 1)["chosen"].append({"member_id": "x", "seat_id": "seat-0"}),
        "5 chosen, and not those whom its 4 offers ask",
    ),
    "the ledger does not add up": (
        lambda f: wave(f, 1).update(people=12),
        "4 asked and 7 not are not the 12 people within its reach",
    ),
    "one was asked and was not": (
        lambda f: wave(f, 1)["not_chosen"][0].update(member_id="member-1"),
        "1 are both asked and not asked",
    ),
    "the ledger names more than it counts": (
        lambda f: wave(f, 1)["not_chosen"][0].update(reason="resting"),
        "it names 1 not asked (resting), and counts 0",
    ),
    "an emergency waited for a batch": (
        lambda f: wave(f, 1).update(batch_id="batch-1"),
        "mode emergency, trigger posted, and batch batch-1",
    ),
    "a normal wave was no batch's": (
        lambda f: wave(f, 1).update(mode="normal"),
        "mode normal, trigger posted, and batch None",
    ),
    "a batch asked two for a seat": (lambda f: batched(f, 6, "aa"), "more than one for a seat"),
    "a batch asked one twice": (lambda f: batched(f, 5), "batch batch-1 asked member member-5 2 times"),
    "the county is left in emergency": (
        lambda f: f.activations.append(ACTIVATION),
        "the drill's activation activation-1 of 440803 is live",
    ),
    "a critical task's mode changed": (
        lambda f: f.tasks["task-1"].update(mode="normal"),
        "mode was 'emergency', is 'normal'",
    ),
    "a member is in two places": (
        lambda f: f.own.update(
            {"offer-9": own(9, "accepted", engagement(9, "released", 30, 80) | {"member_id": "member-1"})}
        ),
        "member member-1: 2 live engagements at once",
    ),
}


@pytest.mark.parametrize("name", UNTRUTHS)
def test_each_untruth_is_found(name: str) -> None:
    notes, found = story()
    doctor, sentence = UNTRUTHS[name]
    doctor(found)
    assert any(sentence in untrue for untrue in check(notes, found)), check(notes, found)


def test_what_follows_by_itself_is_no_untruth() -> None:
    """A member on the way may be taken by a task that goes before a drill; the close releases who is on scene."""
    notes, found = story()
    notes.acks = [ack for ack in notes.acks if ack.subject != "engagement-2"]
    found.own["offer-2"]["engagement"].update(state="preempted")
    seat(found, 1).update(engagement=None)
    assert check(notes, found) == []


def test_an_urgent_task_turns_with_its_place_and_a_batch_asks_one_a_seat() -> None:
    notes, found = story()
    batched(found, 6)
    for ack in notes.acks:
        if ack.deed in (Deed.POST, Deed.CLOSE):
            ack.answer["urgency"] = "urgent"
    found.tasks["task-1"].update(urgency="urgent", mode="normal")
    found.activations.append(ACTIVATION | {"state": "ended"})
    assert check(notes, found) == []


def test_nobody_is_seen_to_be_asked_twice_at_once() -> None:
    notes = Notes()
    one, other = (
        task_of("open", [offer(1, "pending", None)], [None]),
        task_of("open", [offer(2, "pending", None), offer(1, "declined", 3)], [None]),
    )
    notes.see([one, other])
    assert notes.seen_wrong == set()
    other["waves"][0]["offers"].append(offer(1, "pending", None) | {"id": "offer-9"})
    notes.see([one, other])
    assert notes.seen_wrong == {"member member-1 was asked by 2 offers at once: offer-1, offer-9"}
    _, found = story()
    assert any("asked by 2 offers at once" in untrue for untrue in check(notes, found))


@pytest.mark.parametrize(
    ("mode", "been", "trigger", "is_wrong"),
    [
        ("normal", set(), "posted", True),
        ("emergency", set(), "posted", False),
        ("normal", {"task-1"}, "posted", False),
        ("normal", set(), "chosen", False),
    ],
)
def test_a_seat_is_offered_to_one_at_a_time_in_normal_mode_unless_by_hand(
    mode: str, been: set[str], trigger: str, is_wrong: bool
) -> None:
    task = task_of("open", [offer(1, "pending", None), offer(2, "pending", None)], [None])
    task["mode"], task["waves"][0]["trigger"] = mode, trigger
    wrong = [*asked_twice([task], been)]
    assert wrong == ["seat seat-0, in normal mode, had 2 pending offers: offer-1, offer-2"] * is_wrong


def test_times_that_only_waited_for_a_lock_are_no_overlap() -> None:
    notes, found = story()
    found.own["offer-9"] = own(
        9, "accepted", engagement(1, "released", 55, 90) | {"id": "engagement-9", "member_id": "member-1"}
    )
    assert check(notes, found) == []


# What is printed.


def test_percentiles_are_nearest_rank() -> None:
    values = [15.0, 20.0, 35.0, 40.0, 50.0]
    assert [percentile(values, share) for share in (0.05, 0.3, 0.4, 0.5, 0.9, 1.0)] == [
        15,
        20,
        20,
        35,
        50,
        50,
    ]
    assert percentile([7.0], 0.5) == 7.0


def test_a_timeline_groups_what_belongs_together() -> None:
    notes, found = story()
    lines = report.timeline(found.tasks["task-1"], notes.about("task-1"), found)
    assert lines[0].split()[0] == "+0:00"
    text = "\n".join(lines)
    assert "4 asked, the farthest 5 min away" in text
    assert "3 yes, 1 no; 2 more asked in their place" in text
    assert "1 withdrew after a yes" in text
    assert "1 yes, but no seat was left: stood down" in text
    assert "closed: 2 of 2 seats filled; 1 of 6 asked never answered" in text
    assert len(lines) <= report.MOST_LINES


def test_a_summary_counts() -> None:
    notes, found = story()
    rows = dict(report.summary(notes, [*found.tasks.values()]))
    rows |= dict(report.of_the_run(notes, retries=3, replayed=1, took_s=95.0))
    assert rows["seats filled"] == "2 of 2"
    assert rows["time to fill a seat"] == "p50 0:03, p90 0:20"
    assert rows["offers per seat"] == "3.0 (6 offers)"
    assert rows["answers"] == "4 yes (1 stood down), 1 no, 1 none"
    assert rows["refusals replaced"] == "1 of 1; 0 when no seat was open"
    assert rows["requests sent again"] == "3; 1 had been done, and their answer lost"
    assert rows["took"] == "1:35"


def test_figures_count_what_was_asked_and_what_was_not() -> None:
    notes, found = story()
    notes.numbers["task-1"] = 1
    found.activations.append(ACTIVATION)
    told = figures(notes, found)
    whole = {
        "tasks": 1,
        "states": {"closed": 1},
        "seats": 2,
        "filled": 2,
        "waves": 2,
        "batches": 0,
        "people": 20,
        "asked": 6,
        "not_asked": {"already_asked": 4, "busy": 5, "not_needed": 5},
        "yes": 4,
        "no": 1,
        "unanswered": 1,
        "offers": {"accepted": 3, "declined": 1, "stood_down": 2},
        "first_yes_s": {"tasks": 1, "p50": 3.0, "p90": 3.0},
        "staffed_s": {"tasks": 0, "p50": None, "p90": None},
        "short_waves": 1,
        "shortfalls": {"busy": 1, "nobody": 1},
    }
    assert told["all"] == whole
    assert told["by_mode"] == {"emergency": whole}
    assert told["by_category"] == {"emergency_response": whole}
    assert told["by_urgency"] == {"critical": whole}
    (task,) = told["tasks"]
    assert {name: task[name] for name in whole if name != "tasks"} == {
        name: value for name, value in whole.items() if name != "tasks"
    }
    assert (task["number"], task["id"], task["state"]) == (1, "task-1", "closed")
    assert told["activations"] == [
        {"id": "activation-1", "area": "440803", "level": "III", "from": START, "ended_at": None}
    ]
    assert whole["people"] == whole["asked"] + sum(whole["not_asked"].values())


def test_figures_tell_groups_apart_and_count_a_batch_once() -> None:
    notes, found = story()
    for number in (2, 3):
        task = deepcopy(found.tasks["task-1"]) | {
            "id": f"task-{number}",
            "urgency": "routine",
            "mode": "normal",
        }
        task["staffed_at"] = at(number * 10)
        found.tasks[task["id"]] = task
        found.ledgers[task["id"]] = [
            record(1, [], {"busy": number}, mode="normal", batch_id="batch-1", shortfall={"causes": []})
        ]
        notes.acks.append(Ack(task["id"], Deed.POST, task["id"], None, task))
    notes.numbers |= {f"task-{number}": number for number in (1, 2, 3)}
    told = figures(notes, found)
    assert list(told["by_urgency"]) == ["critical", "routine"]
    routine = told["by_urgency"]["routine"]
    assert (routine["tasks"], routine["waves"], routine["batches"], routine["people"]) == (2, 2, 1, 5)
    assert routine["shortfalls"] == {"too_few": 2}
    assert routine["staffed_s"] == {"tasks": 2, "p50": 20.0, "p90": 30.0}
    assert told["all"]["people"] == 25
    assert [task["number"] for task in told["tasks"]] == [1, 2, 3]


def test_the_tables_have_a_row_for_each_group_and_fit_a_terminal() -> None:
    notes, found = story()
    notes.numbers["task-1"] = 1
    told = figures(notes, found)
    told["by_category"] = {category: told["all"] for category in INCIDENTS}
    console = Console(width=80, record=True, file=StringIO())
    for table in tables(told):
        console.print(table)
    lines = console.export_text().splitlines()
    assert "…" not in "".join(lines)
    for name in ("all", "emergency", "critical", *INCIDENTS):
        assert sum(line.split()[:1] == [name] for line in lines) == 2
    assert [line.split() for line in lines if line.startswith("all ")] == [
        ["all", "1", "2", "2", "2", "0", "6", "4", "1", "1"],
        ["all", "20", "1", "0:03", "/", "0:03", "0", "–"],
    ]


# How it talks.


def service_of(handle: Callable[[httpx.Request], httpx.Response], **options: float) -> Service:
    transport = httpx.MockTransport(handle)
    return Service(httpx.AsyncClient(transport=transport, base_url="http://drill"), **options)  # type: ignore[arg-type]


def answering(
    *answers: httpx.Response | Exception,
) -> tuple[Callable[[httpx.Request], httpx.Response], list[Any]]:
    """A service that gives these answers in turn (tokens apart), and the requests that it saw."""
    seen: list[httpx.Request] = []
    left = list(answers)
    tokens = iter(range(1, 100))

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": f"token-{next(tokens)}"})
        seen.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handle, seen


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.demo.drill.client.FIRST_PAUSE_S", 0.001)


async def test_an_action_is_sent_again_under_its_own_key_until_it_is_answered() -> None:
    in_flight = httpx.Response(409, json={"type": "/problems/request-in-flight"})
    handle, seen = answering(
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.Response(503, json={"type": "/problems/try-again"}),
        in_flight,
        httpx.Response(200, json={"n": 1}),
        httpx.Response(200, json={"n": 2}),
    )
    service = service_of(handle)
    somebody = Person.with_phone(service, "x")
    assert await somebody.post("/offers/1/accept") == {"n": 1}
    assert await somebody.post("/offers/1/accept") == {"n": 2}
    keys = [request.headers["idempotency-key"] for request in seen]
    assert len(set(keys[:5])) == 1
    assert keys[5] != keys[0]
    assert service.retries == 4
    assert service.down_since is None


async def test_a_refused_token_is_fetched_anew_once() -> None:
    handle, seen = answering(
        httpx.Response(401), httpx.Response(200, json={}), httpx.Response(401), httpx.Response(401)
    )
    somebody = Person.with_phone(service_of(handle), "x")
    await somebody.post("/tasks")
    assert [request.headers["authorization"] for request in seen] == ["Bearer token-1", "Bearer token-2"]
    assert seen[0].headers["idempotency-key"] == seen[1].headers["idempotency-key"]
    with pytest.raises(Refusal):
        await somebody.get("/tasks")


async def test_a_refusal_and_a_failure_are_told_apart() -> None:
    conflict = httpx.Response(409, json={"type": "/problems/already-engaged"})
    handle, _ = answering(conflict, httpx.Response(500, text="oh"), httpx.Response(200, text="not json"))
    somebody = Person.with_phone(service_of(handle), "x")
    with pytest.raises(Refusal) as refused:
        await somebody.post("/offers/1/accept")
    assert (refused.value.status, refused.value.slug) == (409, "already-engaged")
    for _ in range(2):
        with pytest.raises(Broken):
            await somebody.get("/tasks")


async def test_patience_ends() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(SetupError, match="has not answered GET /readyz"):
        await service_of(away, patience_s=0.01).send("GET", "/readyz")
