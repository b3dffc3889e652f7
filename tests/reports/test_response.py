"""精准问效: each figure is the one that plain SQL over the same tasks gives, and nobody's name is in any."""

import csv
import random
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from service.db.base import new_id
from service.reports.engine.shortfall import causes
from tests.conftest import NOON
from tests.dispatch.people import normal_members

SINCE, UNTIL = NOON - timedelta(days=10), NOON
STATES = ("open", "staffed", "under_way", "closed", "closed", "closed", "cancelled", "expired")
REASONS = ("off_duty", "too_far", "missing_skill")


@pytest.fixture
async def tasks(session):
    """Some hundred tasks that went every way there is, some outside the period, some drills."""
    dice = random.Random(5)
    members = await normal_members(session, 40)
    playbooks = (await session.execute(text("SELECT id, category FROM playbook"))).all()
    grids = (
        await session.execute(
            text(
                "SELECT g.id, g.code, v.name, ST_X(p) AS lon, ST_Y(p) AS lat FROM grid g JOIN grid_version v"
                " ON v.grid_id = g.id CROSS JOIN LATERAL ST_PointOnSurface(v.geom) p"
                " WHERE g.layer = 'governance' AND v.leaf AND v.valid_to IS NULL ORDER BY g.code LIMIT 400"
            )
        )
    ).all()
    units = (await session.scalars(text("SELECT code FROM unit ORDER BY code LIMIT 6"))).all()
    account = await session.scalar(text("SELECT id FROM account LIMIT 1"))
    for number in range(120):
        playbook, grid = dice.choice(playbooks), dice.choice(grids)
        posted = NOON - timedelta(minutes=dice.randrange(60, 60 * 24 * 14))
        state = dice.choice(STATES)
        task = new_id()
        await session.execute(
            text(
                "INSERT INTO task (id, category, title, urgency, mode, drill, state, open_since, rung, location, lon,"
                " lat, grid_id, grid_code, grid_name, snapped_m, responsible_units, neighbour_units, playbook_id,"
                " step, needed_by, created_by, created_at, staffed_at) VALUES (:id, :category, '演练', :urgency, :mode,"
                " :drill, :state, :at, 0, ST_SetSRID(ST_Point(:lon, :lat), 4490), :lon, :lat, :grid, :code, :name, 0,"
                " :units, '{}', :playbook, 0, :needed_by, :account, :at, :staffed)"
            ),
            {
                "id": task,
                "category": playbook.category,
                "urgency": dice.choice(["routine", "urgent", "critical"]),
                "mode": dice.choice(["normal", "emergency"]),
                "drill": number % 6 == 0,
                "state": state,
                "lon": grid.lon,
                "lat": grid.lat,
                "grid": grid.id,
                "code": grid.code,
                "name": grid.name,
                "units": dice.sample(units, dice.randrange(3)),
                "playbook": playbook.id,
                "needed_by": dice.choice([None, NOON - timedelta(hours=1), NOON + timedelta(hours=1)]),
                "account": account,
                "at": posted,
                "staffed": dice.choice([None, posted + timedelta(seconds=dice.randrange(60, 5000))]),
            },
        )
        wave = new_id()
        shortfall = dice.choice(
            [
                "null",
                f'{{"causes": [{{"skills": [], "seats": {dice.randrange(3)}, "reason": "{dice.choice(REASONS)}",'
                ' "people": 3}]}',
            ]
        )
        await session.execute(
            text(
                "INSERT INTO wave (id, task_id, number, trigger, mode, step, playbook_version, reach_minutes,"
                " searched_minutes, target_probability, probability, chosen, not_chosen, considered, people, counts,"
                " shortfall, created_at) VALUES (:id, :task, 1, 'posted', 'normal', 0, 1, 10, 10, 0.9, 0.9, '[]',"
                " '[]', '{}', 0, '{}', CAST(:shortfall AS jsonb), :at)"
            ),
            {"id": wave, "task": task, "shortfall": shortfall, "at": posted},
        )
        for seat_number in range(1, dice.randrange(2, 5)):
            seat = new_id()
            await session.execute(
                text(
                    "INSERT INTO seat (id, task_id, number, skills, dropped_at)"
                    " VALUES (:id, :task, :number, '{}', :dropped)"
                ),
                {
                    "id": seat,
                    "task": task,
                    "number": seat_number,
                    "dropped": posted if dice.random() < 0.1 else None,
                },
            )
            for _ in range(dice.randrange(3)):
                await add_offer(session, dice, task, wave, seat, dice.choice(members), posted)
    await session.commit()


