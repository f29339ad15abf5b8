"""The pace that all workers share: a token bucket a model and a circuit breaker, both in Redis.

Without Redis the requests go out all the same: the provider's own limits then hold them.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.cache import cache

from insights.openai import clock
from insights.openai.errors import Unavailable, moment

logger = logging.getLogger(__name__)

T = TypeVar("T")

KEEP_SECONDS = 3600
OUTAGE_SECONDS = 30.0
BREAKER_FAILURES = 10
BREAKER_SECONDS = 60.0

# A bucket may go below zero: that is a place in the queue, first come, first served, also for a
# request that is larger than the bucket. Returned is how long to wait until it is due; when that is
# too long, no place is taken. tostring: Redis cuts Lua's numbers down to whole ones.
# ARGV: now, requests a second, most requests, tokens a second, most tokens, tokens of this request,
# longest wait, seconds to keep the row.
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

# Of all who come after the pause, one goes to see how things are; the others wait another pause.
ENTER = """
local shut = redis.call('HGET', KEYS[1], 'shut')
if not shut then return '0' end
if tonumber(ARGV[1]) < tonumber(shut) then return shut end
redis.call('HSET', KEYS[1], 'shut', tostring(tonumber(ARGV[1]) + tonumber(ARGV[2])))
return '0'
"""


def redis_client() -> Any:
    """The cache's own connection pool: one Redis for all, embedded or by REDIS_URL."""
    return cache._cache.get_client(write=True)  # type: ignore[attr-defined]


@dataclass
class _Outage:
    """Redis's own client waits for seconds before it gives up: once in a while is enough."""

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
        logger.warning("Redis does not answer (%s); requests are not paced for now.", error)
        return default


@dataclass(frozen=True, slots=True)
class Bucket:
    """One model's requests and tokens a minute."""

    key: str
    requests_per_minute: int
    tokens_per_minute: int

    def take(self, tokens: int, longest: float) -> float:
        """Seconds until the request is due; above `longest` it has no place in the queue."""
        requests, budget = self.requests_per_minute, self.tokens_per_minute
        arguments = (
            clock.now(), requests / 60, requests, budget / 60, budget, tokens,
            longest, KEEP_SECONDS,
        )  # fmt: skip
        return without_redis(0.0, lambda: float(redis_client().eval(TAKE, 1, self.key, *arguments)))

    def shut(self, seconds: float) -> None:
        """The provider asked to wait: nobody sends before."""
        until = clock.now() + seconds

        def write() -> None:
            redis_client().hset(self.key, "shut", until)
            redis_client().expire(self.key, KEEP_SECONDS)

        without_redis(None, write)


@dataclass(frozen=True, slots=True)
class Breaker:
    """Ten failures without one success, of all workers together, and nobody asks for a minute."""

    key: str

    def enter(self) -> None:
        """Raises Unavailable while it is open."""
        until = without_redis(
            0.0,
            lambda: float(redis_client().eval(ENTER, 1, self.key, clock.now(), BREAKER_SECONDS)),
        )
        if until:
            raise Unavailable(
                f"The provider failed {BREAKER_FAILURES} times in a row; it is asked again from "
                f"{moment(until)} on.",
                retry_at=until,
            )

    def success(self) -> None:
        without_redis(None, lambda: redis_client().delete(self.key))

    def failure(self) -> None:
        def write() -> None:
            redis = redis_client()
            if redis.hincrby(self.key, "failures", 1) >= BREAKER_FAILURES:
                redis.hset(self.key, "shut", clock.now() + BREAKER_SECONDS)
            redis.expire(self.key, KEEP_SECONDS)

        without_redis(None, write)
