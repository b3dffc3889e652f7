"""One stream: what it says, from where it goes on, and how it ends."""

import asyncio

import pytest
from sqlalchemy import text

from service.access.rules import Caller, Role
from service.db.base import new_id
from service.events.follow import newest, place_of
from service.events.record import record
from service.live.hub import Hub
from service.live.listener import Ended
from service.live.stream import Stream
from tests.conftest import NOON
from tests.live.conftest import served, until
from tests.live.sse import reading

CHIKAN, LEIZHOU = "440802", "440882"


async def happen(sessions, *kinds, area=CHIKAN + "001", **about):
    """Events, each in a transaction of its own."""
    for kind in kinds:
        async with sessions.begin() as session:
            await record(session, kind, NOON, area_code=area, **about)


@pytest.fixture
async def dispatcher(fresh_login):
    """Headers of a dispatcher of Chikan."""
    return await fresh_login("dispatcher", areas=[CHIKAN])


async def test_what_happens_is_told_while_it_happens(live, dispatcher, fresh_sessions):
    task = new_id()
    await happen(fresh_sessions, "task.before")
    async with reading(live.client, dispatcher) as stream:
        await happen(fresh_sessions, "task.posted", task_id=task, data={"category": "a"})
        said = await stream.next()
        headers = stream.answer.headers
    assert said.event == said.data["kind"] == "task.posted"
    assert said.id == said.data["id"]
    assert said.data | {"id": ""} == {
        "id": "",
        "kind": "task.posted",
        "at": "2026-06-03T04:00:00Z",
        "area_code": "440802001",
        "task_id": str(task),
        "member_id": None,
        "data": {"category": "a"},
    }
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"


async def test_a_stream_goes_on_from_any_id(live, dispatcher, fresh_sessions):
    cursor = (await live.client.get("/api/v1/events/cursor", headers=dispatcher)).json()["cursor"]
    kinds = [f"task.n{n}" for n in range(5)]
    await happen(fresh_sessions, *kinds)
    async with reading(live.client, dispatcher, after=cursor) as stream:
        all_of_it = [await stream.next() for _ in kinds]
    assert [said.event for said in all_of_it] == kinds
    await happen(fresh_sessions, "task.last")
    async with reading(live.client, dispatcher, after=all_of_it[2].id) as stream:
        assert [(await stream.next()).event for _ in range(3)] == ["task.n3", "task.n4", "task.last"]
    async with live.client.stream(
        "GET", "/api/v1/events", headers=dispatcher, params={"after": all_of_it[4].id}
    ) as answer:
        seen = ""
        async for part in answer.aiter_text():
            seen += part
            if "task." in seen:
                break
    assert "task.n4" not in seen
    assert "task.last" in seen


async def test_a_heartbeat_brings_the_client_near(live, dispatcher, fresh_sessions):
    async with reading(live.client, dispatcher) as stream:
        await happen(fresh_sessions, "task.elsewhere", area=LEIZHOU)
        async with fresh_sessions() as session:
            place = await newest(session)
        beats = await stream.until("heartbeat")
        while beats[-1].id != place.cursor:
            beats += await stream.until("heartbeat")
    assert {said.event for said in beats} == {"heartbeat"}
    async with reading(live.client, dispatcher, after=beats[-1].id) as stream:
        await happen(fresh_sessions, "task.here")
        assert (await stream.next()).event == "task.here"


async def test_two_dispatchers_hear_each_their_county_and_a_poller_what_a_streamer_does(
    live, dispatcher, fresh_login, fresh_sessions
):
    other = await fresh_login("dispatcher", areas=[LEIZHOU])
    cursor = (await live.client.get("/api/v1/events/cursor", headers=other)).json()["cursor"]
    async with reading(live.client, dispatcher) as here, reading(live.client, other) as there:
        for n in range(4):
            await happen(fresh_sessions, f"task.n{n}", area=(CHIKAN, LEIZHOU)[n % 2])
        await happen(fresh_sessions, "activation.began", "map.changed", area=CHIKAN)
        heard = [[await stream.next() for _ in range(4)] for stream in (here, there)]
    assert [said.event for said in heard[0]] == ["task.n0", "task.n2", "activation.began", "map.changed"]
    assert [said.event for said in heard[1]] == ["task.n1", "task.n3", "activation.began", "map.changed"]
    for headers, streamed in ((dispatcher, heard[0]), (other, heard[1])):
        polled, after = [], cursor
        while True:
            query = {"poll": "true", "after": after, "limit": 3}
            page = (await live.client.get("/api/v1/events", headers=headers, params=query)).json()
            polled, after = polled + page["items"], page["next"]
            if not page["more"]:
                break
        assert polled == [said.data for said in streamed]
        accept = {"Accept": "application/json"}
        last = await live.client.get("/api/v1/events", headers=headers | accept, params={"after": after})
        assert last.json() == {"items": [], "next": after, "more": False}
        assert last.headers["cache-control"] == "no-store"