async def add_offer(session, dice, task, wave, seat, member, posted):
    """An offer that ended somehow, perhaps with an engagement that ended somehow."""
    offer = new_id()
    state, answer = dice.choice(
        [
            ("accepted", "yes"),
            ("declined", "no"),
            ("expired", None),
            ("stood_down", None),
            ("superseded", None),
        ]
    )
    await session.execute(
        text(
            "INSERT INTO offer (id, task_id, wave_id, seat_id, member_id, precedence, state, acceptance, created_at,"
            " expires_at, answer) VALUES (:id, :task, :wave, :seat, :member, 'normal', :state, 0.3, :at, :at, :answer)"
        ),
        {
            "id": offer,
            "task": task,
            "wave": wave,
            "seat": seat,
            "member": member,
            "state": state,
            "at": posted,
            "answer": answer,
        },
    )
    if state != "accepted":
        return
    accepted = posted + timedelta(seconds=dice.randrange(10, 3000))
    await session.execute(
        text(
            "INSERT INTO engagement (id, task_id, seat_id, member_id, offer_id, precedence, state, accepted_at,"
            " move_by, on_scene_at, ended_at, counted_for) VALUES (:id, :task, :seat, :member, :offer, 'normal',"
            " :state, :accepted, :accepted, :scene, :accepted, 'unit')"
        ),
        {
            "id": new_id(),
            "task": task,
            "seat": seat,
            "member": member,
            "offer": offer,
            "state": dice.choice(["released", "withdrawn", "no_show", "preempted", "cancelled"]),
            "accepted": accepted,
            "scene": dice.choice([None, accepted + timedelta(seconds=dice.randrange(60, 4000))]),
        },
    )


KEYS = {
    "county": "left(t.grid_code, 6)",
    "town": "left(t.grid_code, 9)",
    "community": "left(t.grid_code, 12)",
    "grid": "t.grid_code",
    "category": "t.category",
    "mode": "t.mode",
    "urgency": "t.urgency",
    "day": "to_char(t.created_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')",
    "hour": "to_char(t.created_at AT TIME ZONE 'Asia/Shanghai', 'HH24')",
}
SERVED = "('accepted', 'en_route', 'on_scene', 'released')"


