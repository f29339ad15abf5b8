"""Advisory locks of PostgreSQL, which a crash releases; deadlocks; lost connections."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

ATTEMPTS = 3
SACRIFICED = ("40P01", "40001")  # deadlock detected, serialization failure
Result = TypeVar("Result")
Given = ParamSpec("Given")


@contextmanager
def advisory_lock(name: str) -> Iterator[bool]:
    """Try a lock and yield whether it was free; it ends with the session, so with the process.

    It needs a connection of its own for the whole time: with PgBouncer, session pooling.
    """
    key = _key(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (free,) = cursor.fetchone()
    try:
        yield free
    finally:
        if free and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def is_connection_lost(error: BaseException) -> bool:
    """Return whether the database went away before or during a query, so a retry may work."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    raw = connection.connection
    return raw is None or raw.closed or raw.broken


def wait_for_turn(name: str) -> None:
    """Let one transaction at a time pass; each sees what the ones before it wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(name)])


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def retry_on_deadlock(work: Callable[[], Result]) -> Result:
    """Run a transaction, and retry it when PostgreSQL aborts it as a deadlock victim.

    Inside the caller's transaction it runs only once: that one is aborted, too, and the caller has
    to retry it.
    """
    attempts = 1 if connection.in_atomic_block else ATTEMPTS
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in SACRIFICED or attempt == attempts:
                raise
            logger.warning("Deadlock; attempt %s of %s failed.", attempt, attempts)
    raise AssertionError("unreachable")


def retried(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Decorate a function that opens its transaction itself with `retry_on_deadlock`."""

    @wraps(work)
    def again(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return retry_on_deadlock(lambda: work(*args, **kwargs))

    return again
