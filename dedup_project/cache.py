"""Django's Redis cache, on the embedded server when REDIS_URL is not set."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.cache.backends.redis import RedisCache

from dedup_project import embedded


def redis_url() -> str:
    return settings.REDIS_URL or embedded.redis_url(settings.VAR)


class OnDemandRedisCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        del self._servers  # the cached property below stands in its place

    @cached_property
    def _servers(self) -> list[str]:
        return [redis_url()]
