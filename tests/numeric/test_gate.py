"""The gate: better by more than chance, and no less precise where it merges."""

import numpy as np
import pytest

from finetuning.ml.comparison import BootstrapDifference
from finetuning.ml.gate import bootstrap_brier, choose_merge_threshold, gate


def pairs(n=200, seed=3):
    random = np.random.default_rng(seed)
    label = random.random(n) < 0.5
    return label, [f"decision {i // 2}" for i in range(n)], random


def leaning(label, strength, random):
    """Probabilities on the right side of 0.5, the farther the greater `strength`."""
    noise = random.normal(0, 0.05, len(label))
    return np.clip(np.where(label, 0.5 + strength, 0.5 - strength) + noise, 0, 1)


def run(active, new, label, groups, **options):
    options = {"active_threshold": 0.9, **options}
    return gate(active, new, label, groups, np.ones(len(label), bool), **options)


def test_a_surely_better_version_passes_and_says_by_how_much():
    label, groups, random = pairs()
    result = run(leaning(label, 0.1, random), leaning(label, 0.45, random), label, groups)

    assert result.passed
    assert result.brier.low > 0
    assert result.reasons[0].startswith("Clear improvement: its Brier score is lower by")
    assert result.pairs == 200
    assert result.groups == 100


def test_what_the_guard_holds_back_counts_for_neither_version():
    label, groups, _ = pairs()
    guard = np.ones(len(label), bool)
    guard[np.flatnonzero(~label)[:30]] = False
    careless = np.where(guard & ~label, 0.2, 0.95)  # wrong only where the guard stands before it
    result = gate(careless, careless, label, groups, guard, active_threshold=0.9)
    assert result.at_threshold["active"].precision == 1
    assert result.at_threshold["new"].precision == 1
    assert result.at_threshold["active"].selected == label.sum()


def test_the_same_version_again_is_not_better():
    label, groups, random = pairs()
    same = leaning(label, 0.4, random)
    result = run(same, same, label, groups)

    assert not result.passed
    assert result.reasons[0] == "No clear improvement: its Brier score is the same."
    assert (result.brier.low, result.brier.high) == (0.0, 0.0)


def test_a_little_better_is_chance():
    label, groups, random = pairs(40)
    active = leaning(label, 0.3, random)
    new = active.copy()
    new[0] = 0.5 + np.sign(label[0] - 0.5) * 0.5
    assert not run(active, new, label, groups).passed


def test_better_on_average_and_less_precise_where_it_merges_is_held_back():
    label, groups, random = pairs()
    active = leaning(label, 0.1, random)
    active[np.flatnonzero(label)[:20]] = 0.95  # it merges twenty, all rightly
    new = np.clip(np.where(label, 0.85, 0.05), 0, 1)
    new[np.flatnonzero(~label)[:2]] = 1.0  # the surest of the new one are wrong

    result = run(active, new, label, groups)

    assert result.brier.low > 0
    assert not result.passed
    assert "below the active version's, 1.000" in result.reasons[0]


def test_a_version_that_would_merge_nothing_does_not_replace_one_that_merges():
    label, groups, random = pairs()
    active = leaning(label, 0.1, random)
    active[np.flatnonzero(label)[:20]] = 0.95
    result = run(active, leaning(label, 0.25, random), label, groups)
    assert not result.passed
    assert "merge no held-out pair" in result.reasons[0]


def test_what_the_guard_holds_back_does_not_count_as_merged():
    label, groups, random = pairs()
    new = leaning(label, 0.45, random)
    wrong = np.flatnonzero(~label)[0]
    new[wrong] = 0.99
    guard = np.ones(len(label), bool)
    guard[wrong] = False
    active = leaning(label, 0.1, random)

    held_back = gate(active, new, label, groups, guard, active_threshold=None)

    assert held_back.passed
    assert held_back.at_threshold["new"].precision == 1.0


def test_whole_decisions_are_resampled():
    """A hundred copies of one pair's gain are one observation, and one may be chance."""
    label = np.array([True] * 100 + [False, True])
    first = np.array([0.6] * 100 + [0.4, 0.8])
    second = np.array([0.9] * 100 + [0.6, 0.6])
    apart = bootstrap_brier(first, second, label, list(range(102)))
    together = bootstrap_brier(first, second, label, ["one"] * 100 + ["two", "three"])
    assert apart.low > 0
    assert together.low < 0
    assert apart.difference == together.difference


def test_the_threshold_is_raised_above_an_observed_mistake():
    probability = np.array([0.91, 0.92, 0.93, 0.95, 0.96])
    label = np.array([True, False, True, True, True])
    chosen = choose_merge_threshold(
        probability, label, np.ones(5, bool), target_precision=0.99, floor=0.9
    )
    assert chosen.threshold == 0.93
    assert not chosen.reached


def test_one_mistake_among_many_pairs_does_not_raise_the_threshold():
    label = np.ones(60, bool)
    label[30] = False
    probability = np.linspace(0.9, 0.99, 60)
    choose = lambda y: choose_merge_threshold(  # noqa: E731
        probability, y, np.ones(60, bool), target_precision=0.99, floor=0.9
    )
    assert (choose(label).threshold, choose(label).reached) == (0.9, False)
    label[[28, 29]] = False
    assert choose(label).threshold > 0.9


def test_the_first_version_only_has_to_be_better_than_similarity():
    label, groups, random = pairs(12)
    before, after = leaning(label, 0.3, random), leaning(label, 0.34, random)
    against = {
        threshold: run(before, after, label, groups, active_threshold=threshold)
        for threshold in (None, 0.9)
    }
    assert against[None].brier.difference > 0 > against[None].brier.low
    assert (against[None].passed, against[0.9].passed) == (True, False)
    assert against[None].reasons[0].startswith("Likely improvement")
    assert not run(after, before, label, groups, active_threshold=None).passed


def test_the_threshold_is_never_below_the_floor_and_1_when_the_surest_is_wrong():
    for_sure = np.full(400, 0.99)
    choose = lambda p, y: choose_merge_threshold(  # noqa: E731
        p, y, np.ones(len(y), bool), target_precision=0.99, floor=0.9
    )
    proved = choose(for_sure, np.ones(400, bool))
    assert (proved.threshold, proved.reached) == (0.9, True)
    assert choose(np.array([0.95, 0.99]), np.array([True, False])).threshold == 1.0


@pytest.mark.parametrize("threshold", [None, 0.9])
def test_the_result_is_plain_json(threshold):
    import json

    label, groups, random = pairs(20)
    result = run(
        leaning(label, 0.1, random),
        leaning(label, 0.4, random),
        label,
        groups,
        active_threshold=threshold,
    )
    json.dumps(result.as_dict(), allow_nan=False)


def test_what_rounds_to_nothing_is_neither_lower_nor_higher():
    hardly = BootstrapDifference(-0.00003, -0.0101, 0.0102, 0.95, 1000)
    assert hardly.gain_in_words() == "the same, 95% interval of the gain -0.0101 to +0.0102"
