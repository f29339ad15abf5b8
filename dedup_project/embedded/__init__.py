"""PostgreSQL and Redis for a laptop and for tests, from wheels, started when they are needed.

They are daemons of the folder they are given: every process that asks for the same folder gets the
same server, which outlives them all and ends with `stop`. Django is not imported here, as its
settings import this.
"""

from pathlib import Path

from .postgres import database_url, postgres_status, stop_postgres
from .redis import redis_status, redis_url, stop_redis
from .service import EmbeddedServiceError, ServiceStatus

__all__ = [
    "EmbeddedServiceError",
    "ServiceStatus",
    "database_url",
    "redis_url",
    "status",
    "stop",
]


def stop(var: Path) -> list[str]:
    """Stop both services cleanly and keep their data; the names of those that were running."""
    stopped = {"PostgreSQL": stop_postgres(var), "Redis": stop_redis(var)}
    return [name for name, was_running in stopped.items() if was_running]


def status(var: Path) -> list[ServiceStatus]:
    """How PostgreSQL and Redis stand in `var`; starts nothing."""
    return [postgres_status(var), redis_status(var)]
