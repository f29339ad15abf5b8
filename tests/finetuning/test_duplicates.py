"""Into which stored insight a new one is merged without a person, and when into none."""

import pytest

from finetuning.inference.decider import ActiveModelDecider
from finetuning.inference.duplicates import check_for_semantic_duplicate_with_model as check
from finetuning.models import ModelPrediction
from insights.review.actions import ApproveCluster, MergeAutomatically
from tests.conftest import unit_vector

CENTRE = unit_vector("centre")


@pytest.fixture
def near(make_insight):
    """An insight near one centre, so that all of them are each other's candidates."""

    def make(statement):
        return make_insight(statement, unit_vector(statement, near=CENTRE, cosine=0.93))

    return make


@pytest.fixture
def old(near):
    return near("Staff swap shifts by phone")


def test_a_sure_duplicate_is_merged_into_the_older_one(scripted, old, near):
    new = near("Shifts are swapped over the phone")
    scripted.says(0.97, old, new)

    found = check(new, locator="p. 4")

    assert (found.should_merge, found.existing_insight_id) == (True, old.pk)
    assert (found.confidence, found.model_id) == (0.97, scripted.model.pk)
    assert found.model_version == "version 3 (local)"
    assert "Version 3 (local) gives 0.970" in found.reason
    assert found.evidence["threshold"] == 0.90
    assert found.evidence["probability"] == 0.97
    assert found.evidence["differences"] == []
    assert found.evidence["explanation"] == ["The embeddings are alike"]
    assert found.evidence["locator"] == "p. 4"
    assert ModelPrediction.objects.get().origin == "ingestion"


def test_the_older_one_is_never_merged_into_the_newer(scripted, old, near):
    new = near("Shifts are swapped over the phone")
    scripted.says(0.97, old, new)

    assert not check(old).should_merge


def test_below_the_threshold_a_person_decides(scripted, old, near):
    new = near("Shifts are swapped over the phone")
    scripted.says(0.89, old, new)

    found = check(new)

    assert (found.should_merge, found.existing_insight_id) == (False, old.pk)
    assert found.reason.endswith("below 0.9.")


def test_a_near_miss_is_left_to_a_person(scripted, near):
    old, new = near("The export takes 12 minutes"), near("The export takes 21 minutes")
    scripted.says(0.99, old, new)

    found = check(new)

    assert (found.should_merge, found.existing_insight_id) == (False, old.pk)
    assert "the statements differ. Statement 1 says" in found.reason
    assert found.evidence["differences"]


@pytest.mark.parametrize("best", [0, 1])
def test_the_most_probable_of_several_sure_ones_is_taken(scripted, old, near, best):
    both, new = (
        [old, near("Shift swaps happen by phone")],
        near("Shifts are swapped over the phone"),
    )
    scripted.says(0.98, both[best], new)
    scripted.says(0.95, both[1 - best], new)

    assert check(new).existing_insight_id == both[best].pk


def test_a_near_miss_does_not_stand_in_the_way_of_a_sure_one(scripted, near):
    differs, old = near("The export takes 21 minutes"), near("12 minutes is what the export takes")
    new = near("The export takes 12 minutes")
    scripted.says(0.99, differs, new)
    scripted.says(0.95, old, new)

    assert check(new).existing_insight_id == old.pk


def test_two_sure_ones_that_reviewers_keep_apart_leave_it_to_a_person(scripted, old, near, decide):
    other = near("Shift swaps happen by phone")
    decide([old, other], False)
    new = near("Shifts are swapped over the phone")
    scripted.says(0.95, old, new)
    scripted.says(0.98, other, new)

    found = check(new)

    assert not found.should_merge
    assert "reviewers keep some of them apart" in found.reason


def test_the_reviewers_word_on_merged_insights_holds_for_their_canonical(
    scripted, old, near, decide, make_cluster, reviewer
):
    other, third = near("Shift swaps happen by phone"), near("Swaps of shifts go by phone")
    decide([old, other], False)
    ApproveCluster(
        cluster_id=make_cluster([other, third]).pk, actor=reviewer, canonical_id=third.pk
    ).execute()
    new = near("Shifts are swapped over the phone")
    scripted.says(0.95, old, new)
    scripted.says(0.98, third, new)

    assert not check(new).should_merge


