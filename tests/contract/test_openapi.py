import collections
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.checks import *
from schemathesis.specs.openapi.checks import *

from service.app import create_app
from service.settings import Settings
from tests.contract.real import put_real, values_of_the_city, scene, CHIKAN

document = create_app(Settings(home=Path("/nowhere"), token_key="k" * 43)).openapi()
config = schemathesis.Config.from_dict(
    {
        "generation": {"deterministic": True, "with-security-parameters": False, "allow-extra-parameters": False},
        "phases": {"coverage": {"enabled": True, "unexpected-methods": []}},
    }
)
schema = schemathesis.openapi.from_dict(document, config=config)
seen = collections.defaultdict(collections.Counter)
import time

spent = collections.Counter()


@pytest.fixture(scope="session")
def values(city):
    return city.run(values_of_the_city(city))


@pytest.fixture(scope="session")
def dispatcher(city):
    return city.account("dispatcher", areas=["4408"])


@pytest.fixture(scope="session")
def admin(city):
    return city.account("admin")


@pytest.fixture(scope="session")
def manager(city, values):
    return city.account("unit_manager", units=values["unit_code"][:10])


@pytest.fixture(scope="session", autouse=True)
def report():
    yield
    for k, c in seen.items():
        print("###", k, dict(c), round(spent[k], 1))


@pytest.fixture
def under_way(city, dispatcher):
    with scene(city, city.log_in(dispatcher)) as it:
        yield it


@pytest.fixture
def headers():
    return {}


def check(case, city, values, account, headers):
    t = time.perf_counter()
    touched = put_real(case, values)
    if not headers:
        headers |= city.log_in(account)
    answer = case.call(base_url=city.url, session=city.http, headers=headers)
    k = case.operation.label
    seen[k][answer.status_code] += 1
    if answer.status_code == 401:
        headers.clear()
    if k == "POST /api/v1/tasks" and answer.status_code == 201:
        city.call("POST", f"/tasks/{answer.json()['id']}/cancel", headers)
    case.validate_response(answer, excluded_checks=[positive_data_acceptance, *([negative_data_rejection] if touched else [])])
    spent[k] += time.perf_counter() - t


few = settings(
    max_examples=20, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
many = settings(
    max_examples=50, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


@schema.parametrize()
@many
def test_as_dispatcher(case, city, values, dispatcher, under_way, headers):
    check(case, city, values | under_way.values, dispatcher, headers)


@schema.parametrize()
@many
def test_as_member(case, city, values, under_way, headers):
    who = under_way.engaged if "engagements" in case.path else under_way.asked
    check(case, city, values | under_way.values, who, headers)


@schema.parametrize()
@few
def test_as_manager(case, city, values, manager, headers):
    check(case, city, values, manager, headers)


@schema.parametrize()
@few
def test_as_admin(case, city, values, admin, headers):
    check(case, city, values, admin, headers)