async def test_only_the_kinds_that_one_asks_for(live, dispatcher, fresh_sessions):
    async with reading(live.client, dispatcher, kinds=["offer.", "task.closed"]) as stream:
        await happen(fresh_sessions, "task.posted", "offer.made", "task.closed")
        assert [(await stream.next()).event for _ in range(2)] == ["offer.made", "task.closed"]


async def test_a_member_hears_what_is_about_them(live, fresh_login, fresh_sessions):
    member, other = new_id(), new_id()
    async with fresh_sessions.begin() as session:
        # There is no roster here, and none is needed.
        await session.execute(text("ALTER TABLE account DROP CONSTRAINT fk_account_member_id"))
    headers = await fresh_login("member", member_id=member)
    async with reading(live.client, headers) as stream:
        await happen(
            fresh_sessions, "offer.made", member_ids=[other, member], task_id=new_id(), data={"drill": False}
        )
        await happen(fresh_sessions, "wave.planned", "task.posted")
        await happen(fresh_sessions, "offer.expired", member_ids=[member])
        heard = [(await stream.next()).data for _ in range(2)]
    assert [(each["kind"], each["member_id"], each["task_id"]) for each in heard] == [
        ("offer.made", str(member), None),
        ("offer.expired", str(member), None),
    ]


async def test_a_stream_ends_with_its_token(live, dispatcher, fresh_sessions, clock):
    async with reading(live.client, dispatcher) as stream:
        await happen(fresh_sessions, "task.posted")
        said = await stream.next()
        clock.at += live.app.state.tokens.lifetime
        last = (await stream.rest())[-1]
    assert last.event == "expired"
    assert last.id == last.data["cursor"] == said.id
    answer = await live.client.get("/api/v1/events", headers=dispatcher)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-expired")


@pytest.mark.parametrize("cut", ["UPDATE device SET revoked_at = now()", "UPDATE account SET active = false"])
async def test_a_stream_ends_when_the_device_or_the_account_does(live, dispatcher, fresh_sessions, cut):
    async with reading(live.client, dispatcher) as stream:
        async with fresh_sessions.begin() as session:
            await session.execute(text(cut))
        assert (await stream.rest())[-1].event == "revoked"
    await until(lambda: not live.hub.everybody)


async def test_a_scope_that_changes_holds_in_an_open_stream(live, dispatcher, fresh_sessions):
    async with reading(live.client, dispatcher) as stream:
        async with fresh_sessions.begin() as session:
            await session.execute(text("UPDATE account SET areas = ARRAY[:area]"), {"area": LEIZHOU})
        await until(lambda: {each.who.areas for each in live.hub.everybody} == {(LEIZHOU,)})
        await happen(fresh_sessions, "task.chikan")
        await happen(fresh_sessions, "task.leizhou", area=LEIZHOU)
        assert (await stream.next()).event == "task.leizhou"


async def test_more_streams_than_connections(live, dispatcher, fresh_login, fresh_sessions):
    """Each listens, and requests are answered meanwhile: none holds a connection of the pool."""
    many = live.app.state.settings.pool_size + 4
    assert many > live.app.state.sessions.kw["bind"].pool.size()
    everybody = [dispatcher] + [await fresh_login("dispatcher", areas=[CHIKAN]) for _ in range(3)]
    async with asyncio.TaskGroup() as group:
        opened = asyncio.Barrier(many + 1)

        async def listen(n):
            async with reading(live.client, everybody[n % 4]) as stream:
                await opened.wait()
                return (await stream.next()).event

        listening = [group.create_task(listen(n)) for n in range(many)]
        await opened.wait()
        assert (await live.client.get("/readyz")).status_code == 200
        assert f"vanguard_event_listeners {float(many)}" in (await live.client.get("/metrics")).text
        await happen(fresh_sessions, "task.posted")
    assert {each.result() for each in listening} == {"task.posted"}
    metrics = await live.client.get("/metrics")
    while "vanguard_event_listeners 0.0" not in metrics.text:
        metrics = await live.client.get("/metrics")
    assert "vanguard_event_lag_seconds 0.0" in metrics.text


