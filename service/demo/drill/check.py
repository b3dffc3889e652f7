"""Is every acknowledged answer still true? Pure: the notes against what the service says now."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from service.demo.drill.client import Json
from service.demo.drill.found import Found
from service.demo.drill.ledger import check_ledgers
from service.demo.drill.notes import ANSWERS, MOVES, Ack, Deed, Notes

LIVE = ("accepted", "en_route", "on_scene")
SEATED = (*LIVE, "released")
RANK = {state: rank for rank, state in enumerate(SEATED)}
AS_POSTED = ("category", "title", "urgency", "drill", "location", "grid", "created_at")
TURNS = "urgent"
"""A task of this urgency changes its mode with the place; no other does."""
MOMENTS = ("accepted_at", "en_route_at", "on_scene_at", "ended_at")
SAME_TIME = timedelta(seconds=10)
"""A request's time is taken when it comes in, before it waits for a lock: two that followed each other may seem
to overlap by as much as the second had to wait."""


def check(notes: Notes, found: Found) -> list[str]:
    """Everything that is not true any more, a sentence each; empty when all is well."""
    return [
        *check_tasks(notes, found),
        *check_offers(notes, found),
        *check_engagements(notes, found),
        *check_seats(notes, found),
        *check_members(found),
        *check_ledgers(found),
        *check_activations(found),
        *sorted(notes.seen_wrong),
    ]


def check_tasks(notes: Notes, found: Found) -> Iterator[str]:
    """Each post stands as it was, once; each wave and offer that was shown is there; what was ended is over."""
    for task_id in sorted(set(found.of_run) - set(notes.task_ids)):
        yield f"task {task_id} was made by this drill, but never acknowledged: a post was done twice"
    for ack in notes.acks:
        if ack.deed in ANSWERS or ack.deed in MOVES:
            continue
        task = found.tasks.get(ack.task_id)
        if task is None:
            yield f"task {ack.task_id}: acknowledged ({ack.deed}), and not there"
            continue
        yield from (f"task {ack.task_id}: {what}" for what in task_faults(ack, task))


def task_faults(ack: Ack, task: Json) -> Iterator[str]:
    """What differs between a task as a dispatcher was shown it and the task now."""
    for name in AS_POSTED if task["urgency"] == TURNS else (*AS_POSTED, "mode"):
        if task[name] != ack.answer[name]:
            yield f"{name} was {ack.answer[name]!r}, is {task[name]!r}"
    if bare_seats(task) != bare_seats(ack.answer):
        yield "its seats are not those that were acknowledged"
    asked = offers_of(task)
    for offer_id, offer in offers_of(ack.answer).items():
        if offer_id not in asked:
            yield f"offer {offer_id} of an acknowledged wave is not there"
        elif asked[offer_id]["member_id"] != offer["member_id"]:
            yield f"offer {offer_id} is another member's now"
    if ack.deed in (Deed.CLOSE, Deed.CANCEL):
        for name in ("state", "ended_at"):
            if task[name] != ack.answer[name]:
                yield f"{name} was {ack.answer[name]!r}, is {task[name]!r}"
        if waiting := [offer_id for offer_id, offer in asked.items() if offer["state"] == "pending"]:
            yield f"it has ended, and {len(waiting)} offers are still pending"


def check_offers(notes: Notes, found: Found) -> Iterator[str]:
    """Each yes and no is what it was, as the member reads it and as the dispatcher does."""
    for ack in notes.of(*ANSWERS):
        was, own = ack.answer["offer"], found.own.get(ack.subject)
        if own is None:
            yield f"offer {ack.subject}: the member said {word(ack)}, and it is not among their offers"
            continue
        if own["state"] != was["state"]:
            yield f"offer {ack.subject}: after the {word(ack)} it was {was['state']}, is {own['state']}"
        shown = offers_of(found.tasks.get(ack.task_id)).get(ack.subject)
        if shown is None:
            yield f"offer {ack.subject}: the member said {word(ack)}, and the dispatcher is not shown it"
        elif shown["member_id"] != ack.member_id or shown["state"] != own["state"]:
            yield f"offer {ack.subject}: the dispatcher reads {shown['state']}, the member {own['state']}"
        elif shown["answered_at"] is None:
            yield f"offer {ack.subject}: the {word(ack)} is not on record"
        engagement = ack.answer.get("engagement")
        if ack.deed is Deed.DECLINE or engagement is None:
            if own["engagement"] is not None:
                yield f"offer {ack.subject}: {was['state']} was acknowledged, and there is an engagement"
        elif own["engagement"] is None or own["engagement"]["id"] != engagement["id"]:
            yield f"offer {ack.subject}: engagement {engagement['id']} was acknowledged, and is not there"


def check_engagements(notes: Notes, found: Found) -> Iterator[str]:
    """Each engagement is in the last state that was acknowledged, or in one that what came after explains."""
    ended = {ack.task_id: ack.deed for ack in notes.of(Deed.CLOSE, Deed.CANCEL)}
    now = {own["engagement"]["id"]: own["engagement"] for own in found.own.values() if own["engagement"]}
    told: dict[str, list[Json]] = defaultdict(list)
    task_of: dict[str, str] = {}
    for ack in notes.of(Deed.ACCEPT, *MOVES):
        said = ack.answer["engagement"] if ack.deed is Deed.ACCEPT else ack.answer
        if said is not None:
            told[said["id"]].append(said)
            task_of[said["id"]] = ack.task_id
    for engagement_id, all_said in told.items():
        engagement = now.get(engagement_id)
        if engagement is None:
            yield f"engagement {engagement_id}: acknowledged, and not there"
            continue
        # Answers may overtake each other on the way back; the states cannot.
        last = max((said["state"] for said in all_said), key=lambda state: RANK.get(state, len(RANK)))
        allowed = states_after(last, ended.get(task_of[engagement_id]))
        if engagement["state"] not in allowed:
            yield f"engagement {engagement_id}: {last} was acknowledged, is {engagement['state']}"
        for name in MOMENTS:
            if any(said[name] not in (None, engagement[name]) for said in all_said):
                yield f"engagement {engagement_id}: {name} has changed"


def states_after(last: str, ended: Deed | None) -> set[str]:
    """The states in which an engagement may be, after the last acknowledged one and the end of its task, if any."""
    if last not in LIVE:
        return {last}
    # A task of higher precedence, posted by somebody else, may take a member who is not on scene yet.
    taken = set() if last == "on_scene" else {"preempted"}
    if ended is None:
        return {last} | taken
    return {"released" if ended is Deed.CLOSE else "cancelled"} | taken


def check_seats(notes: Notes, found: Found) -> Iterator[str]:
    """No seat twice: who fills the seats are the members who were told so, and never more than there are seats."""
    by_task: dict[str, list[Json]] = defaultdict(list)
    for ack in notes.of(Deed.ACCEPT):
        own = found.own.get(ack.subject)
        if own and own["engagement"]:
            by_task[ack.task_id].append(own["engagement"])
    for task_id, task in found.tasks.items():
        engagements = {engagement["id"]: engagement for engagement in by_task[task_id]}
        shown = [seat["engagement"] for seat in task["seats"] if seat["engagement"]]
        for engagement_id, times in Counter(each["id"] for each in shown).items():
            if times > 1:
                yield f"task {task_id}: engagement {engagement_id} fills {times} seats"
            if engagement_id not in engagements:
                yield f"task {task_id}: engagement {engagement_id} fills a seat, and nobody was told so"
        ids = {each["id"] for each in shown}
        for engagement_id, engagement in engagements.items():
            if engagement["state"] in SEATED and engagement_id not in ids:
                yield f"task {task_id}: engagement {engagement_id} is {engagement['state']}, and has no seat"
        most = most_at_once(
            (moment(each["accepted_at"]), None if each["state"] in SEATED else moment(each["ended_at"]))
            for each in engagements.values()
        )
        if most > len(task["seats"]):
            yield f"task {task_id}: {most} members at once held its {len(task['seats'])} seats"


def check_members(found: Found) -> Iterator[str]:
    """Nobody was in two places."""
    spans: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for own in found.own.values():
        if engagement := own["engagement"]:
            ended = engagement["ended_at"]
            spans[engagement["member_id"]].append(
                (moment(engagement["accepted_at"]), None if ended is None else moment(ended))
            )
    for member_id, own_spans in spans.items():
        if (most := most_at_once(own_spans)) > 1:
            yield f"member {member_id}: {most} live engagements at once"


def check_activations(found: Found) -> Iterator[str]:
    """The drill leaves no county in emergency."""
    for activation in found.activations:
        if activation["state"] != "ended":
            yield f"the drill's activation {activation['id']} of {activation['area']} is {activation['state']}"


def most_at_once(
    spans: Iterator[tuple[datetime, datetime | None]] | list[tuple[datetime, datetime | None]],
) -> int:
    """The most spans that overlap at a time by more than `SAME_TIME`; one without an end goes on."""
    changes: list[tuple[datetime, int]] = []
    for start, end in spans:
        if end is None:
            changes.append((start, 1))
        elif end - start > SAME_TIME:
            changes += [(start, 1), (end - SAME_TIME, -1)]
    most = count = 0
    for _, change in sorted(changes):
        count += change
        most = max(most, count)
    return most


def moment(text: str) -> datetime:
    """A time of the service's."""
    return datetime.fromisoformat(text)


def bare_seats(task: Json) -> list[tuple[str, int, list[str]]]:
    """A task's seats without who fills them."""
    return [(seat["id"], seat["number"], seat["skills"]) for seat in task["seats"]]


def offers_of(task: Json | None) -> dict[str, Json]:
    """All offers of a task's waves, by id."""
    return {offer["id"]: offer for wave in (task or {"waves": []})["waves"] for offer in wave["offers"]}


def word(ack: Ack) -> str:
    """A member's word."""
    return "yes" if ack.deed is Deed.ACCEPT else "no"
