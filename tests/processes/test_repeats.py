"""One Idempotency-Key at two API processes at once: one effect, one answer."""

import asyncio
from collections import Counter

from tests.processes.city import task_body
from tests.processes.line import in_flight

PAIRS = 10


async def test_the_same_key_at_both_processes_at_once_is_one_task(fleet, look, now_callers):
    apis = await fleet.serve_two()

    async def post(api, number, seats=1):
        headers = now_callers.dispatcher | {"Idempotency-Key": f"pair-{number}"}
        body = task_body(f"险情 {number}", seats=seats)
        return await api.client.post("/api/v1/tasks", json=body, headers=headers)

    async def alike(number):
        answers = await asyncio.gather(*(post(api, number) for api in apis))
        done = [answer for answer in answers if answer.status_code == 201]
        assert done
        assert all(answer in done or in_flight(answer) for answer in answers)
        assert len({answer.content for answer in done}) == 1
        for api in apis:
            again = await post(api, number)
            assert (again.status_code, again.content) == (201, done[0].content)
            assert again.headers["idempotent-replayed"] == "true"
            assert is_another_body(await post(api, number, seats=2))

    async def unlike(number):
        answers = await asyncio.gather(
            *(post(api, number, seats) for api, seats in zip(apis, (1, 2), strict=True))
        )
        first, second = sorted(answers, key=lambda answer: answer.status_code)
        assert first.status_code == 201
        assert in_flight(second) or is_another_body(second)

    await asyncio.gather(*(alike(number) for number in range(PAIRS)))
    await asyncio.gather(*(unlike(number) for number in range(PAIRS, 2 * PAIRS)))
    titles = Counter(await look.column("SELECT title FROM task"))
    assert titles == {f"险情 {number}": 1 for number in range(2 * PAIRS)}
    await look.check()


def is_another_body(answer):
    """Whether the key was refused because it stands for another body."""
    return answer.status_code == 422 and answer.json()["type"] == "/problems/idempotency-key-reused"
