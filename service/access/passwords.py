"""Passwords, by argon2. A hash takes about 140 ms and 64 MiB: a few threads do it, never the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

Result = TypeVar("Result")

hasher = PasswordHash((Argon2Hasher(),))
threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
"""Few, so that a flood of logins costs neither the memory nor the cores that dispatch needs."""


async def in_thread(work: Callable[[], Result]) -> Result:
    """Run it on one of the threads."""
    return await asyncio.get_running_loop().run_in_executor(threads, work)


async def hash_password(password: str) -> str:
    """What is stored of a password."""
    return await in_thread(lambda: hasher.hash(password))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether it is the password. Without a hash it takes as long and is false: time tells nothing."""
    return await in_thread(lambda: verify(password, password_hash))


def verify(password: str, password_hash: str | None) -> bool:
    """The same, on the calling thread."""
    if password_hash is None:
        hasher.verify(password, nobodys_hash())
        return False
    try:
        return hasher.verify(password, password_hash)
    except UnknownHashError:
        return False


@cache
def nobodys_hash() -> str:
    """The hash of a password that nobody has."""
    return hasher.hash("nobody")
