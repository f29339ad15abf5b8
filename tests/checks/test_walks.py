"""docs/development.md: its two walks through the code are what really runs, in that order."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from finetuning.inference.prediction import predict_merge_decision
from finetuning.lifecycle import activation, polling, start
from finetuning.models import DeduplicationModel
from insights.embedding.service import embed_statements
from insights.models import Insight, MergeDecision, ProcessingRun
from insights.tasks import process_source

# The forty decided topics to learn from.
from tests.finetuning.conftest import decisions  # noqa: F401

ROOT = Path(__file__).parents[2]


@contextmanager
def entered() -> Iterator[list[str]]:
    """The modules whose functions are called, in the order of the first call."""
    seen: dict[str, None] = {}

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            name = frame.f_code.co_filename
            if name.startswith(str(ROOT)) and frame.f_code.co_name != "<module>":
                seen.setdefault(name[len(str(ROOT)) + 1 :])

    order: list[str] = []
    sys.setprofile(profile)
    try:
        yield order
    finally:
        sys.setprofile(None)
        order += seen


def walk(heading: str) -> list[str]:
    """The modules of the numbered list under a heading of docs/development.md."""
    text = (ROOT / "docs" / "development.md").read_text()
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\d+\. `([^`]+)` — ", section, re.MULTILINE)


def assert_walked(heading: str, visited: list[str]) -> None:
    listed = walk(heading)
    assert 10 <= len(listed) <= 20
    assert len(set(listed)) == len(listed), "none is visited twice"
    assert [one for one in listed if not (ROOT / one).is_file()] == []
    assert [one for one in listed if one.endswith(".py") and one not in visited] == []


@pytest.fixture
def trained(decisions: list[MergeDecision]) -> DeduplicationModel:  # noqa: F811
    """An active version, and the vectors that its statements really have."""
    insights = list(Insight.objects.all())
    for insight in insights:
        insight.embedding_model = ""
    embed_statements(insights)
    Insight.objects.bulk_update(insights, ["embedding", "embedding_model"])
    return activation.activate(polling.wait(start.start_fine_tuning()))


def test_a_statement_takes_the_documented_path_from_upload_to_merge(
    trained: DeduplicationModel, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_source, "apply_async", lambda *args, **options: None)
    page = reverse("admin:insights_source_add")
    admin_client.get(page)
    repeats = b"The rota reaches the staff far too late, every month.\n"
    with entered() as visited:
        admin_client.post(page, {"file": SimpleUploadedFile("july.txt", repeats)})
        process_source(str(ProcessingRun.objects.get().pk))
    assert MergeDecision.objects.filter(kind="automatic").count() == 1
    assert_walked("A statement, from upload to merge", visited)


def test_a_decision_takes_the_documented_path_from_key_press_to_prediction(
    decisions: list[MergeDecision],  # noqa: F811
    make_cluster,
    admin_client: Client,
) -> None:
    cluster = make_cluster(["The lift is slow.", "The lift takes forever."])
    members = list(cluster.members.values_list("insight_id", flat=True))
    with entered() as visited:
        admin_client.post(
            reverse("admin:review_decide", args=[cluster.pk]),
            {"verb": "approve", "member": members, "expected_version": cluster.version},
        )
        model = activation.activate(polling.wait(start.start_fine_tuning()))
        told = predict_merge_decision(*Insight.objects.filter(pk__in=members))
    assert MergeDecision.objects.filter(cluster=cluster, kind="approved").exists()
    assert told.model_id == model.pk
    assert_walked("A decision, from key press to prediction", visited)
