"""Decisions as labelled pairs: correct labels, capped, never across the split."""

import random
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finetuning.errors import InsufficientTrainingData, NoTrainingData
from finetuning.ml.splits import draw
from finetuning.models import PAIRS_PER_DECISION
from finetuning.training_data.dataset import (
    build_dataset,
    require_enough,
    require_some,
)
from finetuning.training_data.files import from_training_file, to_training_file
from finetuning.training_data.statistics import statistics
from insights.models import Insight
from insights.review.actions import MergeAutomatically, SplitCluster, UndoDecision


def labels(dataset):
    return {(frozenset((one.statement1, one.statement2)), one.label) for one in dataset.examples()}


def pair(*statements):
    return frozenset(statements)


@pytest.fixture
def abc(make_insight):
    return [make_insight(statement) for statement in ("a", "b", "c")]


def test_an_approved_cluster_gives_positive_pairs_of_all_members(abc, decide):
    decide(abc, True)

    assert labels(build_dataset()) == {
        (pair("a", "b"), True),
        (pair("a", "c"), True),
        (pair("b", "c"), True),
    }


def test_a_part_gives_both_kinds_and_says_nothing_of_those_left_out(abc, make_insight, decide):
    decide([*abc, make_insight("d")], same=abc[:2])

    assert labels(build_dataset()) == {
        (pair("a", "b"), True),
        *((pair(one, other), False) for one in "ab" for other in "cd"),
    }


def test_a_rejected_cluster_gives_negative_pairs(abc, decide):
    decide(abc, False)

    assert labels(build_dataset()) == {
        (pair("a", "b"), False),
        (pair("a", "c"), False),
        (pair("b", "c"), False),
    }


def test_a_split_gives_positive_pairs_in_its_groups_and_negative_ones_across(
    abc, make_cluster, reviewer
):
    cluster = make_cluster(abc)
    groups = [[abc[0].pk, abc[1].pk], [abc[2].pk]]
    SplitCluster(cluster_id=cluster.pk, actor=reviewer, groups=groups).execute()

    assert labels(build_dataset()) == {
        (pair("a", "b"), True),
        (pair("a", "c"), False),
        (pair("b", "c"), False),
    }


def test_an_undone_decision_teaches_nothing(abc, decide, reviewer):
    decision = decide(abc, True)
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()

    assert len(build_dataset()) == 0


def test_the_latest_decision_wins_and_its_undo_brings_the_one_before_back(abc, decide, reviewer):
    decide(abc[:2], False)
    later = decide(abc[:2], True)
    assert labels(build_dataset()) == {(pair("a", "b"), True)}

    UndoDecision(decision_id=later.pk, actor=reviewer).execute()
    assert labels(build_dataset()) == {(pair("a", "b"), False)}


def test_of_two_decisions_on_the_same_words_the_latest_wins(abc, make_insight, decide):
    a, b, x = abc
    decide([a, b], False)
    MergeAutomatically(
        canonical_id=x.pk, duplicate_id=a.pk, model_id=None, model_version="1"
    ).execute()
    again = Insight.objects.defer(None).get(pk=a.pk)
    again.pk, again.status, again.merged_into, again.origin = uuid4(), "active", None, "edited"
    again.save(force_insert=True)
    decide([again, b], True)

    assert labels(build_dataset()) == {(pair("a", "b"), True)}


def test_an_automatic_merge_teaches_nothing(abc):
    MergeAutomatically(
        canonical_id=abc[0].pk, duplicate_id=abc[1].pk, model_id=None, model_version="1"
    ).execute()

    assert len(build_dataset()) == 0


def test_an_example_tells_who_decided_what_and_how_similar_the_two_are(similar_pair, decide):
    first, second = similar_pair("a", "b", cosine=0.8)
    decision = decide([first, second], False)

    (example,) = build_dataset().examples()
    assert example.similarity == pytest.approx(0.8, abs=2e-3)
    assert {example.insight1_id, example.insight2_id} == {first.pk, second.pk}
    assert example.insight1_id < example.insight2_id
    statements = {first.pk: "a", second.pk: "b"}
    assert example.statement1 == statements[example.insight1_id]
    assert (example.decision_id, example.decision_kind) == (decision.pk, "rejected")
    assert example.group == str(decision.pk)
    assert example.reviewer == "rosa"


