"""What is printed after the drill: each task's timeline, and a summary. Times are the service's own. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service.demo.drill.check import moment, offers_of
from service.demo.drill.client import Json
from service.demo.drill.figures import percentile
from service.demo.drill.found import Found
from service.demo.drill.notes import Ack, Deed, Notes
from service.demo.drill.screen import clock, count_filled

MOST_LINES = 12
NEW_REACH = ("posted", "widened", "unanswered", "chosen", "seats_added")
"""Waves that get a line of their own; the others put somebody in another's place."""


class Line(NamedTuple):
    """A line of a timeline; seconds since the post."""

    start: float
    end: float
    text: str

    def __str__(self) -> str:
        until = f"–{clock(self.end)}" if int(self.end) > int(self.start) else ""
        return f"  {f'+{clock(self.start)}{until}':<12} {self.text}"


def heading(number: int, task: Json) -> str:
    """What a task is about, and where."""
    units = ", ".join(task["responsible_units"]) or "no unit"
    seats = ", ".join(
        f"{count} {skills or 'anybody'}"
        for skills, count in Counter(" + ".join(seat["skills"]) for seat in task["seats"]).items()
    )
    return f"#{number} {task['title']} · {task['grid']['name']} · {units} · {seats}"


def timeline(task: Json, acks: Sequence[Ack], found: Found) -> list[str]:
    """What happened to one task: at most `MOST_LINES` lines, like events together."""
    lines = [*wave_lines(task), *answer_lines(task, acks), *move_lines(task, acks, found), *end_lines(task)]
    lines.sort(key=lambda line: line.start)
    shown = [str(line) for line in lines]
    if len(shown) > MOST_LINES:
        left_out = len(shown) - MOST_LINES + 1
        shown[MOST_LINES - 2 : -1] = [f"  {'':<12} … {left_out} more"]
    return shown


def since_post(task: Json, text: str) -> float:
    """Seconds from the post of a task to a time of the service's; never negative."""
    return max((moment(text) - moment(task["created_at"])).total_seconds(), 0.0)


def wave_lines(task: Json) -> Iterable[Line]:
    """The post, and each wave that went further out or was made by hand."""
    for wave in task["waves"]:
        if wave["trigger"] not in NEW_REACH:
            continue
        at = since_post(task, wave["created_at"])
        asked = len(wave["offers"])
        far = max((offer["travel_minutes"] or 0 for offer in wave["offers"]), default=0)
        how = {
            "posted": f"posted, {task['urgency']}; wave 1:",
            "widened": f"dispatcher widens; wave {wave['number']}:",
            "unanswered": f"no answer in time, the service widens; wave {wave['number']}:",
            "chosen": f"dispatcher asks by hand; wave {wave['number']}:",
            "seats_added": f"seats added; wave {wave['number']}:",
        }[wave["trigger"]]
        who = f"{asked} asked, the farthest {far} min away" if asked else "nobody to ask"
        yield Line(at, at, f"{how} {who} (reach {wave['reach']:g} min)")


def fill_seconds(task: Json) -> list[float]:
    """Seconds from the post to the yes that fills each filled seat at the end."""
    return [
        since_post(task, seat["engagement"]["accepted_at"]) for seat in task["seats"] if seat["engagement"]
    ]


def answer_lines(task: Json, acks: Sequence[Ack]) -> Iterable[Line]:
    """Yes and no, together between one new reach and the next; the late yes apart."""
    offers = offers_of(task)
    breaks = [since_post(task, w["created_at"]) for w in task["waves"] if w["trigger"] in NEW_REACH]
    replaced = [
        (since_post(task, wave["created_at"]), len(wave["offers"]))
        for wave in task["waves"]
        if wave["trigger"] == "declined" and wave["offers"]
    ]
    said: list[tuple[float, str]] = []
    for ack in acks:
        if ack.deed not in (Deed.ACCEPT, Deed.DECLINE) or ack.subject not in offers:
            continue
        offer = offers[ack.subject]
        at = since_post(task, offer["answered_at"])
        if ack.deed is Deed.DECLINE:
            said.append((at, "no"))
        elif ack.answer["engagement"] is None:
            said.append((at, "yes, but no seat was left: stood down"))
        elif moment(offer["answered_at"]) > moment(offer["expires_at"]):
            said.append((at, "yes after the offer had expired, and a seat was open: taken"))
        else:
            said.append((at, "yes"))
    for i, start in enumerate(breaks):
        end = breaks[i + 1] if i + 1 < len(breaks) else math.inf
        prompt = [each for each in said if start <= each[0] < end and each[1] in ("yes", "no")]
        if prompt:
            words = Counter(word for _, word in prompt)
            text = ", ".join(f"{words[word]} {word}" for word in ("yes", "no") if words[word])
            if instead := sum(count for at, count in replaced if start <= at < end):
                text += f"; {instead} more asked in their place"
            yield Line(prompt[0][0], max(at for at, _ in prompt), text)
    for word in sorted({word for _, word in said} - {"yes", "no"}):
        times = sorted(at for at, each in said if each == word)
        yield Line(times[0], times[-1], f"{len(times)} {word}")


