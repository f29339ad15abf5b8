"""A provider on loopback with a key of its own, and a clock that tests turn."""

import threading

import pytest

from dedup_project.env import Secret
from insights.openai import client, clock, ledger, rate_limit
from tests.finetuning.conftest import decisions, queued  # noqa: F401 - fixtures
from tests.openai.standin.api import Provider
from tests.openai.standin.server import StandIn

KEY = "sk-planted-0123456789abcdef"


class Clock:
    """Stands still but for `sleep`, which remembers how long."""

    def __init__(self):
        self.time = 1_794_988_800.0  # 2026-11-18 08:00 UTC
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self):
        return self.time

    def sleep(self, seconds):
        with self._lock:
            self.slept.append(seconds)
            self.time += seconds


@pytest.fixture
def provider():
    return Provider(key=KEY)


@pytest.fixture(autouse=True)
def _in_the_tests_transaction(monkeypatch):
    """Keep the ledger in the test's transaction, or its commits would stay for later tests."""
    monkeypatch.setattr(ledger, "independently", lambda work: work())


@pytest.fixture
def standin(provider, settings):
    redis = rate_limit.redis_client()
    with StandIn(provider) as server:
        settings.OPENAI_BASE_URL = server.url
        settings.OPENAI_API_KEY = Secret(KEY)
        settings.OPENAI_TIMEOUT = 10
        settings.OPENAI_REQUESTS_PER_MINUTE = 10_000
        settings.OPENAI_TOKENS_PER_MINUTE = 100_000_000
        settings.OPENAI_DAILY_TOKENS = 100_000_000
        settings.OPENAI_PRICES = {
            "gpt-4o-mini": "0.15/0.60/3", "ft:gpt-4o-mini": "0.30/1.20/3",
            "gpt-5-mini": "0.25/2", "text-embedding-3-small": "0.02",
        }  # fmt: skip
        client.cache_clear()
        space = client()._space  # the server's address is in it: other processes test, too
        yield server
        assert not server.unlike
        client.cache_clear()
        for key in redis.scan_iter(f"{space}:*"):
            redis.delete(key)


@pytest.fixture(autouse=True)
def turned(monkeypatch):
    turned = Clock()
    monkeypatch.setattr(rate_limit, "_outage", rate_limit._Outage())
    monkeypatch.setattr(clock, "now", turned.now)
    monkeypatch.setattr(clock, "sleep", turned.sleep)
    return turned


@pytest.fixture
def trained(standin, decisions, turned):  # noqa: F811
    """Start a version at the provider and look until it is over, ten seconds a look."""
    from finetuning.lifecycle import polling, start

    def train(backend="openai", looks=30, **options):
        model = start.start_fine_tuning(backend=backend, **options)
        for _ in range(looks):
            if model.is_finished and (model.metrics or model.status != "succeeded"):
                break
            turned.time += 11
            model = polling.advance(model.pk)
        return model

    return train
