"""The service with check-ins that are decoded, let in by their tokens' signatures and answered, and written nowhere.

python -m benchmarks.bare PORT
"""

import sys
from collections.abc import Sequence
from uuid import UUID

import uvicorn

from service.access.rules import Caller, Role
from service.roster.checkins.commands.take import Ask, Item, Taken
from service.roster.checkins.routes import CheckIns
from service.roster.checkins.rules import State, Verdict
from service.settings import Settings
from service.web.express import Express
from service.web.observe import set_up_logging
from service.web.plain import Application

STORED = Verdict(State.STORED)


async def work(asks: Sequence[Ask]) -> Sequence[Taken | Exception]:
    """Say that everything is stored."""
    return [taken(ask) for ask in asks]


def taken(ask: Ask) -> Taken:
    """The answer to a member's request."""
    account = UUID(ask.claims.subject)
    who = Caller(account, "nobody", frozenset({Role.MEMBER}), member_id=account)
    return Taken(who, [Item(account, report, STORED) for report in ask.reports])


def bare() -> Application:
    """The application with that."""
    from service.app import create_app

    app = create_app(Settings.load())
    (lane,) = app.lanes.values()
    checkins: CheckIns = lane.route.answer.__self__  # type: ignore[attr-defined]
    checkins.batcher.work = work
    return app


if __name__ == "__main__":
    set_up_logging()
    uvicorn.run(
        bare(), http=Express, port=int(sys.argv[1]), log_config=None, access_log=False, server_header=False
    )
