"""The client's clock, in one place, so that tests can turn it instead of waiting."""

import time
from datetime import UTC, datetime


def now() -> float:
    """Return the seconds since 1970, UTC."""
    return time.time()


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def utc_now() -> datetime:
    return datetime.fromtimestamp(now(), UTC)


def in_words(timestamp: float) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M} UTC"
