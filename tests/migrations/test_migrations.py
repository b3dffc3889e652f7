"""Migrations from empty, down and up again, in step with the models; and what they say when they cannot run."""

import httpx
import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import NullPool, text

from service.app import create_app
from service.db.engine import make_engine
from service.db.migrate import alembic_config, migrate
from service.errors import SetupError
from service.settings import Settings


async def on_connection(settings, run, *arguments):
    """Run an alembic command on a connection that serves the city."""
    engine = make_engine(settings, poolclass=NullPool)
    async with engine.connect() as connection:

        def go(sync):
            config = alembic_config()
            config.attributes |= {"connection": sync, "schema": settings.schema_name}
            run(config, *arguments)
            sync.commit()

        await connection.run_sync(go)
    await engine.dispose()


async def tables(settings):
    """The tables of the city's schema."""
    engine = make_engine(settings, poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = :s ORDER BY 1"),
            {"s": settings.schema_name},
        )
        names = found.all()
    await engine.dispose()
    return names


async def test_the_models_and_the_migrations_agree(fresh_settings):
    await on_connection(fresh_settings, command.check)


async def test_check_would_notice_a_difference(fresh_settings):
    engine = make_engine(fresh_settings, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE task DROP COLUMN end_reason"))
    await engine.dispose()
    with pytest.raises(CommandError, match="New upgrade operations detected"):
        await on_connection(fresh_settings, command.check)


async def test_down_to_nothing_and_up_again(fresh_settings):
    before = await tables(fresh_settings)
    assert {"task", "offer", "outbox", "alembic_version"} <= set(before)
    await on_connection(fresh_settings, command.downgrade, "base")
    assert await tables(fresh_settings) == ["alembic_version"]
    await migrate(fresh_settings)
    assert await tables(fresh_settings) == before


OF_THE_FIRST_RELEASE = """
    INSERT INTO playbook (id, category, version, name_zh, name_en, sections, guidance, created_at)
    VALUES ('00000000-0000-0000-0000-000000000001', 'flood', 1, '防汛', 'Flood',
            '{"normal": {"acceptance_prior": 0.35, "one_offer_a_seat": true, "max_offers": 20},
              "emergency": {"acceptance_prior": 0.4, "one_offer_a_seat": false, "max_offers": 60}}', '{}', now());
    INSERT INTO timer (id, kind, subject_id, due_at, attempts)
    VALUES ('00000000-0000-0000-0000-000000000002', 'wave.due', '00000000-0000-0000-0000-000000000003', now(), 0)
"""


async def test_what_the_first_release_wrote_goes_on_in_the_second_and_back(fresh_settings):
    await on_connection(fresh_settings, command.downgrade, "0001")
    engine = make_engine(fresh_settings, poolclass=NullPool)

    async def sections():
        async with engine.connect() as connection:
            return await connection.scalar(text("SELECT sections FROM playbook"))

    async with engine.begin() as connection:
        for statement in OF_THE_FIRST_RELEASE.split(";"):
            await connection.exec_driver_sql(statement)
    before = await sections()
    await migrate(fresh_settings)
    assert await sections() == {
        "normal": {"acceptance_prior": [[0, 0.35]], "calls_standby": False, "max_offers": 20},
        "emergency": {"acceptance_prior": [[0, 0.4]], "calls_standby": True, "max_offers": 60},
    }
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT area FROM timer")) == ""
    await on_connection(fresh_settings, command.downgrade, "0001")
    assert await sections() == before
    await engine.dispose()


DERIVED = """
    SELECT 'overlay' AS what, governance_grid_id::text, party_grid_id::text, round(area_m2), md5(geom::text)
    FROM overlay
    UNION ALL SELECT 'gap', governance_grid_id::text, '', round(area_m2), md5(geom::text) FROM gap
    UNION ALL SELECT 'overlap', party_grid_a_id::text, party_grid_b_id::text, round(area_m2), md5(geom::text)
    FROM party_overlap
    ORDER BY 1, 2, 3
"""


async def test_an_older_map_gets_its_ground_gaps_and_overlaps(databases, city_template, tmp_path):
    url = await databases.clone(city_template)
    settings = Settings(database_url=url, home=tmp_path)
    engine = make_engine(settings, poolclass=NullPool)

    async def derived():
        async with engine.connect() as connection:
            return (await connection.execute(text(DERIVED))).all()

    before = await derived()
    await on_connection(settings, command.downgrade, "0003")
    await migrate(settings)
    assert {row.what for row in before} == {"overlay", "gap", "overlap"}
    assert await derived() == before
    await engine.dispose()
    await databases.drop(url)


async def test_migrating_again_changes_nothing(fresh_settings):
    before = await tables(fresh_settings)
    await migrate(fresh_settings)
    assert await tables(fresh_settings) == before


async def test_two_cities_live_in_schemas_of_their_own(fresh_settings):
    other = fresh_settings.model_copy(update={"city": "440900"})
    await migrate(other)
    assert await tables(other) == await tables(fresh_settings)


async def test_the_rules_for_many_cities_hold(fresh_settings):
    """DESIGN §3.9: a key on every table, no identity columns, no triggers, nothing unlogged."""
    engine = make_engine(fresh_settings, poolclass=NullPool)
    async with engine.connect() as connection:

        async def names(sql):
            return (await connection.scalars(text(sql), {"s": fresh_settings.schema_name})).all()

        of_city = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = :s"
        assert (
            await names(
                f"SELECT relname {of_city} AND relkind = 'r' AND NOT EXISTS"
                " (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)"
            )
            == []
        )
        assert await names(f"SELECT relname {of_city} AND relpersistence <> 'p'") == []
        assert await names(f"SELECT relname {of_city} AND relkind = 'm'") == []
        assert (
            await names(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = :s AND is_identity = 'YES'"
            )
            == []
        )
        assert (
            await names(
                "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = :s AND NOT tgisinternal"
            )
            == []
        )
    await engine.dispose()


async def test_an_unreachable_server_is_one_sentence(tmp_path):
    settings = Settings(database_url="postgresql://nobody:secret@127.0.0.1:1/none", home=tmp_path)
    with pytest.raises(
        SetupError, match=r"No PostgreSQL answers at postgresql://nobody:\*\*\*@127.0.0.1:1/none"
    ):
        await migrate(settings)


async def test_a_missing_database_is_one_sentence(fresh_settings):
    url = fresh_settings.database_url.rsplit("/", 1)[0] + "/there_is_none"
    with pytest.raises(SetupError, match="there_is_none"):
        await migrate(fresh_settings.model_copy(update={"database_url": url}))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [("", "is not set"), ("mysql://a@b/c", "PostgreSQL"), ("nonsense", "not a database URL")],
)
async def test_a_wrong_address_is_one_sentence(tmp_path, url, sentence):
    with pytest.raises(SetupError, match=sentence):
        await migrate(Settings(database_url=url, home=tmp_path))


async def test_a_release_is_not_ready_before_its_migrations_have_run(fresh_settings):
    app = create_app(fresh_settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        assert (await client.get("/readyz")).status_code == 200
        await on_connection(fresh_settings, command.downgrade, "-1")
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/schema-behind")
        assert "vanguard migrate" in answer.json()["detail"]
        async with app.state.sessions.begin() as session:
            await session.execute(text("UPDATE alembic_version SET version_num = 'of a later release'"))
        assert (await client.get("/readyz")).status_code == 200
