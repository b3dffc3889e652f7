"""One Idempotency-Key at two API processes at once: one effect, one answer."""

import asyncio
from collections import Counter

from tests.processes.city import task_body
from tests.processes.line import in_flight

PAIRS = 10


async def test_the_same_key_at_both_processes_at_once_is_one_task(fleet, look, now_callers):
    apis = await fleet.serve_two()

    async def post(api, number, **changes):
        headers = now_callers.dispatcher | {"Idempotency-Key": f"pair-{number}"}
        body = task_body(f"险情 {number}", **changes)
        return await api.client.post("/api/v1/tasks", json=body, headers=headers)

    async def pair(number):
        answers = await asyncio.gather(*(post(api, number) for api in apis))
        done = [answer for answer in answers if answer.status_code == 201]
        assert done
        assert all(answer in done or in_flight(answer) for answer in answers)
        assert len({answer.content for answer in done}) == 1
        for api in apis:
            again = await post(api, number)
            assert (again.status_code, again.content) == (201, done[0].content)
            assert again.headers["idempotent-replayed"] == "true"
            other = await post(api, number, seats=4)
            assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")

    await asyncio.gather(*(pair(number) for number in range(PAIRS)))
    titles = await look.column("SELECT title FROM task")
    assert Counter(titles) == {f"险情 {number}": 1 for number in range(PAIRS)}
    await look.check()


async def test_two_bodies_under_one_key_at_once_are_one_task(fleet, look, now_callers):
    apis = await fleet.serve_two()

    async def pair(number):
        headers = now_callers.dispatcher | {"Idempotency-Key": f"pair-{number}"}
        answers = await asyncio.gather(
            *(
                api.client.post("/api/v1/tasks", json=task_body(f"险情 {number}", seats=seats), headers=headers)
                for api, seats in zip(apis, (1, 2), strict=True)
            )
        )
        first, second = sorted(answers, key=lambda answer: answer.status_code)
        assert first.status_code == 201
        assert in_flight(second) or second.json()["type"] == "/problems/idempotency-key-reused"

    await asyncio.gather(*(pair(number) for number in range(PAIRS)))
    assert await look.value("SELECT count(*) FROM task") == PAIRS
    await look.check()
