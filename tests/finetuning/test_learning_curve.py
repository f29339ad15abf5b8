"""Labels to value on real decisions, and drift by week."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from finetuning.backends import local
from finetuning.errors import NoTrainingData
from finetuning.evaluation.drift import drift_by_week, in_words
from finetuning.evaluation.learning_curve import gain_in_words, learning_curve
from finetuning.lifecycle import polling, start
from finetuning.models import DeduplicationModel, ModelPrediction
from finetuning.training_data.files import examples_of
from insights.models import Insight


def test_the_parts_are_nested_and_none_is_held_out(decisions, monkeypatch):
    from finetuning.evaluation import learning_curve as module
    from finetuning.training_data.dataset import build_dataset

    seen = []
    real = local.training_pairs
    monkeypatch.setattr(module, "training_pairs", lambda part: seen.append(set(part)) or real(part))
    held_out = set(build_dataset().examples("held_out"))

    curve = learning_curve()

    assert [point.examples for point in curve.points] == [len(part) for part in seen]
    assert all(small < large for small, large in itertools.pairwise(seen))
    assert all(not part & held_out for part in seen)
    assert seen[-1] == set(build_dataset().examples("train"))


def test_without_decisions_there_is_no_curve(db):
    with pytest.raises(NoTrainingData):
        learning_curve()


def test_drift_is_told_by_week(decisions):
    model = polling.wait(start.start_fine_tuning())
    insights = sorted(Insight.objects.all()[:40], key=lambda one: one.pk)
    now = timezone.now()
    for number, (one, other) in enumerate(itertools.pairwise(insights)):
        old = number % 2 == 0
        ModelPrediction.objects.create(
            model=model, insight1=one, insight2=other, prediction=True, confidence=0.9,
            similarity_score=0.6 + 0.008 * number if old else 0.99, probability=0.9,
            origin="clustering",
            created_at=now - timedelta(weeks=3) if old else now,
        )  # fmt: skip

    before, after = drift_by_week(model, examples_of(model))

    assert before.week < after.week
    assert before.week.weekday() == 0
    assert (before.pairs, after.pairs) == (20, 19)
    assert after.similarity.index > before.similarity.index
    assert sum(after.similarity.shares) == pytest.approx(1)
    assert after.similarity.shares[-1] == 1, "all lie above what it was trained on"
    assert in_words(after.similarity.index, after.by_chance) == "much"


def test_a_model_trained_elsewhere_has_no_drift_to_tell(db):
    model = DeduplicationModel.objects.create(version=1, backend="openai", base_model="x")
    assert drift_by_week(model, examples_of(model)) == []


def test_a_gain_too_small_to_see_is_told_in_words():
    assert gain_in_words(0.0123).endswith("should lower the Brier score by 0.012.")
    assert "not expected to help measurably" in gain_in_words(0.0004)
    assert "Too few" in gain_in_words(None)
