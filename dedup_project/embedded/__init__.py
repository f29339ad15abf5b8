"""PostgreSQL and Redis from wheels, for a laptop and for tests, started on demand.

Each var folder has its own servers: every process that asks for the same folder gets the same one,
which runs until `stop`. Django is not imported here, because its settings import this package.
"""

from pathlib import Path

from .postgres import database_url, postgres_status, stop_postgres
from .redis import redis_status, redis_url, stop_redis
from .service import EmbeddedServiceError, ServiceStatus


def stop(var: Path) -> list[str]:
    """Stop both services cleanly, keep their data, and return the names of those that ran."""
    stopped = {"PostgreSQL": stop_postgres(var), "Redis": stop_redis(var)}
    return [name for name, was_running in stopped.items() if was_running]


def status(var: Path) -> list[ServiceStatus]:
    """Return the state of PostgreSQL and Redis in `var`; start nothing."""
    return [postgres_status(var), redis_status(var)]
