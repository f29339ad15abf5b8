"""A person's later decision is what a prediction is measured by; the guide's queries read it."""

import pytest
from django.db import connection

from finetuning.inference.prediction import predict_merge_decision
from finetuning.models import DeduplicationModel, ModelPrediction
from insights.review.actions import MergeAutomatically, UndoDecision

# Word for word from the user's guide.
ACCURACY = """
-- Get accuracy for active model
SELECT 
  COUNT(*) as total_reviewed,
  SUM(CASE WHEN is_correct THEN 1 ELSE 0 END) as correct,
  ROUND(100.0 * SUM(CASE WHEN is_correct THEN 1 ELSE 0 END) / COUNT(*), 2) as accuracy_pct
FROM model_predictions
WHERE model_id = (SELECT id FROM deduplication_models WHERE is_active = true)
  AND actual_label IS NOT NULL;
"""  # noqa: W291
MISCLASSIFICATIONS = """
-- Find incorrect predictions
SELECT 
  mp.id,
  i1.statement as insight1,
  i2.statement as insight2,
  mp.prediction,
  mp.actual_label,
  mp.confidence,
  mp.similarity_score
FROM model_predictions mp
JOIN insights i1 ON mp.insight1_id = i1.id
JOIN insights i2 ON mp.insight2_id = i2.id
WHERE mp.model_id = (SELECT id FROM deduplication_models WHERE is_active = true)
  AND mp.is_correct = false
  AND mp.actual_label IS NOT NULL
ORDER BY mp.confidence DESC;
"""  # noqa: W291


def query(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@pytest.fixture
def insights(make_insight):
    return [make_insight(statement) for statement in "abcd"]


def state():
    return {
        "".join(sorted((row.insight1.statement, row.insight2.statement))): (
            row.actual_label,
            row.is_correct,
        )
        for row in ModelPrediction.objects.select_related("insight1", "insight2")
    }


def test_a_decision_fills_the_label_and_its_undo_clears_it(scripted, insights, decide, reviewer):
    a, b, c, _ = insights
    scripted.says(0.9, a, b)
    predict_merge_decision(a, b, 0.8)
    predict_merge_decision(a, c, 0.8)
    assert state() == {"ab": (None, None), "ac": (None, None)}

    rejected = decide([a, b], False)
    assert state() == {"ab": (False, False), "ac": (None, None)}

    UndoDecision(decision_id=rejected.pk, actor=reviewer).execute()
    assert state() == {"ab": (None, None), "ac": (None, None)}


def test_a_later_decision_changes_the_label_and_its_undo_brings_the_first_back(
    scripted, insights, decide, reviewer
):
    a, b, *_ = insights
    predict_merge_decision(a, b, 0.8)
    decide([a, b], False)
    approved = decide([a, b], True)
    assert state() == {"ab": (True, False)}

    UndoDecision(decision_id=approved.pk, actor=reviewer).execute()
    assert state() == {"ab": (False, True)}


def test_the_predictions_of_all_versions_are_filled(scripted, insights, decide):
    a, b, *_ = insights
    predict_merge_decision(a, b, 0.8)
    DeduplicationModel.objects.update(is_active=False)
    DeduplicationModel.objects.create(
        version=4, backend="local", base_model="x", status="succeeded", is_active=True
    )
    predict_merge_decision(a, b, 0.8)

    decide([a, b], True)

    assert set(ModelPrediction.objects.values_list("model__version", "actual_label")) == {
        (3, True),
        (4, True),
    }


def test_a_pair_that_was_decided_before_it_was_predicted_has_its_label_at_once(
    scripted, insights, decide
):
    a, b, *_ = insights
    decide([a, b], False)
    predict_merge_decision(a, b, 0.8)

    assert state() == {"ab": (False, True)}


def test_an_automatic_merge_says_nothing_until_a_person_denies_it(scripted, insights, reviewer):
    a, b, *_ = insights
    scripted.says(0.99, a, b)
    predict_merge_decision(a, b, 0.8)
    receipt = MergeAutomatically(
        canonical_id=a.pk, duplicate_id=b.pk, model_id=scripted.model.pk, model_version="3"
    ).execute()
    assert state() == {"ab": (None, None)}

    UndoDecision(decision_id=receipt.pk, actor=reviewer, not_same=True).execute()
    assert state() == {"ab": (False, False)}


def test_a_decision_is_one_update_however_many_pairs_it_speaks_of(
    scripted, insights, decide, django_capture_on_commit_callbacks
):
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        decide(insights, False)

    updates = [q for q in queries.captured_queries if "UPDATE model_predictions" in q["sql"]]
    assert len(updates) == 1


def test_the_guides_accuracy_query_answers(scripted, insights, decide):
    a, b, c, d = insights
    for pair, said in (((a, b), 0.9), ((a, c), 0.8), ((a, d), 0.2), ((b, c), 0.7)):
        scripted.says(said, *pair)
        predict_merge_decision(*pair, 0.8)
    decide([a, b], False)
    decide([a, d], False)
    decide([b, c], True)

    ((total, correct, percentage),) = query(ACCURACY)

    assert (total, correct, float(percentage)) == (3, 2, 66.67)


def test_the_guides_accuracy_query_answers_when_nothing_was_reviewed(scripted):
    assert query(ACCURACY) == [(0, None, None)]


def test_the_guides_misclassification_query_lists_the_surest_mistakes_first(
    scripted, insights, decide
):
    a, b, c, _ = insights
    for pair, said in (((a, b), 0.8), ((a, c), 0.97), ((b, c), 0.1)):
        scripted.says(said, *pair)
        predict_merge_decision(*pair, 0.75)
    decide([a, b, c], False)

    rows = query(MISCLASSIFICATIONS)

    assert [{row[1], row[2]} for row in rows] == [{"a", "c"}, {"a", "b"}]
    assert [row[3:] for row in rows] == [(True, False, 0.97, 0.75), (True, False, 0.8, 0.75)]