def test_a_large_cluster_is_capped_the_same_way_each_time(make_insight, decide):
    insights = [make_insight(f"statement {number}") for number in range(12)]
    decide(insights, True)

    dataset = build_dataset()
    assert len(dataset) == PAIRS_PER_DECISION
    assert dataset.capped == 66 - PAIRS_PER_DECISION
    assert labels(build_dataset()) == labels(dataset)
    taken = {one for pair, _ in labels(dataset) for one in pair}
    assert len(taken) > 8  # spread over the members, not all on one


def test_the_cap_counts_each_label_of_a_decision_apart(make_insight, decide):
    insights = [make_insight(f"statement {number}") for number in range(12)]
    decide(insights, same=insights[:8])  # 28 positive and 32 negative pairs

    found = [one.label for one in build_dataset().examples()]
    assert (found.count(True), found.count(False)) == (PAIRS_PER_DECISION, PAIRS_PER_DECISION)


def test_no_statement_is_on_both_sides_after_any_order_of_decisions_and_undos(
    make_insight, decide, reviewer, settings
):
    settings.HELD_OUT_SHARE = 0.4
    chance = random.Random(11)
    insights = [make_insight(f"statement {number}") for number in range(24)]
    split_of, taken, bridged = {}, [], 0
    for _ in range(40):
        active = [one for one in Insight.objects.filter(pk__in=[i.pk for i in insights])
                  if one.status == "active"]  # fmt: skip
        if len(active) < 4 or (taken and chance.random() < 0.25):
            decision = taken.pop(chance.randrange(len(taken)))
            UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
        else:
            members = chance.sample(active, chance.randint(2, 4))
            taken.append(decide(members, chance.random() < 0.3))
        dataset = build_dataset()
        bridged += dataset.bridging
        for example in dataset.examples():
            for statement in (example.statement1, example.statement2):
                assert split_of.setdefault(statement, example.split) == example.split
    assert set(split_of.values()) == {"train", "held_out"}
    assert bridged > 0


def test_a_pair_across_the_split_is_left_out_and_counted(make_insight, decide, settings):
    settings.HELD_OUT_SHARE = 0.5
    by_split = {"train": [], "held_out": []}
    for number in range(20):
        insight = make_insight(f"statement {number}")
        by_split[draw(insight.content_hash, 0.5)].append(insight)
    trained, held_out = by_split["train"][:2], by_split["held_out"][:2]
    decide(trained, False)
    decide(held_out, False)
    before = labels(build_dataset())
    first = {draw(min(one.content_hash for one in two), 0.5) for two in (trained, held_out)}
    assert first == {"train", "held_out"}

    decide([trained[0], held_out[0]], False)

    dataset = build_dataset()
    assert dataset.bridging == 1
    assert labels(dataset) == before


def test_a_vector_of_another_embedding_model_is_made_again(similar_pair, decide, embedding_calls):
    first, second = similar_pair("Shifts are swapped by phone", "People call to swap", 0.1)
    decide([first, second], True)
    Insight.objects.filter(pk=second.pk).update(embedding_model="an older one")

    (example,) = build_dataset().examples()

    assert embedding_calls == [["People call to swap"]]
    assert example.similarity == pytest.approx(1.0, abs=1e-3)  # the fake gives first's vector
    assert Insight.objects.get(pk=second.pk).embedding_model == "all-MiniLM-L6-v2"


@pytest.fixture
def embedding_calls(monkeypatch):
    """An embedder that gives every text the vector of 'Shifts are swapped by phone'."""
    from insights.embedding.service import embedder
    from tests.conftest import unit_vector

    calls = []

    def embed(texts):
        if texts:
            calls.append(list(texts))
        return [unit_vector("Shifts are swapped by phone") for _ in texts]

    monkeypatch.setattr(embedder(), "embed", embed)
    return calls


