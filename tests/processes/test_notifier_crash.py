"""kill -9 of the notifier while it sends, and a gateway that hangs meanwhile: everybody is told; what comes twice has
the same key, and is no more than what was on its way."""

import asyncio
from collections import Counter

from tests.notify.receivers import gateway_up
from tests.processes.city import post_task
from tests.processes.fleet import until

AT_ONCE = 4
CHANNELS = """
[[channels]]
code = "push"
kind = "push"
name_zh = "推送"
name_en = "Push"
timeout_seconds = 2
at_once = {at_once}
[channels.http]
url = "http://127.0.0.1:{port}/push"
headers = {{ Idempotency-Key = "{{key}}" }}
json = {{ to = "{{address}}", text = "{{text}}" }}

[[channels]]
code = "slow"
kind = "message"
name_zh = "慢"
name_en = "Slow"
timeout_seconds = 2
[channels.http]
url = "http://127.0.0.1:{port}/slow"
headers = {{ Idempotency-Key = "{{key}}" }}
json = {{ to = "{{address}}", text = "{{text}}" }}

[ladders]
critical = [{{ channel = "push", minutes = 60 }}, {{ channel = "slow", minutes = 60 }}]
"""
CONTACTS = """
    INSERT INTO contact (id, member_id, channel, address, created_at)
    SELECT gen_random_uuid(), id, CASE WHEN row_number() OVER (ORDER BY number) % 5 = 0 THEN 'slow' ELSE 'push' END,
        number, now()
    FROM member
"""
STATES = "SELECT channel, state, count(*) FROM delivery GROUP BY 1, 2"


async def test_a_killed_notifier_loses_nothing_and_a_gateway_that_hangs_holds_up_nobody_else(
    fleet, look, now_callers, tmp_path
):
    fleet.environment["NO_PROXY"] = "127.0.0.1"
    async with gateway_up() as gateway:
        (tmp_path / "channels.toml").write_text(CHANNELS.format(port=gateway.port, at_once=AT_ONCE))
        await look.connection.execute(CONTACTS)
        api, notifier = await fleet.serve(), await fleet.notify()
        await until(lambda: look.value("SELECT 1 FROM outbox_reader WHERE name = 'notify'"))
        gateway.hanging = {"/push", "/slow"}
        tasks = [await post_task(api.client, now_callers, f"险情 {number}", seats=4) for number in range(4)]
        await look.connection.execute("UPDATE offer SET expires_at = expires_at + interval '1 day'")
        asked = {offer["member_id"] for task in tasks for wave in task["waves"] for offer in wave["offers"]}

        # It dies with as many on their way as may be; the gateway has them, and it never learns that.
        on_their_way = []
        for _ in range(2):
            before = len(gateway.at("/push"))

            async def are_on_their_way(before=before):
                return len(gateway.at("/push")) >= before + AT_ONCE

            await until(are_on_their_way)
            await notifier.kill()
            on_their_way += [got.headers["idempotency-key"] for got in gateway.at("/push")[before:]]
            notifier = await fleet.notify()
        gateway.hanging = {"/slow"}
        hung, gateway.let_go = gateway.let_go, asyncio.Event()
        hung.set()

        async def are_told():
            states = {(row["channel"], row["state"]) for row in await look.rows(STATES)}
            return {state for channel, state in states if channel == "push"} == {"sent"}

        await until(are_told)
        assert ("slow", "sent") not in {(row["channel"], row["state"]) for row in await look.rows(STATES)}

        told = Counter(got.headers["idempotency-key"] for got in gateway.at("/push"))
        keys = await look.column("SELECT id::text FROM delivery WHERE channel = 'push'")
        assert set(told) == set(keys)
        assert {key for key, times in told.items() if times > 1} <= set(on_their_way)
        assert sum(told.values()) <= len(keys) + len(on_their_way)
        heard = {got.fields["to"] for got in gateway.at("/push")} | {
            got.fields["to"] for got in gateway.at("/slow")
        }
        numbers = await look.column("SELECT number FROM member WHERE id = ANY($1::uuid[])", list(asked))
        assert heard == set(numbers)
