"""Django's Redis cache, on the embedded server unless REDIS_URL is set."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.cache.backends.redis import RedisCache

from dedup_project import embedded
from insights.types import JSONObject


def redis_url() -> str:
    return settings.REDIS_URL or embedded.redis_url(settings.VAR)


class OnDemandRedisCache(RedisCache):
    def __init__(self, server: str, params: JSONObject) -> None:
        super().__init__(server, params)
        del self._servers  # replaced by the cached property below

    @cached_property
    def _servers(self) -> list[str]:
        return [redis_url()]

    def redis_client(self) -> Any:
        """Return a redis-py client on the cache's own connection pool."""
        return self._cache.get_client(write=True)
