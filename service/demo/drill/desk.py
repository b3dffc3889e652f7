"""The drill as it runs: a dispatcher at a desk for each task, and the members whom the service asks."""

import asyncio
from collections.abc import Callable

from service.demo.drill import behaviour, siren
from service.demo.drill.behaviour import Course, Reaction, Reply, Way
from service.demo.drill.check import LIVE, offers_of
from service.demo.drill.client import Json, Person
from service.demo.drill.floor import Floor
from service.demo.drill.notes import Ack, Deed
from service.demo.drill.pace import MOST_TURNS_PATIENT
from service.demo.drill.scenario import Plan, Planned
from service.demo.drill.tower import Tower

CALLED_OFF_AFTER = 3
"""Turns; time for some to have been asked."""
BY_HAND = ("not_needed", "matched_elsewhere", "too_far", "off_duty")
"""Whom the dispatcher may ask all the same: those whom the wave left out for these reasons."""
MOST_CHECKED = 40
OVERRULE = "演练：附近人手不足，电话联系后指派"
NOT_NEEDED = "演练：情况已解除"
NOBODY_CAME = "演练：无人能到"


async def run(floor: Floor, plan: Plan) -> None:
    """Post the tasks one after the other, and see each to its end."""
    free = asyncio.Semaphore(floor.pace.at_desks)
    tower = Tower(floor, floor.pace.turn_s)
    alert = plan.alert
    async with asyncio.TaskGroup() as house:
        watch = house.create_task(tower.keep())
        async with asyncio.TaskGroup() as desks:
            for planned in plan.tasks:
                await asyncio.sleep(planned.after_s * floor.pace.people)
                await free.acquire()
                if alert and planned.number == alert.first:
                    await siren.begin(floor, alert)
                desks.create_task(Desk(floor, tower, planned, free.release).run())
                if alert and planned.number == alert.last:
                    await siren.end(floor)
        watch.cancel()


