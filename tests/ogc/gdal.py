"""GDAL in a process of its own: it holds Python's lock while it waits for the server, which is a thread of ours."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

import pyogrio

Result = TypeVar("Result")
Run = Callable[..., Any]


def call(function: Callable[..., Result], source: str, login: str | None, options: dict[str, Any]) -> Result:
    """A function of pyogrio's on a source, with a username and a key for HTTP Basic."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": login})
    return function(source, **options)


@contextmanager
def gdal_process() -> Iterator[Run]:
    """`run(function, source, login=…, **options)` in that process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:

        def run(function: Callable[..., Result], source: str, *, login: str | None, **options: Any) -> Result:
            return pool.submit(call, function, source, login, options).result(timeout=120)

        yield run
