"""Exact repeats have a receipt and an undo, and need letters that mean the same."""

import pytest

from insights.audit.sampling import model_merges
from insights.decider import Wait
from insights.ingest.pipeline import process
from insights.ingest.readers import read_source
from insights.ingest.sources import register
from insights.models import Insight, InsightSource, MergeDecision, PairLabel
from insights.review.actions import UndoDecision
from insights.review.actions.automatic import MergeAutomatically

pytestmark = pytest.mark.django_db
STATEMENT = "The rota is published too late."


def ingest(name, *statements):
    # With lines of its own: a file that holds half of an older one is a newer export of it.
    own = [f"{noun} {name[0]} is on the list." for noun in ("Ward", "Room", "Desk", "Shelf")]
    data = ("insight\n" + "\n".join([*statements, *own]) + "\n").encode()
    source, _ = register(name, data, read_source(name, data))
    return process(source)


def repeats():
    return MergeDecision.objects.filter(evidence__has_key="exact_repeat")


def test_each_repeat_has_a_receipt_and_the_first_occurrence_has_none():
    ingest("a.csv", STATEMENT, STATEMENT)
    ingest("b.csv", "the rota is published too late")

    assert Insight.objects.filter(statement__icontains="rota").count() == 1
    assert [one.evidence["statement"] for one in repeats().order_by("decided_at")] == [
        STATEMENT,
        "the rota is published too late",
    ]
    assert not model_merges().exists(), "no model merged it, so it is not audited"


def test_an_undone_repeat_is_an_insight_of_its_own(reviewer):
    ingest("a.csv", STATEMENT)
    ingest("b.csv", STATEMENT)

    UndoDecision(decision_id=repeats().get().pk, actor=reviewer, not_same=True).execute()

    first, second = (
        InsightSource.objects.get(source__name=name, ordinal=0) for name in ("a.csv", "b.csv")
    )
    assert first.insight_id != second.insight_id
    assert second.insight.status == "active"
    assert PairLabel.objects.get().is_same is False
    ingest("c.csv", STATEMENT)
    assert InsightSource.objects.get(source__name="c.csv", ordinal=0).insight_id == first.insight_id


def test_letters_that_make_another_word_keep_two_statements_apart():
    ingest("a.csv", "The forms were sent to US staff.")
    ingest("b.csv", "The forms were sent to us staff.")
    ingest("c.csv", "The forms were sent to us staff.")

    assert Insight.objects.filter(statement__icontains="forms").count() == 2
    assert repeats().count() == 1


def test_one_insight_takes_in_no_more_a_day_than_the_cap(settings, make_insight):
    settings.AUTO_MERGE_DAILY_CAP = 2
    canonical = make_insight(STATEMENT)
    merges = [
        MergeAutomatically(
            canonical_id=canonical.pk,
            duplicate_id=make_insight(f"{STATEMENT} {number}").pk,
            model_id=canonical.pk,
            model_version="version 1",
        )
        for number in range(3)
    ]

    assert [merge.execute() is not None for merge in merges] == [True, True, False]
    assert merges[-1].wait is Wait.CAP
