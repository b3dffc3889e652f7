"""Logins to the database read the published views and nothing else: tried with a real one, against the city's data."""

import asyncio
import re
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from service import schema
from service.errors import SetupError
from service.ogc.collections import COLLECTIONS
from service.ogc.role import drop_login, grant, group_of, make_login
from service.settings import Settings
from tests.conftest import administer, server_url, url_of

COLUMNS = {
    "governance_grids": "code name name_en level parent_code leaf area_m2 invented valid_from geom",
    "party_grids": "code name name_en unit_code unit_name unit_name_en area_m2 invented valid_from geom",
    "grid_versions": "id layer code name name_en level parent_code unit_code leaf area_m2 invented valid_from valid_to"
    " geom",
    "overlay": "governance_grid_id party_grid_id governance_code governance_name level leaf party_code party_name"
    " unit_code unit_name area_m2 governance_share party_share geom",
    "gaps": "governance_grid_id code name name_en level area_m2 share width_m sliver geom",
    "overlaps": "party_grid_a_id party_grid_b_id code_a name_a unit_a code_b name_b unit_b area_m2 share_a share_b"
    " width_m sliver geom",
    "coverage": "code name name_en level parent_code area_m2 covered_share gap_m2 units unit_codes members_home"
    " members_home_suppressed members_units members_units_suppressed geom",
    "links": "code name name_en kind grid_a grid_b length_m minutes wait_minutes open invented geom",
    "tasks": "id category urgency state mode level drill grid_code grid_name posted_at staffed_at ended_at seats filled"
    " geom",
}
"""All that is published, typed once more: nobody adds a column without passing here."""

FORBIDDEN = (
    "SELECT query_to_xml('SELECT * FROM member', true, false, '')",
    "SELECT table_to_xml('city_440800.member', true, false, '')",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT nextval('city_440800.outbox_id_seq')",
    "SELECT * FROM pg_authid",
    "SET ROLE pg_read_all_data",
    "COPY (SELECT * FROM city_440800.member) TO STDOUT",
    "COPY city_440800.member TO '/tmp/member'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "EXPLAIN ANALYZE SELECT * FROM member",
    "SELECT c.* FROM published_coverage c JOIN member m ON m.home_grid_id::text = c.code",
    "SELECT * FROM published_tasks t JOIN offer o ON o.task_id = t.id",
    "SELECT * FROM published_tasks t, LATERAL (SELECT location FROM task WHERE task.id = t.id) AS place",
    "SELECT * FROM published_links WHERE EXISTS (SELECT FROM presence)",
    "INSERT INTO published_links (code) VALUES ('x')",
    "UPDATE published_tasks SET state = 'closed'",
    "DELETE FROM published_governance_grids",
    "CREATE TABLE city_440800.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "ALTER VIEW published_tasks RENAME TO tasks",
    "LOCK TABLE member IN ACCESS SHARE MODE",
)


NO_SECRET = {
    "grid_version.geom",
    "overlay.geom",
    "gap.geom",
    "party_overlap.geom",
    "crossing.location",
    "link.end_a",
    "link.end_b",
    "unit.office",
}
"""Geometry that is published, or might as well be."""


@pytest.fixture
async def name():
    """A login's name of the test's own: roles belong to the whole server."""
    name = f"gis_{uuid4().hex[:12]}"
    yield name
    connection = await asyncpg.connect(server_url())
    left = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    await connection.close()
    if left:
        await administer(f'DROP ROLE "{name}"')


@pytest.fixture
async def settings(databases, city_template, tmp_path):
    """A copy of the city, without its group role at the end."""
    url = await databases.clone(city_template)
    settings = Settings(database_url=url, home=tmp_path)
    yield settings
    await databases.drop(url)
    await administer(f'DROP ROLE IF EXISTS "{group_of(settings)}"')


@pytest.fixture
async def officer(settings, name):
    """A connection with a login that was made for it."""
    login = await make_login(settings, name, "")
    url = make_url(settings.database_url).set(username=login.name, password=login.password)
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    # What is only a default is no wall.
    await connection.execute("SET default_transaction_read_only = off")
    yield connection
    await connection.close()


async def test_it_reads_every_published_view(officer):
    for collection in COLLECTIONS.values():
        count = await officer.fetchval(f"SELECT count(*) FROM {collection.view}")
        assert count or collection.id == "tasks", collection.id
        one = await officer.fetchrow(f"SELECT ST_AsText(geom) FROM {collection.view} LIMIT 1")
        assert one or collection.id == "tasks", collection.id


