"""Drills are tested where dispatch is: on the reference city, at noon on a Wednesday."""

from collections.abc import Mapping

import pytest

from service.dispatch.worker import EFFECTS, handlers
from service.drills import worker
from service.timers.loop import Handler
from tests.dispatch.conftest import dispatcher, let_pass, phone, post, read
from tests.reference_city import client, graphs, settings, shared_database, shared_graphs


@pytest.fixture
def effects(settings, graphs) -> Mapping[str, Handler]:
    """What does each kind of timer: dispatch's and the drills'."""
    return handlers(settings, graphs, {**EFFECTS, **worker.EFFECTS})


@pytest.fixture
def start(client, dispatcher):
    """Start a drill: `await start("musters", area="440802", …)` gives the 201's body."""

    async def start(kind, headers=None, **body):
        answer = await client.post(
            f"/api/v1/drills/{kind}", json={"title": "点兵演练"} | body, headers=headers or dispatcher
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    return start


@pytest.fixture
def report(client, dispatcher):
    """Read a drill."""

    async def report(drill, headers=None):
        answer = await client.get(f"/api/v1/drills/{drill['id']}", headers=headers or dispatcher)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return report