def test_what_a_reviewer_keeps_apart_is_not_merged(scripted, old, near, decide):
    new = near("Shifts are swapped over the phone")
    decide([old, new], False)
    scripted.says(0.98, old, new)

    found = check(new)

    assert not found.should_merge
    assert "Reviewers keep the two apart" in found.reason


def test_in_one_batch_nothing_is_merged_into_what_is_merged_itself(scripted, old, near):
    first, second = near("Shifts are swapped over the phone"), near("Shift swaps go by phone")
    scripted.says(0.97, old, first)
    scripted.says(0.99, first, second)
    scripted.says(0.4, old, second)

    one, two = ActiveModelDecider().check([first, second])

    assert (one.should_merge, one.existing_insight_id) == (True, old.pk)
    assert not two.should_merge  # only by way of the first one would it be the old one's duplicate


def test_in_one_batch_twins_go_to_the_same_older_one(scripted, old, near):
    first, second = near("Shifts are swapped over the phone"), near("Shift swaps go by phone")
    scripted.says(0.97, old, first)
    scripted.says(0.99, first, second)
    scripted.says(0.95, old, second)

    answers = ActiveModelDecider().check([second, first])

    assert {(one.should_merge, one.existing_insight_id) for one in answers} == {(True, old.pk)}


def test_a_merged_insight_is_never_a_candidate(scripted, old, near):
    gone, new = near("Shift swaps happen by phone"), near("Shifts are swapped over the phone")
    MergeAutomatically(
        canonical_id=old.pk, duplicate_id=gone.pk, model_id=None, model_version="1"
    ).execute()
    scripted.says(0.99, gone, new)

    assert not check(new).should_merge
    gone.refresh_from_db()
    assert check(gone).existing_insight_id == old.pk
    assert not check(gone).should_merge


def test_a_batch_is_one_question_with_the_same_number_of_queries(
    scripted, near, django_assert_max_num_queries
):
    insights = [near(f"statement {word}") for word in "abcdefghijklmnop"]

    with django_assert_max_num_queries(15):
        answers = ActiveModelDecider().check(insights)

    assert len(answers) == 16
    assert len(scripted.asked) == 1
    assert answers[0].reason == "No stored insight is similar enough."


def test_the_same_words_need_no_model(old):
    found = check("  staff swap  shifts by phone. ")

    assert (found.should_merge, found.existing_insight_id) == (True, old.pk)
    assert found.confidence == 1.0
    assert found.reason == "The same words are stored already."


def test_the_same_words_lead_to_the_insight_that_stands_for_them_now(old, near):
    other = near("Shift swaps happen by phone")
    MergeAutomatically(
        canonical_id=other.pk, duplicate_id=old.pk, model_id=None, model_version="1"
    ).execute()

    assert check("Staff swap shifts by phone").existing_insight_id == other.pk


def test_a_text_is_compared_with_all_insights_and_not_recorded(scripted, make_insight):
    from insights.embedding.service import embed_one

    _, vector = embed_one("Nurses swap their shifts by phone")
    old = make_insight("Nurses swap their shifts by phone", vector)
    text = "Shifts are swapped by nurses over the phone"
    scripted.says(0.96, old, text)

    found = check(text)

    assert (found.should_merge, found.existing_insight_id) == (True, old.pk)
    assert found.similarity > 0.8
    assert not ModelPrediction.objects.exists()


def test_without_a_model_the_nearest_is_named_and_nothing_merged(make_insight):
    from insights.embedding.service import embed_one

    _, vector = embed_one("Nurses swap their shifts by phone")
    old = make_insight("Nurses swap their shifts by phone", vector)

    found = check("Nurses swap shifts by phone")

    assert (found.should_merge, found.existing_insight_id) == (False, old.pk)
    assert "similarity alone merges nothing" in found.reason


def test_a_model_that_fails_merges_nothing(scripted, old, near, monkeypatch, caplog):
    new = near("Shifts are swapped over the phone")
    monkeypatch.setattr(scripted, "probabilities", lambda pairs: 1 / 0)

    found = check(new)

    assert (found.should_merge, found.existing_insight_id) == (False, old.pk)
    assert "No model answers" in found.reason


def test_an_empty_text_is_refused(db):
    with pytest.raises(ValueError, match="statement is empty"):
        check(" \u200b ")
