"""Logs and metrics name a route by its template, and never hold what is secret."""

import json

import pytest
from prometheus_client import REGISTRY

from service.db.base import new_id


def lines(capsys):
    """The log lines so far."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_a_request_is_logged_by_its_template_and_number(client, login, capsys):
    answer = await client.get(f"/api/v1/accounts/{new_id()}/devices", headers=await login("admin"))
    (line,) = lines(capsys)
    assert line["route"] == "/api/v1/accounts/{account_id}/devices"
    assert (line["method"], line["status"]) == ("GET", 404)
    assert line["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/api/v1/me?token=hush", "/hush"])
async def test_neither_tokens_nor_query_strings_are_logged(client, capsys, path):
    await client.get(path, headers={"Authorization": "Bearer hush"})
    assert "hush" not in str(lines(capsys))


async def test_a_failed_login_does_not_log_the_password(client, capsys):
    form = {"grant_type": "password", "username": "hush", "password": "hush"}
    await client.post("/api/v1/token", data=form)
    assert "hush" not in str(lines(capsys))


async def test_each_answer_is_counted(client):
    labels = {"method": "GET", "route": "/api/v1/me", "status": "401"}
    before = REGISTRY.get_sample_value("vanguard_requests_total", labels) or 0
    await client.get("/api/v1/me")
    assert REGISTRY.get_sample_value("vanguard_requests_total", labels) == before + 1
