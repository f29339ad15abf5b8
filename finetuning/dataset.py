"""From people's decisions to labelled pairs: capped, deduplicated, split by cluster."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar
from uuid import UUID

import numpy as np
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q

from finetuning.errors import MINIMUM_PER_LABEL, InsufficientTrainingData, NoTrainingData
from finetuning.splits import Split, assign_splits
from insights.embedding.service import embed_statements, load_vectors, serving_model
from insights.models import DecisionMember, Insight, PairLabel
from insights.models.merge_decision import HUMAN_KINDS

# A cluster of 12 has 66 pairs that say nearly the same; it should not drown ten clusters of 2.
PAIRS_PER_DECISION = 20
BATCH = 5000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """One labelled pair; `similarity` is the cosine of the two embeddings.

    `group` is the decision that the pair's split was drawn for: pairs of one group are kept
    together in cross-validation.
    """

    insight1_id: UUID
    insight2_id: UUID
    statement1: str
    statement2: str
    similarity: float
    label: bool
    split: Split
    group: str
    decision_id: UUID
    decision_kind: str
    reviewer: str = ""


@dataclass(frozen=True)
class Dataset:
    """`bridging`: pairs left out because their statements are in different splits; `capped`: those
    beyond the most that one decision may give."""

    examples: list[TrainingExample] = field(default_factory=list)
    bridging: int = 0
    capped: int = 0

    def part(self, split: Split) -> list[TrainingExample]:
        return [example for example in self.examples if example.split == split]

    def count(self, split: Split, label: bool) -> int:
        return sum(one.split == split and one.label == label for one in self.examples)


def require_some(dataset: Dataset) -> None:
    if not dataset.examples:
        raise NoTrainingData


def require_enough(dataset: Dataset) -> None:
    """The guide's minimum, for the part that is trained on."""
    require_some(dataset)
    positive, negative = dataset.count("train", True), dataset.count("train", False)
    if min(positive, negative) < MINIMUM_PER_LABEL:
        held_out = len(dataset.examples) - positive - negative
        raise InsufficientTrainingData(positive, negative, held_out)


@dataclass(frozen=True, slots=True)
class _Label:
    insight1: UUID
    insight2: UUID
    is_same: bool
    decision: UUID
    kind: str
    actor: int | None
    content: tuple[str, str]  # the two content hashes, the smaller first


def build_dataset() -> Dataset:
    """All labelled pairs in an order that depends on the statements only.

    The labels are those of insights.review.labels: the latest decision in force wins, undone
    decisions and automatic merges say nothing.
    """
    insights = _Insights()
    labels, capped = _cap(_distinct(_labels(insights)))
    splits = assign_splits(_decisions(), settings.HELD_OUT_SHARE)
    together = [
        one for one in labels if splits[one.content[0]].split == splits[one.content[1]].split
    ]
    similarity = insights.similarity(together)
    reviewers = _usernames({one.actor for one in together})
    examples = []
    for one, cosine in zip(together, similarity, strict=True):
        first = min((splits[digest] for digest in one.content), key=lambda each: each.order)
        examples.append(
            TrainingExample(
                insight1_id=one.insight1,
                insight2_id=one.insight2,
                statement1=insights.statement[one.insight1],
                statement2=insights.statement[one.insight2],
                similarity=cosine,
                label=one.is_same,
                split=first.split,
                group=str(first.anchor),
                decision_id=one.decision,
                decision_kind=one.kind,
                reviewer=reviewers.get(one.actor, ""),
            )
        )
    return Dataset(examples, bridging=len(labels) - len(together), capped=capped)