async def test_there_are_only_so_many_streams(live_settings, fresh_login, clock):
    few = live_settings.model_copy(update={"streams": 2, "streams_per_account": 1})
    first, second, third = [await fresh_login("gis") for _ in range(3)]
    async with served(few, clock) as live:
        async with reading(live.client, first), reading(live.client, second):
            own = await live.client.get("/api/v1/events", headers=first)
            full = await live.client.get("/api/v1/events", headers=third)
            polled = await live.client.get("/api/v1/events", headers=third, params={"poll": "true"})
        await until(lambda: not live.hub.everybody)
        async with reading(live.client, third):
            pass
    assert (own.status_code, own.json()["type"]) == (429, "/problems/too-many-streams")
    assert (full.status_code, full.json()["type"]) == (503, "/problems/streams-full")
    assert own.headers["retry-after"] == full.headers["retry-after"] == "30"
    assert polled.status_code == 200


async def test_what_cannot_be_gone_on_from_is_refused(live, dispatcher, fresh_sessions):
    await happen(fresh_sessions, "task.old", "task.new")
    async with fresh_sessions() as session:
        old = place_of((await live.client.get("/api/v1/events/cursor", headers=dispatcher)).json()["cursor"])
        await session.execute(text("DELETE FROM outbox"))
        await session.commit()
    for cursor, status, slug in ((old.cursor, 410, "events-gone"), ("junk", 422, "invalid-cursor")):
        answer = await live.client.get("/api/v1/events", headers=dispatcher | {"Last-Event-ID": cursor})
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    nobody = await live.client.get("/api/v1/events")
    assert nobody.status_code == 401
    wrong = await live.client.get("/api/v1/events", headers=dispatcher, params={"kinds": "Task;"})
    assert wrong.status_code == 422


async def test_a_slow_listener_is_cut_off_with_nothing_lost(live_settings, fresh_sessions, clock):
    # With no heartbeat between, and nobody asking after the device, of which there is none.
    few = live_settings.model_copy(update={"event_queue": 3, "event_heartbeat_seconds": 600.0})
    hub = Hub(few)
    who = Caller(new_id(), "test", frozenset({Role.DISPATCHER}), areas=(CHIKAN,), device_id=new_id())
    kinds = [f"task.n{n}" for n in range(9)]

    async def listen(cursor):
        async with fresh_sessions() as session:
            place = await newest(session) if cursor is None else place_of(cursor)
        listener = await hub.join(fresh_sessions, clock, who, ())
        return listener, Stream(hub, fresh_sessions, clock, listener, place).messages()

    listener, stream = await listen(None)
    hello = await anext(stream)
    assert b"event: hello" in hello
    reading_on = asyncio.create_task(anext(stream))
    await happen(fresh_sessions, kinds[0])
    first = await reading_on
    await happen(fresh_sessions, *kinds[1:])
    await until(lambda: listener.ended)
    assert listener.ended is Ended.OVERFLOW
    rest = pieces([wire async for wire in stream])
    hub.leave(listener)
    told = [*pieces([first]), *rest[:-1]]
    assert [f"event: task.n{n}\r\n".encode() in wire for n, wire in enumerate(told)] == [True] * len(told)
    assert len(told) < len(kinds)
    assert b"event: overflow" in rest[-1]
    last_id = rest[-1].split(b"\r\n")[0].removeprefix(b"id: ").decode()
    listener, stream = await listen(last_id)
    await anext(stream)
    missed = pieces([await anext(stream)])
    assert [
        f"event: {kind}\r\n".encode() in wire for kind, wire in zip(kinds[len(told) :], missed, strict=True)
    ]
    await stream.aclose()
    hub.leave(listener)
    await until(lambda: hub.task is None)


def pieces(wires):
    """Messages one by one: those that wait together are sent together."""
    return [wire for wire in b"".join(wires).split(b"\r\n\r\n") if wire]
