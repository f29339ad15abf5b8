"""The demo's loop with OpenAI in every place, against the stand-in in a process of its own."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.db.models import Count, Sum

from dedup_project.demo.loop import Loop
from dedup_project.env import Secret
from finetuning.backends.openai import trainer
from finetuning.lifecycle import polling
from finetuning.models import DeduplicationModel, HostedJob, ModelPrediction
from insights.models import ApiCall, Insight, InsightSource, ProcessingRun
from insights.openai import client, ledger

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def elsewhere(settings):
    """The server's address, from its own process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.openai.standin", "--minilm"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ},
    )  # fmt: skip
    url, key = process.stdout.readline().split()
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = url, Secret(key)
    settings.OPENAI_REQUESTS_PER_MINUTE = 1_000_000
    settings.OPENAI_TOKENS_PER_MINUTE = 1_000_000_000
    settings.OPENAI_DAILY_USD = Decimal(100)
    settings.OPENAI_PRICES = {
        "gpt-4o-mini": "0.15/0.60/3", "ft:gpt-4o-mini": "0.30/1.20/3",
        "gpt-5-mini": "0.25/2", "text-embedding-3-small": "0.02",
    }  # fmt: skip
    settings.EMBEDDER = "insights.embedding.openai.OpenAIEmbedder"
    settings.EXTRACTOR = "insights.ingest.extraction.openai.OpenAIExtractor"
    client.cache_clear()
    yield url
    client.cache_clear()
    process.terminate()
    process.wait()
    process.stdout.close()


def test_ingest_embed_cluster_review_export_train_activate_merge_evaluate(
    elsewhere, monkeypatch, queued, settings
):
    # A hosted version has no out-of-fold record, and the held-out part alone earns nothing yet.
    settings.AUTO_MERGE_PROOF = "threshold"
    monkeypatch.setattr(trainer, "LOOK_EVERY", timedelta(0))
    monkeypatch.setattr(polling, "POLL_SECONDS", 0.0)

    summary = Loop(say=print, backend="openai").run()

    model = DeduplicationModel.objects.get()
    assert (model.backend, model.status, model.is_active) == ("openai", "succeeded", True)
    assert model.fine_tuned_model_id.startswith("ft:")
    job = HostedJob.objects.get()
    assert job.trained_tokens > 0
    assert job.cost_usd <= job.estimated_usd
    statuses = [m for m in model.events.values_list("message", flat=True) if "job is now" in m]
    assert statuses == [f"The job is now {status}" for status in ("queued", "running", "succeeded")]
    held_out = model.metrics["held_out"]
    assert held_out["average_precision"] > 0.8
    # How many hangs on its threshold, which one held-out pair can move far: 129, 138, once 8.
    assert summary["auto_merged"]["count"] > 0
    assert summary["auto_merged"]["precision"] >= 0.95
    assert summary["auto_merged"]["near_misses_merged"] == 0

    assert set(Insight.objects.values_list("embedding_model", flat=True)) == {
        "text-embedding-3-small/384"
    }
    assert not ProcessingRun.objects.exclude(status="succeeded").exists()
    assert InsightSource.objects.filter(start__isnull=False).exists()
    assert ModelPrediction.objects.filter(model=model, origin="ingestion").exists()
    assert ModelPrediction.objects.filter(model=model, origin="clustering").exists()

    # The ledger is complete: a row a call that arrived, and nothing is left under way.
    with urlopen(elsewhere.removesuffix("/v1") + "/v1/_standin/calls") as said:  # noqa: S310
        calls = json.load(said)["calls"]
    assert all(status == 200 for _, _, status in calls)
    assert ApiCall.objects.exclude(purpose="training").aggregate(n=Sum("attempts"))["n"] == len(
        calls
    )
    assert not ApiCall.objects.exclude(state="answered").exists()
    by_purpose = dict(
        ApiCall.objects.values_list("purpose").annotate(n=Count("pk")).order_by("purpose")
    )
    assert set(by_purpose) == {
        "embedding", "extraction", "fine-tuning", "prediction", "training",
    }  # fmt: skip
    assert ledger.spent_today().usd < 2


@pytest.fixture(autouse=True)
def turned():
    """The real clock: the server's process has one of its own."""
