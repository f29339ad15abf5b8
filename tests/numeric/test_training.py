"""Training: from 10 + 10 pairs on, calibrated, cancellable, the same for the same data."""

import json
from dataclasses import replace

import numpy as np
import pytest

from finetuning.ml.data.training_pairs import TrainingDataError, TrainingPairs
from finetuning.ml.data.unrelated import draw_unrelated
from finetuning.ml.learners.similarity import SimilarityBaseline
from finetuning.ml.metrics import evaluate, expected_calibration_error, reliability_bins
from finetuning.ml.training import TrainingCancelled, train


def take(pairs: TrainingPairs, rows) -> TrainingPairs:
    return TrainingPairs(
        [pairs.left[row] for row in rows],
        [pairs.right[row] for row in rows],
        pairs.similarity[rows],
        pairs.label[rows],
        [pairs.group[row] for row in rows],
    )


def stored(pairs: TrainingPairs, **options) -> str:
    return json.dumps(train(pairs, **options).model.to_json(), sort_keys=True)


def test_the_same_data_and_seed_give_the_same_bytes(labelled):
    assert stored(labelled) == stored(labelled)


def test_neither_the_order_of_the_pairs_nor_of_their_statements_changes_a_byte(labelled):
    order = np.random.default_rng(1).permutation(len(labelled))
    shuffled = take(labelled, order)
    turned = replace(shuffled, left=shuffled.right, right=shuffled.left)
    assert stored(turned) == stored(labelled)


def test_a_model_beats_similarity_on_clusters_that_it_has_not_seen(make_pairs):
    pairs = make_pairs(100)
    first = np.flatnonzero([int(name.split()[1]) < 60 for name in pairs.group])
    rest = np.setdiff1d(np.arange(len(pairs)), first)
    known, held_out = take(pairs, first), take(pairs, rest)
    model = train(known).model
    probability = model.predict_probability(held_out.left, held_out.right, held_out.similarity)
    measured = evaluate(probability, held_out.label)
    plain = SimilarityBaseline.fit(known.similarity, known.label)
    baseline = plain.evaluate(held_out.similarity, held_out.label)
    assert measured.average_precision > baseline.average_precision
    assert measured.brier < baseline.brier


def test_a_probability_of_nine_tenths_comes_true_nine_times_in_ten(make_pairs):
    random = np.random.default_rng(8)
    pairs = make_pairs(400, noise=0.0)
    # Labels that only chance ties to the cosine: the right probability is known for each pair.
    similarity = random.uniform(0.4, 1.0, len(pairs))
    label = random.random(len(pairs)) < 1 / (1 + np.exp(-12 * (similarity - 0.7)))
    pairs = replace(pairs, similarity=similarity, label=label)
    half = len(pairs) // 2
    model = train(take(pairs, np.arange(half))).model
    rest = take(pairs, np.arange(half, len(pairs)))
    probability = model.predict_probability(rest.left, rest.right, rest.similarity)
    assert expected_calibration_error(reliability_bins(probability, rest.label)) < 0.06
    sure = probability >= 0.9
    assert sure.sum() > 50
    assert rest.label[sure].mean() == pytest.approx(probability[sure].mean(), abs=0.06)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_labels_of_chance_teach_nothing_and_the_probabilities_say_so(make_pairs, seed):
    pairs = make_pairs(25)
    chance = np.random.default_rng(seed).permutation(pairs.label)
    result = train(replace(pairs, label=chance))
    assert result.report.validation.brier > 0.24
    probability = result.model.predict_probability(pairs.left, pairs.right, pairs.similarity)
    assert np.abs(probability - 0.5).max() < 0.35


@pytest.mark.parametrize("separated", [True, False])
def test_ten_and_ten_pairs_are_enough_also_when_cosine_tells_all_apart(make_pairs, separated):
    pairs = make_pairs(5, noise=0.0 if separated else 0.15)
    result = train(pairs)
    assert (result.report.positives, result.report.negatives) == (10, 10)
    assert any("aim for 100" in warning for warning in result.report.warnings)
    probability = result.model.predict_probability(pairs.left, pairs.right, pairs.similarity)
    assert np.isfinite(probability).all()
    assert probability.max() < 0.99
    if separated:
        assert probability[pairs.label].min() > probability[~pairs.label].max()


@pytest.mark.parametrize(("positives", "negatives"), [(9, 10), (10, 9), (0, 50)])
def test_too_few_examples_are_refused_in_the_guides_words(labelled, positives, negatives):
    rows = np.concatenate(
        [np.flatnonzero(labelled.label)[:positives], np.flatnonzero(~labelled.label)[:negatives]]
    )
    with pytest.raises(TrainingDataError) as refused:
        train(take(labelled, rows))
    assert str(refused.value) == (
        "Insufficient training data: need at least 10 positive and 10 negative examples, "
        f"there are {positives} and {negatives}. Create more manual decisions."
    )


def test_no_pair_at_all_is_said_in_the_guides_words():
    with pytest.raises(TrainingDataError, match="^No training data available"):
        train(TrainingPairs([], [], np.array([]), np.array([], dtype=bool), []))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: replace(p, left=p.left[:-1]), "one of each"),
        (lambda p: replace(p, label=p.label.astype(int) + 1), "Labels must be 0"),
        (lambda p: replace(p, similarity=np.where(p.label, np.nan, 0.5)), "similarity of pair 0"),
    ],
)
def test_pairs_that_do_not_fit_together_are_refused(labelled, change, message):
    with pytest.raises(TrainingDataError, match=message):
        train(change(labelled))


