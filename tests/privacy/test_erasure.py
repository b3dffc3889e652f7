"""After an erasure nothing leads to the person, and what was counted of them still counts."""

from uuid import UUID

import pytest
from sqlalchemy import text

from service.privacy.words import Words, without
from tests.privacy.conftest import SPOT
from tests.privacy.life import NUMBER, OFFERS, WORDS, everywhere, fill

PLACES = (f"{SPOT[0]}", f"{SPOT[1]}")


@pytest.fixture
async def someone(session, clock, client, phone, login, asked, move):
    """A member who has everything."""
    return await fill(session, clock, client, phone, login, asked, move)


async def figures(client, session, login):
    """What is counted: hours, answers, engagements, coverage."""
    admin = await login("admin")
    query = {"from": "2026-05-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"}
    hours = (await client.get("/api/v1/hours", params=query, headers=admin)).json()
    offers = await session.execute(
        text("SELECT state, answer, count(*) FROM offer GROUP BY 1, 2 ORDER BY 1, 2")
    )
    ended = await session.execute(
        text("SELECT state, counted_for, count(*) FROM engagement GROUP BY 1, 2 ORDER BY 1")
    )
    return (
        [each for each in hours["by_unit"]],
        round(sum(each["hours"] for each in hours["by_community"]), 2),
        offers.all(),
        ended.all(),
    )


async def test_nothing_leads_to_the_person(client, session, login, phone, someone):
    before = await everywhere(session, (*WORDS, *PLACES))
    assert set(before) == {*WORDS, *PLACES}
    assert len(set().union(*before.values())) >= 15, "they are all over the place"
    counted = await figures(client, session, login)
    assert counted[1] + sum(each["hours"] for each in counted[0]) >= 3

    wrong = await phone(someone.member, "DELETE", "/me", json={"confirm": "ZZQ-7789"})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/confirm-mismatch")
    answer = await phone(someone.member, "DELETE", "/me", json={"confirm": NUMBER})
    assert answer.status_code == 200, answer.text

    assert await everywhere(session, (*WORDS, *PLACES)) == {}
    assert await figures(client, session, login) == counted
    emptied = "SELECT count(*), count(decline_reason) FROM offer WHERE member_id = :id"
    offers, reasons = (await session.execute(text(emptied), {"id": UUID(someone.member)})).one()
    assert offers > OFFERS
    assert reasons == 0
    left = "SELECT m.*, u.office_grid_id, m.home = u.office AS there FROM member m JOIN unit u ON u.id = m.unit_id"
    row = (await session.execute(text(f"{left} WHERE m.id = :id"), {"id": UUID(someone.member)})).one()
    assert (row.number, row.name, row.active, row.opted_out) == (answer.json()["number"], "已删除", False, [])
    assert row.home_grid_id == row.office_grid_id
    assert row.there
    assert row.erased_at is not None


