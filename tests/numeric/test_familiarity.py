"""A pair is familiar when it lies near enough to the training statements."""

import numpy as np

from finetuning.ml.familiarity import NEAREST, Familiarity

DIMENSIONS = 384


def around(center: np.ndarray, count: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)) / DIMENSIONS**0.5
    vectors = center + noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def topic(number: int) -> np.ndarray:
    return np.eye(DIMENSIONS)[number]


def test_the_same_topic_is_familiar_and_another_is_not():
    learnt = Familiarity.of(around(topic(0), 100, seed=1))
    same, other = around(topic(0), 50, seed=2), around(topic(1), 50, seed=3)

    assert (learnt.score(same, same[::-1]) >= learnt.least).all()
    assert (learnt.score(other, other[::-1]) < learnt.least).all()


def test_a_pair_counts_with_both_statements():
    learnt = Familiarity.of(around(topic(0), 100, seed=1))
    same, other = around(topic(0), 5, seed=2), around(topic(1), 5, seed=3)

    mixed = learnt.score(same, other)

    assert np.allclose(mixed, (learnt.score(same, same) + learnt.score(other, other)) / 2)


def test_nothing_is_familiar_to_a_handful_of_statements():
    learnt = Familiarity.of(around(topic(0), NEAREST, seed=1))
    same = around(topic(0), 3, seed=2)

    assert not (learnt.score(same, same) >= learnt.least).any()
