"""Labels to value on real decisions."""

import itertools

import pytest
from django.urls import reverse

from finetuning import tasks
from finetuning.backends import local
from finetuning.errors import NoTrainingData
from finetuning.evaluation.learning_curve import drawn, gain_in_words, learning_curve


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


def test_the_front_page_shows_the_last_drawing(decisions, client, reviewer):
    tasks.draw_learning_curve()
    client.force_login(reviewer)
    panels = {one.title: one for one in client.get(reverse("admin:index")).context["panels"]}
    outlook = panels["What more decisions bring"]
    assert outlook.sentences[-1] == gain_in_words(drawn()["expected_gain"])
    assert len(outlook.chart.labels) == len(drawn()["points"]) > 1


def test_without_decisions_the_front_page_has_no_curve(db, client, reviewer):
    assert tasks.draw_learning_curve() == {"points": 0}
    assert "No training data" in drawn()["reason"]
    client.force_login(reviewer)
    panels = client.get(reverse("admin:index")).context["panels"]
    assert "What more decisions bring" not in {one.title for one in panels}


def test_a_gain_too_small_to_see_is_told_in_words():
    assert gain_in_words(0.0123).endswith("should lower the Brier score by 0.012.")
    assert "not expected to help measurably" in gain_in_words(0.0004)
    assert "Too few" in gain_in_words(None)
