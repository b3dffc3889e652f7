"""One listener: what waits for it is never lost between two looks."""

import asyncio

from service.access.rules import Caller, Role
from service.db.base import new_id
from service.events.follow import Place
from service.live.listener import Ended, Listener, Message


def listener(most=10):
    """A dispatcher's."""
    return Listener(Caller(new_id(), "li", frozenset({Role.DISPATCHER}), areas=("4408",)), (), most)


def message(number):
    """Something that happened."""
    return Message(Place(1, number), "task.posted", b"data: {}\n\n")


async def test_what_comes_just_as_the_time_is_up_is_given():
    here = listener()
    waits = asyncio.create_task(here.next(0))
    # It waits now, and its time is up before it can look again.
    await asyncio.sleep(0)
    here.offer(message(1))
    assert await waits == [message(1)]
    assert await here.next(0) == []


async def test_all_that_waits_is_given_at_once_and_in_order():
    here = listener()
    for number in (1, 2, 3):
        here.offer(message(number))
    assert await here.next(1) == [message(1), message(2), message(3)]


async def test_one_too_many_ends_it_after_what_waits():
    here = listener(most=2)
    for number in (1, 2, 3, 4):
        here.offer(message(number))
    assert here.ended is Ended.OVERFLOW
    assert await here.next(1) == [message(1), message(2)]
    assert await here.next(1) == []


async def test_whoever_may_not_listen_any_more_is_not_told_what_waits():
    here = listener()
    here.offer(message(1))
    here.end(Ended.REVOKED)
    assert await here.next(1) == []
    here.offer(message(2))
    assert await here.next(1) == []
