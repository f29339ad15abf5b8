"""Logged-in clients, no broker, a world of any size, and a small queue."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.admin.world import top_up

TASKS = [
    ("insights", "process_source"),
    ("insights", "cluster_all"),
    ("finetuning", "advance_model"),
]


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Tasks that were handed to workers: (name, arguments)."""
    sent: list[tuple] = []
    for app, name in TASKS:
        monkeypatch.setattr(
            f"{app}.tasks.{name}.apply_async",
            lambda args=(), name=name, **options: sent.append((name, args)),
        )
    return sent


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise ConnectionRefusedError("no broker listens here")

    for name in ("process_source", "cluster_all"):
        monkeypatch.setattr(f"insights.tasks.{name}.apply_async", refuse)


@pytest.fixture
def as_viewer(viewer: User) -> Client:
    return _logged_in(viewer)


@pytest.fixture
def as_reviewer(reviewer: User) -> Client:
    return _logged_in(reviewer)


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def fill(reviewer: User) -> Callable[[int], None]:
    """Top the tables up to n rows each (tests/admin/world.py)."""
    return lambda n: top_up(n, reviewer)


@pytest.fixture
def three(make_cluster):
    return make_cluster(["Rotas come out too late", "Rotas are published too late", "Swaps fail"])


@pytest.fixture
def others(make_cluster):
    return [make_cluster([f"The {name} rota", f"Our {name} rota"]) for name in ("alpha", "beta")]