async def test_the_way_back_is_closed_and_the_number_is_free(client, session, login, phone, someone, clock):
    admin = await login("admin")
    erase = f"/api/v1/members/{someone.member}/erase"
    for role, status in {"unit_manager": 403, "dispatcher": 403, "auditor": 403, "gis": 403}.items():
        headers = await login(role, areas=["4408"], units=["U001"])
        assert (await client.post(erase, headers=headers, json={"confirm": NUMBER})).status_code == status
    stranger = await login("member")
    assert (await client.post(erase, headers=stranger, json={"confirm": NUMBER})).status_code == 404
    community = (await client.get(f"/api/v1/members/{someone.member}", headers=admin)).json()[
        "home_community"
    ]
    assert (await client.post(erase, headers=admin, json={"confirm": NUMBER})).status_code == 200

    assert (await client.post(erase, headers=admin, json={"confirm": NUMBER})).status_code == 404
    assert (await phone(someone.member, "GET", "/me")).status_code == 401
    assert (await client.get(f"/api/v1/members/{someone.member}", headers=admin)).status_code == 404
    path = f"/api/v1/members/{someone.member}"
    assert (await client.patch(path, headers=admin, json={"active": True})).status_code == 404
    assert (await client.post(f"{path}/enrolment-codes", headers=admin)).status_code == 404
    account = await session.scalar(
        text("SELECT id FROM account WHERE member_id = :id"), {"id": UUID(someone.member)}
    )
    revived = await client.patch(f"/api/v1/accounts/{account}", headers=admin, json={"active": True})
    assert (revived.status_code, revived.json()["type"]) == (409, "/problems/member-erased")

    new = {
        "number": NUMBER,
        "name": "无关·示例乙",
        "unit_code": "U001",
        "home_community": community["code"],
        "tier": "normal",
    }
    made = await client.post("/api/v1/members", headers=admin, json=new)
    assert made.status_code == 201, made.text
    undone = await session.scalar(
        text("SELECT count(*) FROM import_change WHERE code = :code"), {"code": NUMBER}
    )
    assert undone == 0, "undoing the import would bring the name back"


async def test_nobody_is_erased_while_engaged_and_a_pending_offer_goes_to_the_next(
    client, session, phone, login, read, asked, move
):
    someone = await asked()
    number = await session.scalar(
        text("SELECT number FROM member WHERE id = :id"), {"id": UUID(someone.member)}
    )
    other = (await read(someone.task))["waves"]
    answer = await phone(someone.member, "DELETE", "/me", json={"confirm": number})
    assert answer.status_code == 200, answer.text
    after = await read(someone.task)
    ended = [o for wave in after["waves"] for o in wave["offers"] if o["member_id"] == someone.member]
    assert [each["state"] for each in ended] == ["cancelled"]
    assert len(after["waves"]) == len(other) + 1


async def test_an_engaged_member_is_refused(session, phone, asked, move):
    someone = await asked()
    await move(someone, "accepted")
    number = await session.scalar(
        text("SELECT number FROM member WHERE id = :id"), {"id": UUID(someone.member)}
    )
    answer = await phone(someone.member, "DELETE", "/me", json={"confirm": number})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/erase-while-engaged")
    assert await session.scalar(text("SELECT name FROM member WHERE number = :n"), {"n": number}) != "已删除"


async def test_a_name_that_is_a_common_word_goes_where_the_member_was_concerned(
    client, session, phone, asked, post
):
    someone = await asked(title="马路积水，请马路先到")
    other = await post(title="马路积水")
    await session.execute(
        text("UPDATE member SET name = '马路' WHERE id = :id"), {"id": UUID(someone.member)}
    )
    await session.commit()
    number = await session.scalar(
        text("SELECT number FROM member WHERE id = :id"), {"id": UUID(someone.member)}
    )
    assert (await phone(someone.member, "DELETE", "/me", json={"confirm": number})).status_code == 200
    titles = dict((await session.execute(text("SELECT id::text, title FROM task"))).all())
    assert titles[someone.task] == "已删除积水，请已删除先到"
    assert titles[other["id"]] == "马路积水"


def test_words_are_taken_out_and_nothing_else():
    words = Words(frozenset({"张三", "a@b.example", "张"}), frozenset({"M1"}))
    assert (words.everywhere().names, words.short().names) == ({"a@b.example"}, {"张三"})
    value = {"a@b.example": ["m1去了", "M12", "XM1", 3, None], "给 A@b.example": "M1"}
    expected = {"已删除": ["已删除去了", "M12", "XM1", 3, None], "给 已删除": "已删除"}
    assert without(value, words.everywhere().pattern()) == expected
    assert without("张三，张四", words.short().pattern()) == "已删除，张四"
    assert Words(frozenset(), frozenset()).pattern() is None
    assert 'say \\"hi\\"' in Words(frozenset({'say "hi"'}), frozenset()).needles()
