"""The time that the client goes by, in one place so that tests can turn it instead of waiting."""

import time


def now() -> float:
    """Seconds since 1970, UTC."""
    return time.time()


def sleep(seconds: float) -> None:
    time.sleep(seconds)
