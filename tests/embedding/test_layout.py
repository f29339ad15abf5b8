"""Positions on the map: near in meaning is near on the map, and the same every time."""

import numpy as np
import pytest

from insights.embedding import layout as layouts
from insights.embedding.layout import layout


def topics(each, *, seed=5, dimensions=384):
    """Rows around three random directions, and the topic of each."""
    rng = np.random.default_rng(seed)
    topic = np.repeat(np.arange(3), each)
    rows = rng.standard_normal((3, dimensions))[topic] * 2
    rows += rng.standard_normal((3 * each, dimensions))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), topic


def share_of_neighbours_alike(at, topic):
    far = np.linalg.norm(at[:, None] - at[None], axis=2)
    np.fill_diagonal(far, np.inf)
    return np.mean(topic[far.argmin(axis=1)] == topic)


@pytest.mark.parametrize("landmarks", [2000, 60])
def test_neighbours_on_the_map_are_of_one_topic(landmarks, monkeypatch):
    monkeypatch.setattr(layouts, "LANDMARKS", landmarks)
    vectors, topic = topics(60)
    at = layout(vectors)
    assert at.shape == (180, 2)
    assert at.min() >= 0
    assert at.max() <= 1
    assert share_of_neighbours_alike(at, topic) > 0.95
    assert np.array_equal(at, layout(vectors))


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_a_few_are_placed_too(count):
    vectors, _ = topics(3)
    at = layout(vectors[:count])
    assert at.shape == (count, 2)
    assert np.isfinite(at).all()
