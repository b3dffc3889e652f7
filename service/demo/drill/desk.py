"""The drill as it runs: a dispatcher at a desk for each task, and the members whom the service asks."""

import asyncio

from service.demo.drill import behaviour
from service.demo.drill.behaviour import Course, Reaction, Reply, Way
from service.demo.drill.check import LIVE
from service.demo.drill.client import Json, Person
from service.demo.drill.floor import Floor
from service.demo.drill.notes import Ack, Deed
from service.demo.drill.scenario import Emergency

TURN_S = 1.0
"""A desk looks at its task this often."""
MOST_TURNS = 120
MOST_TURNS_PATIENT = 420
STUCK_TURNS = 3
"""So long with an open seat and nobody about to answer, and the dispatcher takes a hand."""
MOST_STEPS = 4
WORK_S = 4.0
"""On scene together before the dispatcher closes the task."""
BY_HAND = ("not_needed", "too_far", "off_duty")
"""Whom the dispatcher may ask all the same: those whom the wave left out for these reasons."""
MOST_CHECKED = 40
OVERRULE = "演练：附近人手不足，电话联系后指派"
AT_DESKS = 16
"""Tasks under way at once, however many there are in all."""


async def run(floor: Floor, emergencies: list[Emergency]) -> None:
    """Post the tasks one after the other, and see each to its end."""
    free = asyncio.Semaphore(AT_DESKS)

    async def staff(desk: Desk) -> None:
        try:
            await desk.run()
        finally:
            free.release()

    async with asyncio.TaskGroup() as desks:
        for emergency in emergencies:
            await asyncio.sleep(emergency.after_s)
            await free.acquire()
            desks.create_task(staff(Desk(floor, emergency)))


class Desk:
    """A dispatcher with one task, and the members who are asked for it."""

    def __init__(self, floor: Floor, emergency: Emergency) -> None:
        self.floor = floor
        self.emergency = emergency
        self.id = ""
        self.asked: set[str] = set()
        self.yeses = 0
        self.about_to_answer = 0
        """Members who will say yes or no in a moment; the late and the silent are not among them."""
        self.steps = 0
        self.at_the_edge = False
        """The last widening found nobody."""
        self.second_wave = asyncio.Event()
        self.closed = False

    async def run(self) -> None:
        """From the post to the close."""
        floor = self.floor
        body = self.emergency.body(floor.mark)
        task = await floor.told(floor.dispatcher.post("/tasks", body))
        if task is None:
            floor.screen.lost(self.emergency.number)
            return
        self.id = task["id"]
        floor.notes.numbers[self.id] = self.emergency.number
        floor.notes.acks.append(Ack(self.id, Deed.POST, self.id, None, task))
        async with asyncio.TaskGroup() as people:
            self.look(task, people)
            await self.watch(people)
            await asyncio.sleep(WORK_S)
            self.closed = True
            if (closed := await self.do(Deed.CLOSE, "close")) is not None:
                floor.screen.show(self.emergency.number, closed)

    async def do(self, deed: Deed, verb: str, body: Json | None = None) -> Json | None:
        """Do something to the task."""
        path = f"/tasks/{self.id}/{verb}"
        return await self.floor.do(self.floor.dispatcher, deed, path, body, task_id=self.id, subject=self.id)

    def look(self, task: Json, people: asyncio.TaskGroup) -> None:
        """Show the task, and let each member who was asked since the last look react."""
        self.floor.screen.show(self.emergency.number, task)
        for wave in task["waves"]:
            overslept = self.emergency.patient and wave["number"] == 1
            if wave["number"] > 1:
                self.second_wave.set()
            for offer in wave["offers"]:
                if offer["id"] not in self.asked:
                    self.asked.add(offer["id"])
                    draw = behaviour.overslept if overslept else behaviour.reaction
                    reaction = draw(self.floor.seed, self.emergency.number, len(self.asked))
                    people.create_task(self.react(offer, reaction, overslept=overslept))

    async def watch(self, people: asyncio.TaskGroup) -> None:
        """Look on until everybody is on scene; widen, or ask by hand, where it does not go on by itself."""
        stuck = 0
        for _ in range(MOST_TURNS_PATIENT if self.emergency.patient else MOST_TURNS):
            await asyncio.sleep(TURN_S)
            task = await self.floor.told(self.floor.dispatcher.get(f"/tasks/{self.id}"))
            if task is None:
                continue
            self.look(task, people)
            states = [seat["engagement"] and seat["engagement"]["state"] for seat in task["seats"]]
            if task["ended_at"] or all(state in ("on_scene", "released") for state in states):
                return
            left_to_timer = self.emergency.patient and not self.second_wave.is_set()
            waiting = None in states and not self.about_to_answer and not left_to_timer
            stuck = stuck + 1 if waiting else 0
            if stuck < STUCK_TURNS:
                continue
            if self.steps < MOST_STEPS:
                self.steps += 1
                await self.steer(states.count(None))
                stuck = 0
            elif not {"accepted", "en_route"}.intersection(states):
                return

    async def steer(self, still_open: int) -> None:
        """Take the next step of reach; where that asks nobody, ask the nearest who were left out."""
        if not self.at_the_edge:
            task = await self.do(Deed.WIDEN, "widen")
            if task is None or task["waves"][-1]["offers"]:
                return
            self.at_the_edge = True
        able = await self.nearest_left_out(2 * still_open + 2)
        if able:
            await self.do(Deed.CHOOSE, "offers", {"member_ids": able, "overrule": OVERRULE})
        else:
            self.steps = MOST_STEPS

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
            await asyncio.sleep(reaction.after_s)
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
            no_show = self.emergency.no_show
            way = behaviour.way(self.floor.seed, self.emergency.number, self.yeses, no_show=no_show)
            await self.go(phone, member_id, answer["engagement"]["id"], way)

    async def is_asked(self, phone: Person, offer_id: str) -> bool:
        """Whether the member's phone still shows the offer."""
        own = await self.floor.told(phone.get("/offers", state="pending"))
        return own is not None and any(offer["id"] == offer_id for offer in own["items"])

    async def go(self, phone: Person, member_id: str, engagement_id: str, way: Way) -> None:
        """From the yes to the scene and home, or not."""

        async def then(after_s: float, who: Person, deed: Deed, body: Json | None = None) -> bool:
            await asyncio.sleep(after_s)
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
