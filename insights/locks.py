"""Locks between processes that a crash sets free (PostgreSQL's advisory ones), and deadlocks."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, connection

logger = logging.getLogger(__name__)

ATTEMPTS = 3
DEADLOCK = "40P01"
Result = TypeVar("Result")


@contextmanager
def advisory_lock(name: str) -> Iterator[bool]:
    """Yields whether the lock was free. Held by the session, so it ends with the process at latest.

    Needs a connection of its own for the whole time: with PgBouncer, session pooling.
    """
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (free,) = cursor.fetchone()
    try:
        yield free
    finally:
        if free and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def retry_on_deadlock(work: Callable[[], Result]) -> Result:
    """Run a transaction; when PostgreSQL sacrifices it to end a deadlock, run it again."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != DEADLOCK or attempt == ATTEMPTS:
                raise
            logger.warning("Deadlock; attempt %s of %s failed.", attempt, ATTEMPTS)
    raise AssertionError("unreachable")