async def test_the_published_columns_are_those_typed_here(officer):
    found = await officer.fetch(
        "SELECT table_name, string_agg(column_name, ' ' ORDER BY ordinal_position) AS names"
        " FROM information_schema.columns WHERE table_schema = 'city_440800' GROUP BY table_name"
    )
    assert {row["table_name"]: row["names"] for row in found} == {
        f"published_{name}": columns for name, columns in COLUMNS.items()
    }
    for collection in COLLECTIONS.values():
        assert {each.name for each in collection.properties} <= set(COLUMNS[collection.id].split())


async def test_it_reads_no_table(officer):
    assert {"member", "offer", "presence", "task", "account", "outbox"} <= set(schema.metadata.tables)
    for table in schema.metadata.tables:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await officer.fetch(f'SELECT 1 FROM "{table}"')
    public = await officer.fetch(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'city_440800' AND relkind IN ('r', 'v', 'm', 'S', 'p')"
        " AND CASE relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'USAGE, SELECT, UPDATE')"
        " ELSE has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
        " OR has_any_column_privilege(c.oid, 'SELECT') END"
    )
    assert {row["relname"] for row in public} == {each.view for each in COLLECTIONS.values()}


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_it_can_do_nothing_else(officer, statement):
    with pytest.raises(
        asyncpg.PostgresError, match=r"permission denied|must be|cannot (insert|update|delete)"
    ):
        async with officer.transaction():
            await officer.fetch(statement)


async def test_the_whole_database_as_xml_holds_no_person(officer, settings):
    connection = await asyncpg.connect(settings.database_url)
    name = await connection.fetchval("SELECT name FROM city_440800.member LIMIT 1")
    await connection.close()
    try:
        dump = await officer.fetchval("SELECT schema_to_xml('city_440800', true, false, '')::text")
    except asyncpg.InsufficientPrivilegeError:
        return
    assert name not in dump


async def test_statistics_tell_nothing_of_people(officer, settings):
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("ANALYZE city_440800.member")
    assert await connection.fetchval("SELECT count(*) FROM pg_stats WHERE tablename = 'member'")
    await connection.close()
    assert (
        await officer.fetchval(
            "SELECT count(*) FROM pg_stats WHERE tablename IN ('member', 'presence', 'task')"
        )
        == 0
    )


async def test_no_statistics_are_kept_of_where_people_are(officer, settings):
    """PostGIS shows statistics of geometry to anybody: they may be kept of what is published, and of units' offices."""
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("ANALYZE")
    columns = await connection.fetch(
        "SELECT c.oid, c.relname, a.attname, a.attstattarget FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'city_440800'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND a.atttypid = 'geometry'::regtype"
    )
    await connection.close()
    secret = [each for each in columns if f"{each['relname']}.{each['attname']}" not in NO_SECRET]
    assert {"member.home", "presence.location", "task.location"} <= {
        f"{each['relname']}.{each['attname']}" for each in secret
    }
    for each in secret:
        assert each["attstattarget"] == 0, each
        for question in (
            f"ST_EstimatedExtent('city_440800', '{each['relname']}', '{each['attname']}')",
            f"_postgis_stats({each['oid']}::regclass, '{each['attname']}')",
            f"_postgis_selectivity({each['oid']}::regclass, '{each['attname']}', ST_MakeEnvelope(0, 0, 9, 9, 4490))",
        ):
            try:
                told = await officer.fetchval(f"SELECT {question}")
            except asyncpg.PostgresError:
                continue
            assert not told, question


async def test_no_person_and_no_position_is_in_any_row(officer, settings):
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("SET search_path = city_440800, public")
    people = await connection.fetch("SELECT id::text, name, number FROM member")
    places = await connection.fetch(
        "SELECT round(ST_X(p)::numeric, 6) || ' ' || round(ST_Y(p)::numeric, 6) AS place"
        " FROM (SELECT location AS p FROM presence UNION SELECT home FROM member) AS points"
    )
    await connection.close()
    secrets = {value for row in people for value in row} | {row["place"] for row in places}
    assert len(secrets) > 4000
    words = re.compile(r"[^\s,;\"'()]+")
    for collection in COLLECTIONS.values():
        columns = ", ".join(each.name for each in collection.properties)
        rows = await officer.fetch(f"SELECT {columns} FROM {collection.view}")
        shown = {word for row in rows for value in row for word in words.findall(str(value))}
        points = await officer.fetch(
            "SELECT round(ST_X(p.geom)::numeric, 6) || ' ' || round(ST_Y(p.geom)::numeric, 6) AS place"
            f" FROM {collection.view}, ST_DumpPoints({collection.view}.geom) AS p"
        )
        assert not secrets & (shown | {row["place"] for row in points}), collection.id


