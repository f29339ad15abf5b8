"""Many pairs: the same ones as a plain, slow reading of the rules finds, and few bytes of each."""

import gc
import random
import tracemalloc
from collections import defaultdict
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from benchmarks.export import fill
from finetuning.ml.splits import assign_splits
from finetuning.models import PAIRS_PER_DECISION
from finetuning.training_data import dataset, statement_splits
from finetuning.training_data.dataset import build_dataset
from finetuning.training_data.export import export_json, export_openai_jsonl
from insights.models import Insight, MergeDecision, PairLabel
from insights.models.decision import HUMAN_KINDS
from insights.review.actions import UndoDecision


def by_the_rules():
    """(one, other): label, split, group, decision; all of it in memory, one row at a time."""
    decisions = MergeDecision.objects.filter(kind__in=HUMAN_KINDS).order_by("decided_at", "pk")
    members = [
        (one.pk, list(one.members.values_list("insight__content_hash", flat=True)))
        for one in decisions
    ]
    splits = assign_splits(members, settings.HELD_OUT_SHARE, {})
    latest, capped = {}, defaultdict(list)
    for label in PairLabel.objects.order_by("-decision__decided_at", "-decision_id"):
        pair = tuple(sorted((label.insight1.content_hash, label.insight2.content_hash)))
        if pair[0] != pair[1]:
            latest.setdefault(pair, label)
    for pair, label in latest.items():
        capped[label.decision_id, label.is_same].append(pair)
    found = {}
    for pairs in capped.values():
        pairs.sort(key=lambda pair: sha256("".join(pair).encode()).digest())
        for pair in pairs[:PAIRS_PER_DECISION]:
            one, other = (splits[each] for each in pair)
            if one.split == other.split:
                first = min(one, other, key=lambda each: each.order)
                label = latest[pair]
                found[pair] = label.is_same, first.split, str(first.anchor), label.decision_id
    return found


def test_the_pairs_and_their_split_are_those_that_the_rules_give(
    make_insight, decide, reviewer, settings
):
    settings.HELD_OUT_SHARE = 0.4
    chance = random.Random(5)
    insights = [make_insight(f"statement {number}") for number in range(40)]
    digest = {insight.statement: insight.content_hash for insight in insights}
    taken = []
    for step in range(24):
        active = list(Insight.objects.filter(status="active"))
        members = chance.sample(active, min(len(active), 8 if step % 6 == 0 else 3))
        taken.append(decide(members, chance.random() < 0.2))
        if step % 5 == 4:
            UndoDecision(decision_id=taken.pop(3).pk, actor=reviewer).execute()
    built = build_dataset()
    found = {
        tuple(sorted((digest[one.statement1], digest[one.statement2]))): (
            one.label, one.split, one.group, one.decision_id,
        )
        for one in built.examples()
    }  # fmt: skip

    assert found == by_the_rules()
    assert list(found) == sorted(found)
    assert built.capped
    assert built.bridging
    assert {one[1] for one in found.values()} == {"train", "held_out"}


def peak(work):
    """Return the result and the most memory that Python allocated for it, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        return work(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def whole(pieces):
    return sum(len(piece) for piece in pieces)


def test_many_pairs_take_no_more_memory_than_few(reviewer, monkeypatch):
    monkeypatch.setattr(dataset, "BATCH", 50)
    monkeypatch.setattr(statement_splits, "AT_ONCE", 10)
    exports = (
        lambda: whole(export_json(build_dataset(), stats=True)),
        lambda: whole(export_openai_jsonl(build_dataset())),
    )

    def measured(pairs):
        with transaction.atomic():
            fill(pairs, reviewer.pk)
            found = [peak(export) for export in exports]
            transaction.set_rollback(True)
        return found

    measured(200)  # what is loaded once
    for few, many in zip(measured(200), measured(10_000), strict=True):
        assert many[0] > 40 * few[0]
        assert many[1] - few[1] < 9_800 * 32  # what the ids alone would take


def test_all_are_read_in_one_query(reviewer, django_assert_num_queries):
    fill(200, reviewer.pk)
    built = build_dataset()
    with django_assert_num_queries(2):  # the reviewers, and the pairs by a cursor
        assert len(list(built.examples())) == len(built)