def test_building_takes_the_same_number_of_queries_for_any_number_of_decisions(
    decisions, django_assert_max_num_queries
):
    with django_assert_max_num_queries(15):  # eight of them assign the sides
        assert len(build_dataset()) == 80
    with django_assert_max_num_queries(7):
        build_dataset()


def test_the_decisions_are_told_apart_by_the_database(abc, decide):
    decision = decide(abc, False)
    dataset = build_dataset()
    with CaptureQueriesContext(connection) as captured:
        assert dataset.decisions() == {decision.pk}
    with connection.cursor() as cursor:
        cursor.execute(captured[0]["sql"])
        assert cursor.fetchall() == [(decision.pk,)]  # of three pairs


def test_the_training_file_holds_the_examples_exactly(similar_pair, decide):
    decide(list(similar_pair('quote " and \u2028 separator', "back\\slash", 0.7)), True)
    dataset = build_dataset()

    content = to_training_file(dataset.examples())

    (found,) = from_training_file(content)
    (kept,) = dataset.examples()
    assert (found.statement1, found.statement2) == (kept.statement1, kept.statement2)
    assert (found.similarity, found.label, found.split) == (kept.similarity, True, kept.split)
    assert "rosa" not in content
    assert to_training_file(build_dataset().examples()) == content


def test_without_decisions_the_guides_message_says_what_to_do(db):
    with pytest.raises(NoTrainingData, match=r"No training data available.*run clustering"):
        require_some(build_dataset())


def test_too_few_examples_give_the_guides_message_with_the_counts(abc, decide, settings):
    settings.HELD_OUT_SHARE = 0.0
    decide(abc, False)

    with pytest.raises(
        InsufficientTrainingData,
        match=r"Insufficient training data.*at least 10 positive and 10 negative.*have 0 and 3\.",
    ):
        require_enough(build_dataset())


def test_what_is_held_out_does_not_count_towards_the_minimum(decisions, settings):
    settings.HELD_OUT_SHARE = 0.95

    with pytest.raises(InsufficientTrainingData, match="more are held out"):
        require_enough(build_dataset())


def test_statistics_describe_the_decisions_and_the_examples(decisions):
    found = statistics(build_dataset())

    assert (found["approved_merges"], found["rejected_clusters"]) == (40, 40)
    assert (found["partial_merges"], found["split_clusters"]) == (0, 0)
    assert found["balance"] == 0.5
    for kind in ("positive", "negative"):
        assert found[kind]["total"] == 40 == found[kind]["train"] + found[kind]["held_out"]
    bins = found["similarity_histogram"]
    assert sum(one["positive"] + one["negative"] for one in bins) == 80
    between = sum(0.85 <= one.similarity <= 0.95 for one in build_dataset().examples())
    assert found["borderline_share"] == between / 80
    assert found["reviewers"] == {"count": 1, "most": [{"name": "rosa", "examples": 80}]}


def test_sources_are_counted_by_the_insights_that_came_from_them(abc, decide):
    decide(abc, True)  # merging moves the links; where they came from stays

    found = statistics(build_dataset())["sources"]

    assert found == {"count": 1, "most": [{"name": "notes.txt", "insights": 3}]}


def test_statistics_of_nothing_are_empty_and_not_an_error(db):
    found = statistics(build_dataset())

    assert (found["examples"], found["balance"], found["borderline_share"]) == (0, None, None)
    assert found["similarity_histogram"] == []


def test_an_undone_decision_is_not_counted(abc, decide, reviewer):
    UndoDecision(decision_id=decide(abc, True).pk, actor=reviewer).execute()

    assert statistics(build_dataset())["approved_merges"] == 0


def test_few_and_unbalanced_examples_are_warned_of(make_insight, decide):
    insights = [make_insight(f"statement {number}") for number in range(10)]
    decide(insights, same=insights[:2])

    said = " ".join(statistics(build_dataset())["warnings"])
    assert "models get good from 100 of each" in said
    assert "Out of balance" in said
    assert "held out" in said


def test_the_default_share_is_a_fifth():
    assert settings.HELD_OUT_SHARE == 0.2
