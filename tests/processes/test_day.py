"""A day of 300 mixed tasks through the drill: ledgers add up, and its summary is what plain SQL counts."""

import asyncio
import json
import signal
from asyncio.subprocess import Process
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.dispatch.brute import SHANGHAI, read_map, read_people
from tests.processes.fleet import COMMAND, Api, until

TASKS = 300
PACE = 0.6
"""Everybody is quicker than usual; the rest is what two cores take for so many requests."""
LONGEST_SECONDS = 900
WAVES_BY_HAND = 5
TOLERANCE_MINUTES = 0.05
"""The plane of the grid graph against geodesics, at these distances."""

KEYS = {
    "all": "'all'",
    "mode": "t.mode",
    "category": "t.category",
    "urgency": "t.urgency",
    "task": "t.id::text",
}

NUMBERS = {
    "tasks": "SELECT {key}, count(*) FROM task t GROUP BY 1",
    "seats": "SELECT {key}, count(*) FROM task t JOIN seat s ON s.task_id = t.id GROUP BY 1",
    "filled": """SELECT {key}, count(*) FROM task t JOIN engagement e ON e.task_id = t.id
        WHERE e.state = 'released' GROUP BY 1""",
    "waves": "SELECT {key}, count(*) FROM task t JOIN wave w ON w.task_id = t.id GROUP BY 1",
    "batches": "SELECT {key}, count(DISTINCT w.batch_id) FROM task t JOIN wave w ON w.task_id = t.id GROUP BY 1",
    "people": "SELECT {key}, sum(w.people) FROM task t JOIN wave w ON w.task_id = t.id GROUP BY 1",
    "asked": "SELECT {key}, count(*) FROM task t JOIN offer o ON o.task_id = t.id GROUP BY 1",
    "yes": """SELECT {key}, count(*) FROM task t JOIN offer o ON o.task_id = t.id
        WHERE o.answer = 'yes' GROUP BY 1""",
    "no": "SELECT {key}, count(*) FROM task t JOIN offer o ON o.task_id = t.id WHERE o.answer = 'no' GROUP BY 1",
    "unanswered": """SELECT {key}, count(*) FROM task t JOIN offer o ON o.task_id = t.id
        WHERE o.answer IS NULL GROUP BY 1""",
    "short_waves": """SELECT {key}, count(*) FROM task t JOIN wave w ON w.task_id = t.id
        WHERE jsonb_typeof(w.shortfall) = 'object' GROUP BY 1""",
}
"""(group, number); a group that is not there has 0."""

COUNTS = {
    "states": "SELECT {key}, t.state, count(*) FROM task t GROUP BY 1, 2",
    "offers": "SELECT {key}, o.state, count(*) FROM task t JOIN offer o ON o.task_id = t.id GROUP BY 1, 2",
    "not_asked": """SELECT {key}, c.reason, sum(c.people::int) FROM task t JOIN wave w ON w.task_id = t.id,
        jsonb_each_text(w.counts) c (reason, people) GROUP BY 1, 2""",
    "shortfalls": """SELECT {key}, s.cause, count(*) FROM task t JOIN wave w ON w.task_id = t.id JOIN (
            SELECT DISTINCT w.id, coalesce(c.value ->> 'reason', 'nobody') AS cause
            FROM wave w, jsonb_array_elements(w.shortfall -> 'causes') c
            UNION ALL
            SELECT id, 'too_few' FROM wave WHERE w_is_short AND jsonb_array_length(shortfall -> 'causes') = 0
        ) s ON s.id = w.id GROUP BY 1, 2""".replace("w_is_short", "jsonb_typeof(shortfall) = 'object'"),
}
"""(group, word, number)."""

TIMES = {
    "first_yes_s": """SELECT {key}, count(*),
            percentile_disc(0.5) WITHIN GROUP (ORDER BY f.at - t.created_at),
            percentile_disc(0.9) WITHIN GROUP (ORDER BY f.at - t.created_at)
        FROM task t JOIN (SELECT task_id, min(answered_at) AS at FROM offer WHERE answer = 'yes' GROUP BY 1) f
            ON f.task_id = t.id GROUP BY 1""",
    "staffed_s": """SELECT {key}, count(*),
            percentile_disc(0.5) WITHIN GROUP (ORDER BY t.staffed_at - t.created_at),
            percentile_disc(0.9) WITHIN GROUP (ORDER BY t.staffed_at - t.created_at)
        FROM task t WHERE t.staffed_at IS NOT NULL GROUP BY 1""",
}
"""(group, tasks, p50, p90)."""


