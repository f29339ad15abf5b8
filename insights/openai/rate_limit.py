"""The rate limit that all workers share: one token bucket per model, in Redis.

Without Redis requests are sent unlimited; the provider's own limits still apply.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.cache import caches

from insights.openai import clock

logger = logging.getLogger(__name__)

T = TypeVar("T")

KEEP_SECONDS = 3600
OUTAGE_SECONDS = 30.0

# The bucket may go below zero: the debt is the request's place in the queue, first come, first
# served, also for a request larger than the bucket. Returns the wait in seconds; a wait above the
# longest takes no place. tostring, because Redis truncates Lua numbers to integers.
# ARGV: now, requests per second, maximum requests, tokens per second, maximum tokens,
# tokens of this request, longest wait, seconds to keep the row.
TAKE = """
local now, per_second, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens_per_second, most_tokens = tonumber(ARGV[4]), tonumber(ARGV[5])
local row = redis.call('HMGET', KEYS[1], 'at', 'requests', 'tokens', 'shut')
local at = tonumber(row[1]) or now
local passed = math.max(0, now - at)
local requests = math.min(most, (tonumber(row[2]) or most) + passed * per_second) - 1
local tokens = (tonumber(row[3]) or most_tokens) + passed * tokens_per_second
tokens = math.min(most_tokens, tokens) - tonumber(ARGV[6])
local shut = (tonumber(row[4]) or 0) - now
local delay = math.max(0, -requests / per_second, -tokens / tokens_per_second, shut)
if delay <= tonumber(ARGV[7]) then
    redis.call('HSET', KEYS[1], 'at', tostring(math.max(at, now)),
        'requests', tostring(requests), 'tokens', tostring(tokens))
    redis.call('EXPIRE', KEYS[1], ARGV[8])
end
return tostring(delay)
"""


def redis_client() -> Any:
    """Return a client on the cache's connection pool."""
    return caches["default"].redis_client()  # type: ignore[attr-defined]


@dataclass
class _Outage:
    """Skips Redis for a while after a failure: its client waits seconds before giving up."""

    until: float = 0.0


_outage = _Outage()


def without_redis(default: T, ask: Callable[[], T]) -> T:
    from redis.exceptions import RedisError

    if clock.now() < _outage.until:
        return default
    try:
        return ask()
    except RedisError as error:
        _outage.until = clock.now() + OUTAGE_SECONDS
        logger.warning("Redis does not answer (%s); requests are not rate-limited for now.", error)
        return default


@dataclass(frozen=True, slots=True)
class Bucket:
    """Requests and tokens per minute of one model."""

    key: str
    requests_per_minute: int
    tokens_per_minute: int

    def take(self, tokens: int, longest: float) -> float:
        """Return the seconds to wait; above `longest` the request has no place in the queue."""
        requests, budget = self.requests_per_minute, self.tokens_per_minute
        arguments = (
            clock.now(), requests / 60, requests, budget / 60, budget, tokens,
            longest, KEEP_SECONDS,
        )  # fmt: skip
        return without_redis(0.0, lambda: float(redis_client().eval(TAKE, 1, self.key, *arguments)))

    def shut(self, seconds: float) -> None:
        """Hold back all requests for as long as the provider asked."""
        until = clock.now() + seconds

        def write() -> None:
            redis_client().hset(self.key, "shut", until)
            redis_client().expire(self.key, KEEP_SECONDS)

        without_redis(None, write)
