"""One look-out for all desks: what the service says of the drill's live tasks, once a turn.

Sixty desks that each asked for their own task would be most of what the service has to do.
"""

import asyncio

from service.demo.drill.client import Json
from service.demo.drill.floor import Floor

LIVE_TASKS = ("open", "staffed", "under_way")


class Tower:
    """Looks while `keep` runs."""

    def __init__(self, floor: Floor, turn_s: float) -> None:
        self.floor = floor
        self.turn_s = turn_s
        self.seen: dict[str, Json] = {}
        """Live tasks by id, as the last look showed them."""
        self._looked = asyncio.Condition()

    async def keep(self) -> None:
        """Look, once a turn. Until cancelled."""
        while True:
            await asyncio.sleep(self.turn_s)
            seen: dict[str, Json] = {}
            for state in LIVE_TASKS:
                async for page in self.floor.pages_of_run(state=state):
                    self.floor.notes.see(page)
                    seen |= {task["id"]: task for task in page}
            self.seen = seen
            async with self._looked:
                self._looked.notify_all()

    async def next_look(self, task_id: str) -> Json | None:
        """A task as the next look shows it; None with a note when it could not be read."""
        async with self._looked:
            await self._looked.wait()
        if task_id in self.seen:
            return self.seen[task_id]
        # Ended, or between two states as they were read.
        return await self.floor.told(self.floor.dispatcher.get(f"/tasks/{task_id}"))
