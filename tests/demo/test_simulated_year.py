"""A few simulated weeks through the real code: nothing is lost and nothing leaks."""

import re
from xml.etree import ElementTree

import pytest

from benchmarks.year import oracle
from benchmarks.year.__main__ import prepare_database
from benchmarks.year.batches import Batches
from benchmarks.year.picture import picture
from benchmarks.year.simulation import Year
from finetuning.models import DeduplicationModel, TrainingFile
from insights.models import AuditItem, MergeDecision, PairLabel
from insights.text.normalise import content_hash

pytestmark = pytest.mark.django_db


def test_nine_weeks_with_a_drift_lose_nothing_and_leak_nothing(settings):
    settings.RETRAIN_MIN_NEW_DECISIONS = 15
    year = Year(weeks=9, per_week=70, drift_week=8)

    report = year.run()  # raises when a decision was lost or a held-out statement trained on

    assert report["lost"]["decisions"] > 50
    assert report["held_out"]["versions"] == DeduplicationModel.objects.count() >= 2
    assert report["held_out"]["held_out_statements"] > 10
    weeks = report["weeks"]
    assert [week["monday"] for week in weeks[:2]] == ["2025-01-06", "2025-01-13"]
    assert any(week["gate"] == "activated" for week in weeks)
    assert sum(week["merged"] for week in weeks) > 2
    assert AuditItem.objects.exclude(verdict="").count() > 5
    assert MergeDecision.objects.latest("decided_at").decided_at.year == 2025
    assert report["stops_told"] == sum(bool(week["stopped"]) for week in weeks)
    ElementTree.fromstring(picture(report))  # noqa: S314 - our own file

    label = PairLabel.objects.first()
    PairLabel.objects.filter(pk=label.pk).update(is_same=not label.is_same)
    with pytest.raises(oracle.InvariantBroken, match=r"1 of \d+ labels"):
        oracle.nothing_was_lost(year.notebook)
    newest = TrainingFile.objects.defer(None).latest("created_at")
    swapped = re.sub('"split": "held_out"', '"split": "train"', newest.content, count=1)
    TrainingFile.objects.filter(pk=newest.pk).update(content=swapped)
    with pytest.raises(oracle.InvariantBroken, match="held out by one version and trained"):
        oracle.held_out_stayed_out()


def test_a_batch_depends_on_the_seed_only_and_a_situation_is_an_insight_of_its_own():
    def drawn(seed):
        batches = Batches(seed=seed, size=40, drift_week=3)
        return batches, [batches.draw(week) for week in (1, 2, 3, 4)]

    batches, weeks = drawn(1)
    assert weeks == drawn(1)[1] != drawn(2)[1]
    before = {batches.cluster_of[content_hash(one)] for week in weeks[:2] for one in week}
    after = {batches.cluster_of[content_hash(one)] for week in weeks[2:] for one in week}
    assert not any("@" in cluster for cluster in before)
    special = [cluster for cluster in after if "@" in cluster]
    assert special
    for cluster in special:
        general = cluster.split("@")[0]
        assert batches.family_of[cluster] == batches.family_of[general]


def test_it_touches_no_database_but_one_of_its_own():
    with pytest.raises(SystemExit, match="ends in “_year”"):
        prepare_database()
