"""The reference city, built once."""

import pytest

from service.demo.city import City, build_city


@pytest.fixture(scope="session")
def city() -> City:
    return build_city()