class Desk:
    """A dispatcher with one task, and the members who are asked for it. `leave` is called when the task is over."""

    def __init__(self, floor: Floor, tower: Tower, planned: Planned, leave: Callable[[], None]) -> None:
        self.floor = floor
        self.tower = tower
        self.planned = planned
        self.leave = leave
        self.id = ""
        self.asked: set[str] = set()
        self.pending: set[str] = set()
        """Offers, as the last look showed them."""
        self.yeses = 0
        self.about_to_answer = 0
        """Members who will say yes or no in a moment; the late and the silent are not among them."""
        self.steps = 0
        self.at_the_edge = False
        """A wider search is of no use any more."""
        self.second_wave = asyncio.Event()
        self.closed = False

    async def run(self) -> None:
        """From the post to the close. Members who are late go on after it."""
        async with asyncio.TaskGroup() as people:
            try:
                await self.dispatch(people)
            finally:
                self.closed = True
                self.second_wave.set()
                self.leave()

    async def dispatch(self, people: asyncio.TaskGroup) -> None:
        """What the dispatcher does."""
        floor = self.floor
        task = await floor.told(floor.dispatcher.post("/tasks", self.planned.body(floor.mark)))
        if task is None:
            floor.screen.lost(self.planned.number)
            return
        self.id = task["id"]
        floor.notes.numbers[self.id] = self.planned.number
        floor.notes.acks.append(Ack(self.id, Deed.POST, self.id, None, task))
        floor.notes.see([task])
        self.look(task, people)
        task = await self.watch(task, people)
        if self.planned.called_off or all(seat["engagement"] is None for seat in task["seats"]):
            self.closed = True
            reason = NOT_NEEDED if self.planned.called_off else NOBODY_CAME
            ended = await self.do(Deed.CANCEL, "cancel", {"reason": reason})
        else:
            await asyncio.sleep(floor.pace.work_s)
            self.closed = True
            ended = await self.do(Deed.CLOSE, "close")
        if ended is not None:
            floor.screen.show(self.planned.number, ended)

    async def do(self, deed: Deed, verb: str, body: Json | None = None) -> Json | None:
        """Do something to the task."""
        path = f"/tasks/{self.id}/{verb}"
        return await self.floor.do(self.floor.dispatcher, deed, path, body, task_id=self.id, subject=self.id)

    def look(self, task: Json, people: asyncio.TaskGroup) -> None:
        """Show the task, and let each member who was asked since the last look react."""
        self.floor.screen.show(self.planned.number, task)
        offers = offers_of(task)
        self.pending = {offer_id for offer_id in offers if offers[offer_id]["state"] == "pending"}
        for wave in task["waves"]:
            overslept = self.planned.patient and wave["number"] == 1
            if wave["number"] > 1:
                self.second_wave.set()
            for offer in wave["offers"]:
                if offer["id"] not in self.asked:
                    self.asked.add(offer["id"])
                    draw = behaviour.overslept if overslept else behaviour.reaction
                    reaction = draw(self.floor.seed, self.planned.number, len(self.asked))
                    people.create_task(self.react(offer, reaction, overslept=overslept))

    async def watch(self, task: Json, people: asyncio.TaskGroup) -> Json:
        """Look on until everybody is on scene; widen, or ask by hand, where it does not go on by itself.

        Gives the task as it was last seen.
        """
        pace, stuck = self.floor.pace, 0
        for turn in range(MOST_TURNS_PATIENT if self.planned.patient else pace.most_turns):
            seen = await self.tower.next_look(self.id)
            if seen is None:
                continue
            task = seen
            self.look(task, people)
            states = [seat["engagement"] and seat["engagement"]["state"] for seat in task["seats"]]
            if task["ended_at"] or all(state in ("on_scene", "released") for state in states):
                return task
            if self.planned.called_off and turn >= CALLED_OFF_AFTER:
                return task
            stuck = stuck + 1 if None in states and not self.goes_on(task) else 0
            if stuck < pace.stuck_turns:
                continue
            if self.steps < pace.most_steps:
                self.steps += 1
                await self.steer(task)
                stuck = 0
            elif not {"accepted", "en_route"}.intersection(states):
                return task
        return task

    def goes_on(self, task: Json) -> bool:
        """Whether something is about to happen to the task by itself."""
        left_to_timer = self.planned.patient and not self.second_wave.is_set()
        return bool(self.about_to_answer) or task["waits_for"] is not None or left_to_timer

    async def steer(self, task: Json) -> None:
        """Take the next step of reach; where that asks nobody, ask the nearest who were left out."""
        still_open = {seat["id"] for seat in task["seats"] if seat["engagement"] is None}
        if not self.at_the_edge and await self.widen(task, still_open):
            return
        able = await self.nearest_left_out(self.floor.pace.by_hand * (len(still_open) + 1))
        if able:
            await self.do(Deed.CHOOSE, "offers", {"member_ids": able, "overrule": OVERRULE})
        else:
            self.steps = self.floor.pace.most_steps

    async def widen(self, task: Json, still_open: set[str]) -> bool:
        """Take the next step of reach; whether that asks anybody, or may."""
        if task["mode"] == "normal":
            # The next batch looks farther, and only for seats that nobody is asked for.
            self.at_the_edge = True
            return bool(still_open - seats_asked_for(task)) and await self.do(Deed.WIDEN, "widen") is not None
        widened = await self.do(Deed.WIDEN, "widen")
        self.at_the_edge = widened is None or not widened["waves"][-1]["offers"]
        return not self.at_the_edge

    async def nearest_left_out(self, most: int) -> list[str]:
        """Members whom no wave asked and no hard rule keeps away, from the task's ledger."""
        dispatcher = self.floor.dispatcher
        ledger = await self.floor.told(dispatcher.get(f"/tasks/{self.id}/waves"))
        left_out = {
            each["member_id"]: None
            for wave in reversed(ledger["items"] if ledger else [])
            for each in wave["not_chosen"]
            if each["reason"] in BY_HAND
        }
        if not left_out:
            return []
        nearest = {"member_ids": [*left_out][:MOST_CHECKED]}
        checked = await self.floor.told(dispatcher.post(f"/tasks/{self.id}/check", nearest))
        # Somebody who was asked before has answered, or will not.
        return [
            finding["member_id"]
            for finding in (checked["findings"] if checked else [])
            if not finding["hard"] and "already_asked" not in finding["soft"]
        ][:most]

    async def react(self, offer: Json, reaction: Reaction, *, overslept: bool) -> None:
        """What one member does about an offer."""
        offer_id, member_id = offer["id"], offer["member_id"]
        phone = self.floor.member(member_id)
        if phone is None or reaction.reply is Reply.SILENT:
            return
        prompt = reaction.reply is not Reply.LATE
        self.about_to_answer += prompt
        try:
            if overslept:
                await self.second_wave.wait()
            await asyncio.sleep(reaction.after_s * self.floor.pace.people)
            # The late did not look again; the others see whether they are still asked.
            if prompt and not await self.is_asked(phone, offer_id):
                return
            about = {"task_id": self.id, "subject": offer_id, "member_id": member_id}
            if reaction.reply is Reply.DECLINE:
                body = {"reason": reaction.reason} if reaction.reason else None
                await self.floor.do(phone, Deed.DECLINE, f"/offers/{offer_id}/decline", body, **about)
                return
            answer = await self.floor.do(phone, Deed.ACCEPT, f"/offers/{offer_id}/accept", **about)
        finally:
            self.about_to_answer -= prompt
        if answer is not None and answer["engagement"] is not None:
            self.yeses += 1
            no_show = self.planned.no_show
            way = behaviour.way(self.floor.seed, self.planned.number, self.yeses, no_show=no_show)
            await self.go(phone, member_id, answer["engagement"]["id"], way)

    async def is_asked(self, phone: Person, offer_id: str) -> bool:
        """Whether the member sees that they are still asked."""
        if not self.floor.pace.phones_look:
            return offer_id in self.pending and not self.closed
        own = await self.floor.told(phone.get("/offers", state="pending"))
        return own is not None and any(offer["id"] == offer_id for offer in own["items"])

    async def go(self, phone: Person, member_id: str, engagement_id: str, way: Way) -> None:
        """From the yes to the scene and home, or not."""

        async def then(after_s: float, who: Person, deed: Deed, body: Json | None = None) -> bool:
            await asyncio.sleep(after_s * self.floor.pace.people)
            if self.closed:
                return False
            moved = await self.floor.do(
                who,
                deed,
                f"/engagements/{engagement_id}/{deed}",
                body,
                task_id=self.id,
                subject=engagement_id,
                member_id=member_id,
            )
            return moved is not None and moved["state"] in LIVE

        if way.course is Course.NO_SHOW:
            await then(way.move_s, self.floor.dispatcher, Deed.NO_SHOW, {"reason": "联系不上"})
        elif way.course is Course.WITHDRAW:
            await then(way.move_s, phone, Deed.WITHDRAW, {"reason": "家中有急事"})
        elif (
            await then(way.move_s, phone, Deed.EN_ROUTE)
            and await then(way.travel_s, phone, Deed.ON_SCENE)
            and way.stay_s is not None
        ):
            await then(way.stay_s, phone, Deed.RELEASE)


def seats_asked_for(task: Json) -> set[str]:
    """The seats of a task for which somebody's answer is awaited."""
    return {offer["seat_id"] for offer in offers_of(task).values() if offer["state"] == "pending"}