class _Insights:
    """What is needed of every labelled insight, by id."""

    def __init__(self) -> None:
        labelled = Insight.objects.filter(
            Q(pk__in=PairLabel.objects.values("insight1"))
            | Q(pk__in=PairLabel.objects.values("insight2"))
        )
        _embed_again(labelled.exclude(embedding_model=serving_model()))
        ids, self._vectors = load_vectors(labelled.order_by("pk"))
        self._row = {pk: row for row, pk in enumerate(ids)}
        self.statement: dict[UUID, str] = {}
        self.content_hash: dict[UUID, str] = {}
        texts = labelled.values_list("pk", "statement", "content_hash")
        for pk, statement, content_hash in texts.iterator(chunk_size=BATCH):
            if pk not in self._row:
                continue  # labelled just now, after the vectors were read
            self.statement[pk], self.content_hash[pk] = statement, content_hash

    def similarity(self, labels: Sequence[_Label]) -> list[float]:
        """Cosines, rounded to where the store's half precision ends."""
        cosines: list[float] = []
        for batch in _batches(labels):
            left = self._vectors[[self._row[one.insight1] for one in batch]]
            right = self._vectors[[self._row[one.insight2] for one in batch]]
            cosines += [round(float(one), 6) for one in np.einsum("ij,ij->i", left, right)]
        return cosines


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    """Lists of BATCH items at most."""
    for _, batch in groupby(enumerate(items), key=lambda item: item[0] // BATCH):
        yield [item for _, item in batch]


def _embed_again(stale: Iterable[Insight]) -> None:
    """Merged insights keep the vector of an older embedding model until somebody needs them."""
    for batch in _batches(stale):
        embed_statements(batch)
        Insight.objects.bulk_update(batch, ["embedding", "embedding_model"], batch_size=500)


def _labels(insights: _Insights) -> Iterator[_Label]:
    """The latest decision first."""
    rows = PairLabel.objects.order_by("-decision__decided_at", "-decision_id").values_list(
        "insight1_id",
        "insight2_id",
        "is_same",
        "decision_id",
        "decision__kind",
        "decision__actor_id",
    )
    digest = insights.content_hash
    for one, other, is_same, decision, kind, actor in rows.iterator(chunk_size=BATCH):
        if one not in digest or other not in digest:
            continue  # labelled just now, after the insights were read
        content = (min(digest[one], digest[other]), max(digest[one], digest[other]))
        yield _Label(one, other, is_same, decision, kind, actor, content)


def _distinct(labels: Iterable[_Label]) -> list[_Label]:
    """One label a pair of statements: the same words may stand in an edited insight, too."""
    distinct: dict[tuple[str, str], _Label] = {}
    for label in labels:
        if label.content[0] != label.content[1]:
            distinct.setdefault(label.content, label)
    return [distinct[content] for content in sorted(distinct)]


def _cap(labels: Sequence[_Label]) -> tuple[list[_Label], int]:
    """At most PAIRS_PER_DECISION of each label a decision, spread over its members by a hash."""
    by_decision: defaultdict[Hashable, list[_Label]] = defaultdict(list)
    for label in labels:
        by_decision[label.decision, label.is_same].append(label)
    kept = [
        label
        for group in by_decision.values()
        for label in sorted(group, key=_spread)[:PAIRS_PER_DECISION]
    ]
    return sorted(kept, key=lambda label: label.content), len(labels) - len(kept)


def _spread(label: _Label) -> bytes:
    return hashlib.sha256("".join(label.content).encode()).digest()


def _decisions() -> Iterator[tuple[UUID, list[str]]]:
    """Every human decision ever taken, undone or not, oldest first, with its members' hashes."""
    rows = (
        DecisionMember.objects.filter(decision__kind__in=HUMAN_KINDS)
        .order_by("decision__decided_at", "decision_id")
        .values_list("decision_id", "insight__content_hash")
        .iterator(chunk_size=BATCH)
    )
    for decision, members in groupby(rows, key=lambda row: row[0]):
        yield decision, [content_hash for _, content_hash in members]


def _usernames(ids: set[int | None]) -> dict[int | None, str]:
    known = [pk for pk in ids if pk is not None]
    users = get_user_model()._default_manager.filter(pk__in=known)
    return {user.pk: user.get_username() for user in users}


# --- The training file ----------------------------------------------------------------------------


def to_training_file(dataset: Dataset) -> str:
    """JSON Lines; the same decisions give the same bytes. Who decided is not in it."""
    return "".join(
        json.dumps(
            {
                "insight1_id": str(one.insight1_id),
                "insight2_id": str(one.insight2_id),
                "statement1": one.statement1,
                "statement2": one.statement2,
                "similarity": one.similarity,
                "label": one.label,
                "split": one.split,
                "group": one.group,
                "decision_id": str(one.decision_id),
                "decision_kind": one.decision_kind,
            },
            ensure_ascii=False,
        )
        + "\n"
        for one in dataset.examples
    )


def from_training_file(content: str) -> list[TrainingExample]:
    examples = []
    for line in content.split("\n")[:-1]:  # not splitlines(): a statement may hold U+2028
        row = json.loads(line)
        for name in ("insight1_id", "insight2_id", "decision_id"):
            row[name] = UUID(row[name])
        examples.append(TrainingExample(**row))
    return examples