async def counted(look, key: str) -> dict[str, dict[str, Any]]:
    """All figures by plain SQL, by group."""

    async def rows(sql: str):
        return await look.rows(sql.format(key=KEYS[key]))

    groups: dict[str, dict[str, Any]] = defaultdict(
        lambda: {
            **dict.fromkeys(NUMBERS, 0),
            **{name: {} for name in COUNTS},
            **{name: {"tasks": 0, "p50": None, "p90": None} for name in TIMES},
        }
    )
    for name, sql in NUMBERS.items():
        for group, number in await rows(sql):
            groups[group][name] = number
    for name, sql in COUNTS.items():
        for group, word, number in await rows(sql):
            groups[group][name][word] = number
    for name, sql in TIMES.items():
        for group, tasks, p50, p90 in await rows(sql):
            groups[group][name] = {"tasks": tasks, "p50": p50.total_seconds(), "p90": p90.total_seconds()}
    return dict(groups)


@pytest.fixture
async def at_work(fleet, city_accounts, tmp_path) -> Api:
    """An API and two workers, for whom it is any hour of the day; and the accounts of the drill beside them."""
    (tmp_path / "demo-accounts.json").write_text(json.dumps(city_accounts))
    fleet.environment |= {"VANGUARD_QUIET_HOURS": "", "VANGUARD_COLLECT_SECONDS": "2"}
    api: Api = await fleet.serve()
    await fleet.work()
    await fleet.work()
    return api


async def begin_day(fleet, api: Api, tasks: int, pace: float, *options: str) -> Process:
    """Start the drill as its user does."""
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        *("demo", "drill", "--day", "--tasks", str(tasks), "--pace", str(pace), *options),
        *("--url", f"http://127.0.0.1:{api.port}"),
        env=fleet.environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def said_by(drill: Process) -> str:
    """What it printed, when it has ended."""
    printed, _ = await asyncio.wait_for(drill.communicate(), LONGEST_SECONDS)
    return printed.decode()


async def test_a_day_of_mixed_tasks_adds_up_and_its_summary_is_what_plain_sql_counts(
    fleet, at_work, look, fresh_sessions, tmp_path
):
    drill = await begin_day(fleet, at_work, TASKS, PACE, "--json", str(tmp_path / "day.json"))
    said = await said_by(drill)
    assert drill.returncode == 0, said
    assert "all still true" in said
    told = json.loads((tmp_path / "day.json").read_text(encoding="utf-8"))
    assert told["untrue"] == []

    await every_number_is_what_sql_counts(look, told)
    await every_wave_adds_up(look)
    await the_people_around_are_those_whom_the_tables_have(look, fresh_sessions)
    await it_was_a_mixed_day_and_nothing_is_left(look)
    await look.check()


async def test_a_day_that_is_stopped_leaves_no_task_open_and_no_county_in_emergency(fleet, at_work, look):
    drill = await begin_day(fleet, at_work, 40, PACE)
    live = "SELECT count(*) = 1 FROM activation WHERE ended_at IS NULL"
    await until(lambda: look.value(live), "the activation")
    await until(lambda: look.value("SELECT count(*) > 12 FROM task"), "tasks in the emergency")
    assert await look.value("SELECT count(*) FROM task WHERE state = 'open'") > 0
    drill.send_signal(signal.SIGINT)
    said = await said_by(drill)

    assert drill.returncode != 0
    assert "霞山区 is in emergency now (level III). This is real" in said
    assert "霞山区 is not in emergency any more: the drill ended it." in said
    assert "Traceback" not in said
    assert await look.value(live.replace("= 1", "= 0"))
    assert await look.value("SELECT count(*) FROM task WHERE state NOT IN ('closed', 'cancelled')") == 0
    await look.check()


async def test_a_day_leaves_an_emergency_that_is_there_already_alone(fleet, at_work, look, now_callers):
    until_then = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    real = {"area": "440803", "level": "IV", "reason": "台风", "until": until_then}
    made = await at_work.client.post("/api/v1/activations", json=real, headers=now_callers.dispatcher)
    assert made.status_code == 201
    drill = await begin_day(fleet, at_work, 4, 0.2)
    said = await said_by(drill)

    assert drill.returncode == 0, said
    assert "霞山区 stays as it is: it is in emergency already." in said
    assert "all still true" in said
    assert [tuple(row) for row in await look.rows("SELECT reason, ended_at FROM activation")] == [
        ("台风", None)
    ]
    await look.check()