def test_pairs_of_one_decision_train_without_validation_and_say_so(labelled):
    result = train(replace(labelled, group=["one"] * len(labelled)))
    report = result.report
    assert not result.out_of_fold.seen.any()
    assert (report.folds, report.validation, report.history) == (0, None, ())
    assert any("could not be calibrated" in warning for warning in report.warnings)
    json.dumps(report.as_dict(), allow_nan=False)


def test_the_candidate_with_the_least_validation_loss_is_taken(make_pairs):
    report = train(make_pairs(150)).report
    assert report.history[0].candidate == "similarity"
    assert report.history[-1].candidate == "trees"
    assert report.validation.log_loss <= min(step.validation_loss for step in report.history) + 1e-3
    assert report.kind in ("logistic", "trees", "both")


def test_few_labels_of_noise_leave_similarity_to_decide(make_pairs):
    pairs = make_pairs(6, noise=0.01)  # the cosine tells all apart
    result = train(pairs)
    assert result.report.kind == "similarity"
    probability = result.model.predict_probability(pairs.left, pairs.right, pairs.similarity)
    assert (np.argsort(probability) == np.argsort(pairs.similarity)).all()


def test_progress_counts_its_steps_and_carries_the_loss_curve(labelled):
    events = []
    result = train(labelled, progress=lambda *event: events.append(event))
    assert [step for step, _, _ in events] == list(range(1, len(events) + 1))
    curve = [metrics["validation_loss"] for _, _, metrics in events[1:-1]]
    assert curve == [step.validation_loss for step in result.report.history]
    assert "average_precision" in events[-1][2]


def test_a_cancelled_training_stops_at_the_next_step_and_makes_nothing(labelled):
    asked = iter([False, False, True])
    events = []
    with pytest.raises(TrainingCancelled):
        train(
            labelled,
            progress=lambda *event: events.append(event),
            cancelled=lambda: next(asked),
        )
    assert len(events) == 2


def test_an_unbalanced_set_is_warned_about_and_keeps_its_base_rate(make_pairs):
    pairs = make_pairs(150)
    rows = np.sort(np.concatenate([np.flatnonzero(pairs.label)[:40], np.flatnonzero(~pairs.label)]))
    result = train(take(pairs, rows))
    assert any("Out of balance: 300 examples" in warning for warning in result.report.warnings)
    few = take(pairs, rows)
    probability = result.model.predict_probability(few.left, few.right, few.similarity)
    assert probability.mean() == pytest.approx(few.label.mean(), abs=0.03)


def test_the_out_of_fold_predictions_hold_every_pair_that_could_be_tested(labelled):
    result = train(labelled)
    assert result.out_of_fold.label.sum() == result.report.positives
    measured = evaluate(result.out_of_fold.probability, result.out_of_fold.label)
    assert measured.brier == pytest.approx(result.report.validation.brier)
    assert result.out_of_fold.label.tolist() == labelled.label.tolist()  # in the order given
    assert result.out_of_fold.similarity.tolist() == labelled.similarity.tolist()


def test_the_report_is_plain_json_and_names_the_model(labelled):
    result = train(labelled)
    again = json.loads(json.dumps(result.report.as_dict(), allow_nan=False))
    assert again["digest"] == result.model.digest
    assert again["validation"]["average_precision"] > 0.8
    assert again["groups"] == 60


def only_facts_differ(count: int = 20) -> tuple[TrainingPairs, dict[str, np.ndarray]]:
    """Two decisions a topic, as clusters give them: a rewording, and another number."""
    topics = ("alarm", "boiler", "crane", "door", "engine", "filter", "gauge", "hoist", "inlet",
              "jack")  # fmt: skip
    left, right, label, group, vectors = [], [], [], [], {}
    for number in range(count):
        topic = f"{topics[number % 10]} {number // 10}x"
        said = (
            f"The {topic} is checked every 12 weeks.",
            f"Every 12 weeks the {topic} is checked.",
            f"The {topic} is checked every 40 weeks.",
        )
        vectors |= dict.fromkeys(said, np.eye(count, dtype=np.float32)[number])
        left += [said[0], said[0]]
        right += [said[1], said[2]]
        label += [True, False]
        group += [topic, topic]
    pairs = TrainingPairs(left, right, np.full(len(left), 0.9), np.array(label), group)
    return pairs, vectors


def test_few_labels_that_only_facts_tell_apart_still_teach_that_meaning_counts():
    pairs, vectors = only_facts_differ()
    asked = ["The alarm 0x is checked every 12 weeks."], ["Visitors sign in at the gate."], [0.1]
    alone = train(pairs).model.predict_probability(*asked)
    taught = train(pairs, vectors=vectors).model.predict_probability(*asked)
    assert taught < alone / 10
    same = [pairs.left[0]], [pairs.right[0]], [0.9]
    assert train(pairs, vectors=vectors).model.predict_probability(*same) > 0.9


def test_unrelated_pairs_share_no_decision_and_repeat_none():
    pairs, vectors = only_facts_differ()
    del vectors[pairs.right[0]]
    drawn = draw_unrelated(pairs, vectors, seed=1)
    assert 100 < len(drawn) <= 300
    assert drawn.similarity.max() == 0.0  # of two topics, never of one
    assert len(set(zip(drawn.left, drawn.right, strict=True))) == len(drawn)
    assert pairs.right[0] not in {*drawn.left, *drawn.right}
    assert len(draw_unrelated(pairs, {}, seed=1)) == 0
