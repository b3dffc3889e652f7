"""Who may ask about which area, and bad input."""

import pytest

PATHS = {
    "/coverage": {},
    "/coverage/thin": {"people": 5},
    "/coverage/activation": {"level": "II"},
    "/coverage/gaps": {},
    "/coverage/overlaps": {},
    "/coverage/siblings": {},
}


@pytest.mark.parametrize("path", PATHS)
async def test_an_area_is_held_to_the_callers_own(client, login, path):
    async def status(headers, area):
        answer = await client.get(f"/api/v1{path}", params=PATHS[path] | {"area": area}, headers=headers)
        return answer.status_code, answer.json().get("type")

    for role in ("gis", "dispatcher", "auditor"):
        headers = await login(role, areas=["440802"])
        assert (await status(headers, "440802"))[0] == 200
        assert (await status(headers, "440802001"))[0] == 200
        for elsewhere in ("440803", "4408"):
            assert await status(headers, elsewhere) == (403, "/problems/outside-your-area")
    admin = await login("admin")
    assert (await status(admin, "4408"))[0] == 200
    for role in ("unit_manager", "member"):
        assert await status(await login(role), "440802") == (403, "/problems/forbidden")


@pytest.mark.parametrize("path", ["/coverage/gaps", "/coverage/overlaps"])
async def test_lists_without_an_area_are_held_to_it_too(ask_all, login, path):
    mine = await login("gis", areas=["440802", "440803001"])
    everywhere = await login("gis", areas=["4408"])
    own = await ask_all(mine, path)
    every = await ask_all(everywhere, path)
    named = [await ask_all(everywhere, path, area=area) for area in ("440802", "440803001")]

    def key(item):
        return str(item.get("code") or [each["code"] for each in item["party_grids"]])

    assert {key(item) for item in own["items"]} == {key(item) for body in named for item in body["items"]}
    assert 0 < len(own["items"]) < len(every["items"])


@pytest.mark.parametrize(
    ("path", "query", "slug"),
    [
        ("/coverage", {"area": "990001"}, "unknown-area"),
        ("/coverage", {"area": "P001"}, "unknown-area"),
        ("/coverage", {"area": "44%"}, "invalid-parameter"),
        ("/coverage", {}, "invalid-parameter"),
        ("/coverage", {"area": "4408", "skill": "flying"}, "unknown-skill"),
        ("/coverage", {"area": "4408", "category": "picnic"}, "unknown-category"),
        ("/coverage", {"area": "4408", "minutes": "0"}, "invalid-parameter"),
        ("/coverage", {"area": "4408", "minutes": "-5"}, "invalid-parameter"),
        ("/coverage", {"area": "4408", "minutes": "1e9"}, "invalid-parameter"),
        ("/coverage", {"area": "4408", "minutes": "NaN"}, "invalid-parameter"),
        ("/coverage", {"area": "4408", "minutes": "61"}, "invalid-parameter"),
        ("/coverage", {"area": "4408", "level": "village"}, "invalid-parameter"),
        ("/coverage", {"area": "4408", "after": "AAAAAAAAAAAAAAAAAAAAAA"}, "invalid-cursor"),
        ("/coverage", {"area": "4408", "after": "junk!"}, "invalid-cursor"),
        ("/coverage", {"area": "4408", "crs": "EPSG:1"}, "unknown-crs"),
        ("/coverage/thin", {"area": "4408"}, "invalid-parameter"),
        ("/coverage/thin", {"area": "4408", "people": "0"}, "invalid-parameter"),
        ("/coverage/thin", {"area": "4408", "people": "4"}, "too-few-people"),
        ("/coverage/thin", {"area": "990001", "people": "5"}, "unknown-area"),
        ("/coverage/activation", {"area": "4408"}, "invalid-parameter"),
        ("/coverage/activation", {"area": "4408", "level": "V"}, "invalid-parameter"),
        ("/coverage/gaps", {"area": "990001"}, "unknown-area"),
        ("/coverage/gaps", {"slivers": "perhaps"}, "invalid-parameter"),
        ("/coverage/overlaps", {"after": "AAAA"}, "invalid-cursor"),
        ("/search", {}, "invalid-parameter"),
        ("/search", {"q": "  "}, "invalid-parameter"),
        ("/search", {"q": "\x00"}, "invalid-parameter"),
        ("/search", {"q": "湛", "limit": "0"}, "invalid-parameter"),
    ],
)
async def test_bad_input_is_named(client, gis, path, query, slug):
    answer = await client.get(f"/api/v1{path}", params=query, headers=gis)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}"), answer.text