async def plain(session, where, binds):
    """The figures of the tasks for which a condition holds, each by a query of its own."""
    period = "t.created_at >= :since AND t.created_at < :until"
    chosen = f"SELECT t.* FROM task t WHERE {period} AND NOT t.drill AND {where}"
    binds = {"since": SINCE, "until": UNTIL} | binds

    async def one(query):
        return (await session.execute(text(f"WITH chosen AS ({chosen}) {query}"), binds)).one()

    async def times(query):
        n, median, p90 = await one(
            "SELECT count(s), round(CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY s) AS numeric), 1),"
            f" round(CAST(percentile_cont(0.9) WITHIN GROUP (ORDER BY s) AS numeric), 1) FROM ({query}) x(s)"
        )
        return {
            "tasks": n,
            "median_s": None if median is None else float(median),
            "p90_s": None if p90 is None else float(p90),
        }

    counts = await one(
        "SELECT count(*) AS tasks, count(*) FILTER (WHERE state = 'cancelled') AS cancelled,"
        " (SELECT count(*) FROM seat s WHERE s.task_id IN (SELECT id FROM chosen) AND s.dropped_at IS NULL) AS seats"
        " FROM chosen"
    )
    offers = await one(
        "SELECT count(*) AS made, count(*) FILTER (WHERE answer = 'yes') AS yes,"
        " count(*) FILTER (WHERE answer = 'no') AS no,"
        " count(*) FILTER (WHERE answer IS NULL AND state = 'expired') AS unanswered"
        " FROM offer WHERE task_id IN (SELECT id FROM chosen)"
    )
    short = (
        await session.execute(
            text(
                f"WITH chosen AS ({chosen}), empty AS (SELECT s.task_id, count(*) AS seats FROM seat s WHERE"
                " s.dropped_at IS NULL AND s.id NOT IN"
                f" (SELECT seat_id FROM engagement WHERE state IN {SERVED}) GROUP BY s.task_id)"
                " SELECT e.seats, w.shortfall FROM chosen t JOIN empty e ON e.task_id = t.id JOIN wave w ON"
                " w.task_id = t.id WHERE t.state IN ('closed', 'expired') OR"
                " t.state IN ('open', 'staffed', 'under_way') AND t.needed_by < :now"
            ),
            binds | {"now": NOON},
        )
    ).all()
    reasons = {}
    for seats, shortfall in short:
        for reason, count in causes(shortfall, seats).items():
            reasons[reason] = reasons.get(reason, 0) + count
    return {
        "tasks": counts.tasks,
        "cancelled": counts.cancelled,
        "seats": counts.seats,
        "offers": dict(offers._mapping),
        "first_accept": await times(
            "SELECT extract(epoch FROM min(e.accepted_at) - t.created_at) FROM chosen t JOIN engagement e"
            " ON e.task_id = t.id GROUP BY t.id, t.created_at"
        ),
        "filled": await times("SELECT extract(epoch FROM staffed_at - created_at) FROM chosen"),
        "on_scene": await times(
            "SELECT extract(epoch FROM min(e.on_scene_at) - t.created_at) FROM chosen t JOIN engagement e"
            " ON e.task_id = t.id GROUP BY t.id, t.created_at"
        ),
        "shortfall": {
            "tasks": len(short),
            "seats": sum(seats for seats, _ in short),
            "causes": reasons,
        },
    }


def bare(group):
    """The figures of a group without its key and names."""
    return {name: value for name, value in group.items() if name not in ("key", "name", "name_en")}


PERIOD = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}


async def test_the_total_is_what_plain_sql_gives(tasks, session, ask, dispatcher):
    report = await ask(dispatcher, "/reports/response", **PERIOD)
    assert report["total"] == await plain(session, "true", {})
    assert report["groups"] == []
    total = report["total"]
    assert total["tasks"] > 50
    assert total["shortfall"]["tasks"] > 5
    assert len(total["shortfall"]["causes"]) == 4, "every cause that the tasks have, and not_taken"


@pytest.mark.parametrize("by", KEYS)
async def test_each_group_is_what_plain_sql_gives(tasks, session, ask, dispatcher, by):
    report = await ask(dispatcher, "/reports/response", by=by, **PERIOD)
    assert sum(group["tasks"] for group in report["groups"]) == report["total"]["tasks"]
    assert [group["key"] for group in report["groups"]] == sorted(group["key"] for group in report["groups"])
    # Of many small groups a few will do.
    for group in report["groups"][:12]:
        assert bare(group) == await plain(session, f"{KEYS[by]} = :key", {"key": group["key"]}), group["key"]


async def test_a_unit_has_the_tasks_of_its_grids_and_its_manager_sees_no_others(
    tasks, session, ask, dispatcher, login
):
    report = await ask(dispatcher, "/reports/response", by="unit", **PERIOD)
    assert len(report["groups"]) == 6
    for group in report["groups"]:
        expected = await plain(session, ":key = ANY(t.responsible_units)", {"key": group["key"]})
        assert bare(group) == expected
        assert group["name"]
        alone = await ask(dispatcher, "/reports/response", unit=group["key"], **PERIOD)
        assert alone["total"] == expected
    manager = await login("unit_manager", units=[report["groups"][0]["key"]])
    own = await ask(manager, "/reports/response", **PERIOD)
    assert own["total"] == bare(report["groups"][0])


async def test_drills_are_apart_from_the_real_thing(tasks, session, ask, dispatcher):
    real = await ask(dispatcher, "/reports/response", **PERIOD)
    drills = await ask(dispatcher, "/reports/response", drill=True, **PERIOD)
    count = "SELECT count(*) FROM task WHERE created_at >= :since AND created_at < :until AND drill"
    assert drills["total"]["tasks"] == await session.scalar(text(count), {"since": SINCE, "until": UNTIL}) > 0
    assert drills["total"] != real["total"]