async def every_number_is_what_sql_counts(look, told: dict[str, Any]) -> None:
    """The whole summary, written again from the tables."""
    assert {"all": told["all"]} == await counted(look, "all")
    for group in ("mode", "category", "urgency"):
        assert told[f"by_{group}"] == await counted(look, group)
    by_task = await counted(look, "task")
    rows = await look.rows("SELECT id::text, title, state, mode, category, urgency FROM task")
    assert [task.pop("number") for task in told["tasks"]] == [*range(1, TASKS + 1)]
    assert sorted(told["tasks"], key=lambda task: task["id"]) == sorted(
        ({**row, **by_task[row["id"]]} for row in rows), key=lambda task: task["id"]
    )
    for task in told["tasks"]:
        assert task["asked"] + sum(task["not_asked"].values()) == task["people"]
    (activation,) = told["activations"]
    (row,) = await look.rows("SELECT id::text, area_code, level, from_at, ended_at FROM activation")
    begun, ended = (datetime.fromisoformat(activation[name]) for name in ("from", "ended_at"))
    assert (activation["id"], activation["area"], activation["level"], begun, ended) == tuple(row)
    assert set(told) == {
        *("run", "all", "by_mode", "by_category", "by_urgency", "tasks", "activations", "untrue")
    }


async def every_wave_adds_up(look) -> None:
    """Asked and not asked by reason are the people; the asked are the wave's offers."""
    waves = await look.rows(
        """SELECT w.people, jsonb_array_length(w.chosen) AS chosen,
            (SELECT coalesce(sum(value::int), 0) FROM jsonb_each_text(w.counts)) AS not_asked,
            (SELECT count(*) FROM offer o WHERE o.wave_id = w.id) AS offers,
            (SELECT count(*) FROM offer o JOIN jsonb_array_elements(w.chosen) c
                ON c.value ->> 'member_id' = o.member_id::text WHERE o.wave_id = w.id) AS same
        FROM wave w"""
    )
    assert len(waves) >= TASKS - TASKS // 25
    for wave in waves:
        assert wave["chosen"] + wave["not_asked"] == wave["people"]
        assert wave["chosen"] == wave["offers"] == wave["same"]


async def the_people_around_are_those_whom_the_tables_have(look, sessions) -> None:
    """Of some emergencies: those within the searched minutes, by brute force over the whole city.

    Nobody checks in during the drill, so everybody is where they were.
    """
    waves = await look.rows(
        """SELECT w.created_at, w.searched_minutes, w.people, t.lon, t.lat FROM wave w JOIN task t ON t.id = w.task_id
        WHERE w.number = 1 AND w.trigger = 'posted' AND w.mode = 'emergency' ORDER BY md5(t.id::text) LIMIT $1""",
        WAVES_BY_HAND,
    )
    assert len(waves) == WAVES_BY_HAND
    async with sessions() as session:
        city = await read_map(session)
        for wave in waves:
            at = wave["created_at"]
            people = await read_people(session, at, office_hours=in_office_hours(at))
            minutes: dict[UUID, float] = city.minutes((wave["lon"], wave["lat"]), people)
            fewest, most = (
                sum(each <= wave["searched_minutes"] + tolerance for each in minutes.values())
                for tolerance in (-TOLERANCE_MINUTES, TOLERANCE_MINUTES)
            )
            assert 0 < fewest <= wave["people"] <= most


def in_office_hours(at: datetime) -> bool:
    """Monday to Friday, half past eight to half past five in Shanghai."""
    local = at.astimezone(SHANGHAI)
    return local.weekday() < 5 and timedelta(hours=8.5) <= timedelta(
        hours=local.hour, minutes=local.minute
    ) < timedelta(hours=17.5)


async def it_was_a_mixed_day_and_nothing_is_left(look) -> None:
    """All sorts of things happened, else the sums above show little; and all of them are over."""
    assert await look.value("SELECT count(*) FROM task WHERE state NOT IN ('closed', 'cancelled')") == 0
    assert await look.value("SELECT count(DISTINCT category) FROM task") == 6
    assert set(await look.column("SELECT DISTINCT urgency FROM task")) == {"routine", "urgent", "critical"}
    turned = "SELECT count(*) FROM task t WHERE t.urgency = 'urgent' AND {} EXISTS (SELECT 1 FROM wave w"
    turned += " WHERE w.task_id = t.id AND w.mode = 'emergency')"
    assert await look.value(turned.format("")) >= 5
    assert await look.value(turned.format("NOT")) >= 20
    assert await look.value("SELECT count(*) FROM activation WHERE ended_at IS NULL") == 0
    assert set(await look.column("SELECT DISTINCT state FROM offer")) >= {
        *("accepted", "declined", "stood_down", "cancelled")
    }
    most = "SELECT max(tasks) FROM (SELECT count(*) AS tasks FROM wave WHERE batch_id IS NOT NULL"
    assert await look.value(most + " GROUP BY batch_id) b") >= 3
    assert await look.value("SELECT min(created_at) FROM task") > datetime.now(UTC) - timedelta(hours=1)
