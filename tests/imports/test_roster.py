"""Members and units from a file: what is added, changed, deactivated, and that it takes seconds for thousands."""

from sqlalchemy import event, text

from service.imports.checks.found import Findings
from service.imports.checks.members import KnownMember, MemberRow, Roster, check_members
from service.imports.checks.scope import Scope
from service.roster.rules import HeldSkill, Tier
from tests.imports.conftest import (
    EAST,
    EAST_UNIT,
    WEST,
    WEST_UNIT,
    csv,
    geojson,
    members,
    someone,
    xlsx,
)
from tests.imports.conftest import feature as shape_of

COLUMNS = ("编号", "姓名", "所属单位", "所在社区", "类别", "技能")


async def roster(client, headers, **query):
    """The members by number, as they are read over REST."""
    answer = await client.get("/api/v1/members", params={"limit": 500, **query}, headers=headers)
    return {each["number"]: each for each in answer.json()["items"]}


async def test_a_chinese_workbook_with_names_instead_of_codes(city, admin, send, client):
    content = xlsx(COLUMNS, ("M1", "测试甲", "西局", "西社区", "战备", "驾船:2027-01-31；急救"))
    answer = await send("members", content, admin, name="队员.xlsx")
    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert [(each["field"], each["column"], each["given"]) for each in report["columns"]][:2] == [
        ("number", "编号", False),
        ("name", "姓名", False),
    ]
    assert "测试甲" not in answer.text, "a report names people by their number"
    found = (await roster(client, admin))["M1"]
    assert (found["unit_code"], found["home_community"]["code"]) == (WEST_UNIT, WEST)
    assert found["tier"] == "standby"
    assert {each["code"] for each in found["skills"]} == {"boat", "first_aid"}


async def test_a_dry_run_of_members_says_what_then_happens(city, admin, send, counts, client):
    await city.member("M1")
    await city.member("M2")
    content = members(someone("M1", name="队员M1"), someone("M2", name="改名"), someone("M3"))
    before = await counts()
    dry = (await send("members", content, admin, dry_run=True)).json()
    assert (dry["added"]["count"], dry["changed"]["count"], dry["unchanged"]) == (1, 1, 1)
    assert await counts() == before
    real = await send("members", content, admin)
    assert real.status_code == 201, real.text
    after = await counts()
    assert after["member"] - before["member"] == 1
    assert after["import_change"] == 2
    assert after["outbox"] - before["outbox"] == 2, "one for each member who came or changed"
    assert after["edition"] == before["edition"]
    assert (await roster(client, admin))["M2"]["name"] == "改名"


async def test_what_has_no_column_stays(city, admin, send, session):
    await city.member("M1", tier=Tier.STANDBY, skills=[HeldSkill("boat", None)])
    content = csv(("number", "name", "unit_code", "home_community"), ("M1", "改名", WEST_UNIT, WEST))
    report = (await send("members", content, admin)).json()
    assert report["changed"]["items"][0]["fields"] == ["name"]
    row = await session.execute(
        text("SELECT m.tier, s.skill_code FROM member m JOIN member_skill s ON s.member_id = m.id")
    )
    assert tuple(row.one()) == ("standby", "boat")


async def test_those_whom_the_file_leaves_out_are_deactivated(city, admin, send, client):
    await city.member("M1")
    await city.member("M2")
    await city.member("M3", unit=EAST_UNIT, home=EAST)
    answer = await send("members", members(someone("M1", name="队员M1")), admin, missing="close")
    assert answer.status_code == 201, answer.text
    assert [each["code"] for each in answer.json()["closed"]["items"]] == ["M2"]
    found = await roster(client, admin)
    assert {number: each["active"] for number, each in found.items()} == {"M1": True, "M2": False, "M3": True}


async def test_units_with_offices_from_a_table_and_from_points(city, admin, send, client, session):
    table = csv(("单位编码", "单位名称", "类别", "经度", "纬度"), ("U-1", "某局", "bureau", 110.41, 21.21))
    answer = await send("units", table, admin, crs="EPSG:4490")
    assert answer.status_code == 201, answer.text
    points = geojson(
        shape_of({"type": "Point", "coordinates": [110.43, 21.21]}, code="U-2", name="另局", kind="bureau")
    )
    assert (await send("units", points, admin, name="units.geojson")).status_code == 201
    rows = await session.execute(
        text(
            "SELECT u.code, g.code FROM unit u JOIN grid g ON g.id = u.office_grid_id WHERE u.code LIKE 'U-_'"
        )
    )
    assert dict(tuple(row) for row in rows) == {"U-1": WEST, "U-2": EAST}


async def test_an_office_in_gcj02_is_converted(city, admin, send, session):
    table = csv(("code", "name", "kind", "lon", "lat"), ("U-1", "某局", "bureau", 110.41, 21.21))
    assert (await send("units", table, admin, crs="GCJ02")).status_code == 201
    lon = await session.scalar(text("SELECT ST_X(office) FROM unit WHERE code = 'U-1'"))
    assert 0.004 < 110.41 - lon < 0.006


async def test_units_are_never_closed(city, admin, send, counts):
    before = await counts()
    table = csv(("code", "name", "kind", "lon", "lat"), ("U-1", "某局", "bureau", 110.41, 21.21))
    report = (await send("units", table, admin, crs="EPSG:4490", missing="close")).json()
    assert report["closed"]["count"] == 0
    assert (await counts())["unit"] == before["unit"] + 1


async def test_two_thousand_members_take_a_handful_of_statements(city, admin, send, counts, connection):
    rows = [someone(f"M{number:04d}", skills="boat;first_aid") for number in range(2000)]
    seen = []

    def note(conn, cursor, statement, *rest):
        seen.append(statement)

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    try:
        answer = await send("members", members(*rows), admin)
    finally:
        event.remove(connection.sync_connection, "before_cursor_execute", note)
    assert answer.status_code == 201, answer.text
    assert answer.json()["added"]["count"] == 2000
    assert len(seen) < 80, "however many they are"
    after = await counts()
    assert (after["member"], after["member_skill"], after["import_change"]) == (2000, 4000, 2000)


def test_somebody_who_is_out_is_warned_of():
    known = KnownMember("M1", "队员M1", WEST_UNIT, WEST, Tier.NORMAL, (), True)
    roster = Roster({"M1": known}, {WEST_UNIT: "西局"}, {WEST: "西社区"}, {}, engaged={"M1"})
    row = MemberRow(2, "M1", "队员M1", WEST_UNIT, WEST, None, None, False)
    findings = Findings()
    plan = check_members([row], roster, Scope(), close=False, findings=findings)
    assert [(each.row, each.field, each.reason) for each in findings.notes] == [
        (2, "active", "member-engaged")
    ]
    assert plan.put[0].active is False