async def test_a_county_and_its_dispatcher_have_the_same_figures(tasks, session, ask, dispatcher, login):
    whole = await ask(dispatcher, "/reports/response", by="county", **PERIOD)
    key = whole["groups"][0]["key"]
    of_county = await login("dispatcher", areas=[key])
    assert (await ask(of_county, "/reports/response", **PERIOD))["total"] == bare(whole["groups"][0])
    assert (await ask(of_county, "/reports/response", area="4408", **PERIOD))["total"] == bare(
        whole["groups"][0]
    )
    assert (await ask(dispatcher, "/reports/response", area=key, **PERIOD))["total"] == bare(
        whole["groups"][0]
    )


async def test_filters_and_names(tasks, session, ask, dispatcher):
    narrowed = await ask(
        dispatcher,
        "/reports/response",
        category="emergency_response",
        mode="emergency",
        by="county",
        **PERIOD,
    )
    where = "t.category = 'emergency_response' AND t.mode = 'emergency'"
    assert narrowed["total"] == await plain(session, where, {})
    assert all(group["name"] for group in narrowed["groups"])


async def test_a_period_without_tasks_has_figures_of_nothing(ask, dispatcher):
    report = await ask(
        dispatcher, "/reports/response", by="day", since="2020-01-01T00:00Z", until="2020-01-02T00:00Z"
    )
    assert report["total"]["tasks"] == 0
    assert report["total"]["filled"] == {"tasks": 0, "median_s": None, "p90_s": None}
    assert report["groups"] == []


async def test_the_same_figures_as_csv_and_xlsx(tasks, ask, client, dispatcher):
    report = await ask(dispatcher, "/reports/response", by="county", **PERIOD)
    tables = {}
    for form in ("csv", "xlsx"):
        answer = await client.get(
            "/api/v1/reports/response",
            params={"by": "county", "format": form, **PERIOD},
            headers=dispatcher | {"Accept-Language": "zh"},
        )
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].endswith(f'.{form}"')
        tables[form] = answer.content
    rows = list(csv.reader(StringIO(tables["csv"].decode("utf-8-sig"))))
    assert rows[0][:3] == ["分组", "名称", "任务数"]
    assert [int(row[2]) for row in rows[1:]] == [
        report["total"]["tasks"],
        *(group["tasks"] for group in report["groups"]),
    ]
    cells = [
        ["" if cell is None else cell for cell in row]
        for row in load_workbook(BytesIO(tables["xlsx"])).active.iter_rows(values_only=True)
    ]
    assert [[str(cell) for cell in row] for row in cells] == [
        [cell.removesuffix(".0") if cell.endswith(".0") else cell for cell in row] for row in rows
    ]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"since": UNTIL.isoformat(), "until": SINCE.isoformat()}, "empty-period"),
        ({"area": "990000"}, "unknown-area"),
        ({"by": "member"}, "invalid-parameter"),
        ({"since": "yesterday"}, "invalid-parameter"),
    ],
)
async def test_what_cannot_be_asked(client, dispatcher, query, problem):
    answer = await client.get("/api/v1/reports/response", params=query, headers=dispatcher)
    assert answer.status_code == 422
    assert answer.json()["type"] == f"/problems/{problem}"


async def test_a_member_and_a_gis_officer_may_not(client, login):
    for role in ("member", "gis"):
        answer = await client.get("/api/v1/reports/response", headers=await login(role))
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("shortfall", "seats", "found"),
    [
        (None, 2, {"not_taken": 2}),
        ({"causes": []}, 1, {"not_taken": 1}),
        ({"causes": [{"seats": 2, "reason": "off_duty"}]}, 1, {"off_duty": 1}),
        ({"causes": [{"seats": 1, "reason": "off_duty"}]}, 3, {"off_duty": 1, "not_taken": 2}),
        ({"causes": [{"seats": 1, "reason": None}]}, 1, {"not_taken": 1}),
        (
            {"causes": [{"seats": 1, "reason": "busy"}, {"seats": 2, "reason": "too_far"}]},
            2,
            {"busy": 1, "too_far": 1},
        ),
    ],
)
def test_causes_never_count_more_seats_than_there_are(shortfall, seats, found):
    assert causes(shortfall, seats) == found