def move_lines(task: Json, acks: Sequence[Ack], found: Found) -> Iterable[Line]:
    """On the way and on scene; who withdrew or did not come."""
    engagements = [
        own["engagement"]
        for ack in acks
        if ack.deed is Deed.ACCEPT and (own := found.own.get(ack.subject)) and own["engagement"]
    ]
    for name, words in (("en_route_at", "on the way"), ("on_scene_at", "on scene")):
        times = sorted(since_post(task, each[name]) for each in engagements if each[name])
        if times:
            yield Line(times[0], times[-1], f"{len(times)} {words}")
    for state, words in (
        ("withdrawn", "withdrew after a yes"),
        ("no_show", "did not move: no-show"),
        ("preempted", "taken by a task that goes before a drill"),
    ):
        times = sorted(since_post(task, each["ended_at"]) for each in engagements if each["state"] == state)
        if times:
            asked = sum(len(wave["offers"]) for wave in task["waves"] if wave["trigger"] == state)
            yield Line(times[0], times[-1], f"{len(times)} {words}; {asked} more asked")


def end_lines(task: Json) -> Iterable[Line]:
    """All seats filled, and over."""
    fills = fill_seconds(task)
    if len(fills) == len(task["seats"]):
        yield Line(max(fills), max(fills), f"all {len(fills)} seats filled")
    if task["ended_at"]:
        at = since_post(task, task["ended_at"])
        offers = offers_of(task)
        silent = sum(offer["answered_at"] is None for offer in offers.values())
        filled = f"{count_filled(task)} of {len(task['seats'])} seats filled"
        yield Line(at, at, f"{task['state']}: {filled}; {silent} of {len(offers)} asked never answered")


Rows = list[tuple[str, str]]
"""(what, how much)."""


def summary(notes: Notes, tasks: Sequence[Json]) -> Rows:
    """What the tasks came to."""
    offers = [offer for task in tasks for offer in offers_of(task).values()]
    seats = sum(len(task["seats"]) for task in tasks)
    fills = [seconds for task in tasks for seconds in fill_seconds(task)]
    full = sum(count_filled(task) == len(task["seats"]) for task in tasks)
    waves = [wave for task in tasks for wave in task["waves"]]
    triggers = Counter(wave["trigger"] for wave in waves)
    yes = [ack.answer for ack in notes.of(Deed.ACCEPT)]
    no = [ack.answer["offer"]["state"] for ack in notes.of(Deed.DECLINE)]
    # A no after the stand-down leaves the offer stood down: there was no seat to refill.
    needless = len(no) - no.count("declined")
    silent = sum(offer["answered_at"] is None for offer in offers)
    replaced = sum(wave["trigger"] == "declined" and bool(wave["offers"]) for wave in waves)
    away = sum(each["engagement"] is None for each in yes)
    return [
        ("tasks", f"{len(tasks)} posted, {full} fully staffed"),
        ("seats filled", f"{len(fills)} of {seats}"),
        ("time to fill a seat", fill_times(fills)),
        ("offers per seat", f"{len(offers) / seats:.1f} ({len(offers)} offers)" if seats else "–"),
        ("answers", f"{len(yes)} yes ({away} stood down), {len(no)} no, {silent} none"),
        ("refusals replaced", f"{replaced} of {len(no) - needless}; {needless} when no seat was open"),
        ("waves", f"{len(waves)}: " + ", ".join(f"{n} {trigger}" for trigger, n in triggers.most_common())),
    ]


def of_the_run(notes: Notes, *, retries: int, replayed: int, took_s: float) -> Rows:
    """What the run came to, whatever its tasks."""
    rows = []
    if notes.refusals:
        slugs = Counter(refusal.split(":")[0].split()[-1] for refusal in notes.refusals)
        rows.append(("refused by the state", ", ".join(f"{n} {slug}" for slug, n in slugs.most_common())))
    again = f"{retries}; {replayed} had been done, and their answer lost" if retries else "0"
    rows.append(("requests sent again", again))
    rows.append(("took", clock(took_s)))
    return rows


def fill_times(fills: Sequence[float]) -> str:
    """The p50 and p90 of the time from the post to the yes that filled the seat."""
    if not fills:
        return "–"
    return f"p50 {clock(percentile(fills, 0.5))}, p90 {clock(percentile(fills, 0.9))}"
