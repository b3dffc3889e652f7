"""The export holds all that is kept about a member, as the document's schema says, and nothing of other people's."""

from sqlalchemy import text

from service.privacy.schemas.data import MemberData
from tests.privacy.conftest import SPOT
from tests.privacy.life import NAME, NUMBER, PHONE, TOLD, fill


async def test_the_export_is_whole_and_ones_own(session, clock, client, phone, login, asked, move):
    someone = await fill(session, clock, client, phone, login, asked, move)
    answer = await phone(someone.member, "GET", "/me/data")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="vanguard-data.json"'
    assert answer.headers["cache-control"] == "no-store"

    data = MemberData.model_validate_json(answer.content)
    assert (data.version, data.member.name, data.member.number) == (1, NAME, NUMBER)
    assert not [name for name, value in data if not value], "every section has something"
    assert [(each.lon, each.lat) for each in data.checkins] == [SPOT]
    assert {each.decline_reason for each in data.offers} == {TOLD}
    assert PHONE in {each.address for each in data.contacts}
    assert [each.reason for each in data.not_asked] == ["resting"]
    assert all(each.roles == ["dispatcher"] and each.precision == "exact" for each in data.looks)

    words = set(answer.text.replace('"', " ").replace(",", " ").split())
    others = await session.execute(
        text("SELECT id::text, number, name FROM member WHERE id <> CAST(:id AS uuid)"),
        {"id": someone.member},
    )
    assert not words & {value for row in others for value in row}
    hashes = await session.scalars(text("SELECT encode(token_hash, 'hex') FROM device"))
    assert not [each for each in hashes if each in answer.text]


async def test_only_members_have_data(client, login):
    for role in ("dispatcher", "unit_manager", "gis", "auditor", "admin"):
        assert (await client.get("/api/v1/me/data", headers=await login(role))).status_code == 403
    assert (await client.get("/api/v1/me/data", headers=await login("member"))).status_code == 404