async def test_a_function_of_ones_own_sees_no_more_than_the_view(officer):
    """A cheap function in a filter is called before other conditions: it is given what the view gives, no more."""
    try:
        await officer.execute(
            "CREATE FUNCTION pg_temp.look(value anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001"
            " AS $$ BEGIN RAISE NOTICE 'saw %', value; RETURN true; END $$"
        )
    except asyncpg.InsufficientPrivilegeError:
        return
    seen = []
    officer.add_log_listener(lambda _, message: seen.append(message.message))
    await officer.fetch("SELECT code FROM published_coverage WHERE pg_temp.look(members_home)")
    counts = {int(each.removeprefix("saw ")) for each in seen if "NULL" not in each}
    assert counts
    assert not counts & {1, 2, 3, 4}


async def test_a_second_call_renews_the_password(settings, name):
    first = await make_login(settings, name, "")
    second = await make_login(settings, name, "")
    assert (first.renewed, second.renewed) == (False, True)
    assert first.password != second.password


async def test_views_that_are_made_again_are_granted_again(officer, settings):
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("SET search_path = city_440800, public")
    definition = await connection.fetchval("SELECT pg_get_viewdef('published_links')")
    await connection.execute(f"DROP VIEW published_links; CREATE VIEW published_links AS {definition}")
    await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await officer.fetch("SELECT 1 FROM published_links")
    await grant(settings)
    await officer.fetch("SELECT 1 FROM published_links")


async def test_dropping_ends_its_connections(officer, settings, name):
    gone = asyncio.Event()
    officer.add_termination_listener(lambda _: gone.set())
    await drop_login(settings, name, "")
    async with asyncio.timeout(30):
        await gone.wait()
    with pytest.raises(SetupError, match="There is no login"):
        await drop_login(settings, name, "")


def test_groups_of_different_databases_have_different_names(settings):
    def group(database: str, city: str) -> str:
        url = f"postgresql://vanguard@127.0.0.1/{database}"
        return group_of(settings.model_copy(update={"database_url": url, "city": city}))

    assert group("vanguard", "440800") == "vanguard_city_440800_gis"
    cities = [("湛" * 20, "440800"), ("湛" * 20, "440900"), ("d" * 60, "440800"), ("d" * 59 + "e", "440800")]
    names = {group(*each) for each in cities}
    assert len(names) == len(cities)
    assert all(len(each.encode()) <= 63 for each in names)


@pytest.mark.parametrize("wrong", ["", "Robert", "a;b", 'a"b', "1a", "a" * 42, "网格"])
async def test_a_name_that_is_none_is_refused(settings, wrong):
    with pytest.raises(SetupError, match="is no name for a login"):
        await make_login(settings, wrong, "")


async def test_a_role_of_somebody_elses_is_left_alone(settings, name):
    await administer(f'CREATE ROLE "{name}" LOGIN')
    for act in (make_login, drop_login):
        with pytest.raises(SetupError):
            await act(settings, name, "")


async def test_an_account_that_may_not_make_roles_gets_the_statements(settings, name):
    other = f"{name}_service"
    await administer(f"CREATE ROLE {other} LOGIN PASSWORD 'pass'")
    try:
        database = make_url(settings.database_url).database
        url = (
            make_url(url_of(database))
            .set(username=other, password="pass")
            .render_as_string(hide_password=False)
        )
        with pytest.raises(SetupError) as refused:
            await make_login(settings, name, url)
    finally:
        await administer(f"DROP ROLE {other}")
    said = str(refused.value)
    assert f'CREATE ROLE "{name}" LOGIN;' in said
    assert "GRANT SELECT ON" in said
    assert "PASSWORD '…'" in said


async def test_an_unreachable_server_is_one_sentence(settings, name):
    with pytest.raises(SetupError, match="cannot be reached"):
        await make_login(settings, name, "postgresql://nobody:x@127.0.0.1:1/none")


def queries_of_the_docs():
    """Each query of docs/gis-database.md."""
    page = (Path(__file__).parents[2] / "docs" / "gis-database.md").read_text()
    return re.findall(r"```sql\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("number", range(len(queries_of_the_docs())))
async def test_the_queries_of_the_docs_run_as_they_stand(officer, number):
    query = queries_of_the_docs()[number]
    rows = await officer.fetch(query)
    assert rows or "published_tasks" in query
