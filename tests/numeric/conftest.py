"""Labelled pairs of our own making, from clusters of paraphrases, for the tests of learning."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings

from finetuning.ml.data.training_pairs import TrainingPairs

# A test is slow on a busy machine without being wrong.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")

SUBJECTS = (
    "nurses managers carers residents families volunteers cooks drivers cleaners doctors".split()
)
TOPICS = "rotas handovers meals medication visits parking training lifts laundry alarms".split()
PARAPHRASES = (
    "{subject} find that {topic} take too long",
    "{topic} take up too much time, say {subject}",
    "according to {subject}, {topic} are far too slow",
)


def _pairs(clusters: int, seed: int = 0, noise: float = 0.08) -> TrainingPairs:
    """Two positive and two negative pairs a cluster, mostly told apart by similarity."""
    random = np.random.default_rng(seed)
    left, right, similarity, label, group = [], [], [], [], []
    for cluster in range(clusters):
        subject = f"{SUBJECTS[cluster % 10]} {cluster}b"
        topic = TOPICS[cluster // 10 % 10]
        first, second, third = (text.format(subject=subject, topic=topic) for text in PARAPHRASES)
        others = (first.replace("too", "not"), f"{subject} like the new {TOPICS[cluster % 7]}")
        for a, b, same in (
            (first, second, True),
            (second, third, True),
            (third, others[0], False),
            (first, others[1], False),
        ):
            left.append(a)
            right.append(b)
            similarity.append(float(np.clip(random.normal(0.8 if same else 0.65, noise), 0, 1)))
            label.append(same)
            group.append(f"cluster {cluster}")
    return TrainingPairs(left, right, np.array(similarity), np.array(label), group)


@pytest.fixture(scope="session")
def make_pairs() -> Callable[..., TrainingPairs]:
    return _pairs


@pytest.fixture(scope="session")
def labelled(make_pairs: Callable[..., TrainingPairs]) -> TrainingPairs:
    return make_pairs(60)
