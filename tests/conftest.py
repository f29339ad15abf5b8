"""Three standing people, and the smallest way to an insight and a cluster."""

import hashlib
import os
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db import transaction

from insights.clustering.evidence import propose
from insights.clustering.store import store_proposals
from insights.models import (
    Cluster,
    ClusteringRun,
    Insight,
    InsightSource,
    ProcessingRun,
    RunStatus,
    Source,
)
from insights.text.normalise import content_hash

# Each process of pytest-xdist has a database of its own; Redis they share.
settings.CACHES["default"]["KEY_PREFIX"] = f"test_{os.environ.get('PYTEST_XDIST_WORKER', '')}"
# It would look through all static files for each client. A server of another process has it.
settings.MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")


@pytest.fixture
def viewer(db: None) -> User:
    """May look, may not decide."""
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(
            codename__startswith="view_", content_type__app_label__in=["insights", "finetuning"]
        )
    )
    return user


@pytest.fixture
def reviewer(db: None) -> User:
    return _reviewer("rosa")


@pytest.fixture
def second_reviewer(db: None) -> User:
    return _reviewer("rene")


def _reviewer(name: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["insights", "finetuning"]).exclude(
            codename__startswith="delete_"
        )
    )
    return user


def unit_vector(text: str, *, near: np.ndarray | None = None, cosine: float = 0.0) -> np.ndarray:
    """A direction that depends on the text alone; with `near`, at that cosine to it."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(384)
    if near is not None:
        vector -= vector @ near * near
        vector /= np.linalg.norm(vector)
        vector = cosine * near + np.sqrt(1 - cosine**2) * vector
    return vector / np.linalg.norm(vector)


@pytest.fixture
def make_insight(db: None) -> Callable[..., Insight]:
    """An insight with one occurrence of its own, without the pipeline and its embedder."""

    def make(statement: str, vector: np.ndarray | None = None) -> Insight:
        insight = Insight.objects.create(
            statement=statement,
            content_hash=content_hash(statement),
            embedding=unit_vector(statement) if vector is None else vector,
            embedding_model="all-MiniLM-L6-v2",
        )
        source, _ = Source.objects.get_or_create(
            content_hash="0" * 64,
            defaults={
                "name": "notes.txt",
                "title": "Notes",
                "format": "txt",
                "content": b"",
                "size": 0,
            },
        )
        run, _ = ProcessingRun.objects.get_or_create(source=source, status=RunStatus.SUCCEEDED)
        InsightSource.objects.create(
            insight=insight,
            origin_insight=insight,
            source=source,
            run=run,
            ordinal=InsightSource.objects.count(),
            locator="¶ 1",
            statement=statement,
        )
        return insight

    return make


@pytest.fixture
def make_cluster(make_insight: Callable[..., Insight]) -> Callable[..., Cluster]:
    """An open cluster of insights, or of new insights with these statements."""

    def make(members: Sequence[Insight | str]) -> Cluster:
        insights = [m if isinstance(m, Insight) else make_insight(m) for m in members]
        vectors = np.array([unit_vector(i.statement) for i in insights], dtype=np.float32)
        proposal = propose(insights, vectors, weakest=(0, 1), threshold=0.6, probability={})
        before = set(Cluster.objects.filter(status="open").values_list("pk", flat=True))
        run = ClusteringRun.objects.create(status=RunStatus.SUCCEEDED)
        with transaction.atomic():
            store_proposals([proposal], run)
        Cluster.objects.filter(pk__in=before).update(status="open")  # others are not superseded
        return Cluster.objects.get(fingerprint=proposal.fingerprint, status="open")

    return make
