"""From people's decisions to labelled pairs: capped, deduplicated, split by cluster."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q

from finetuning.errors import MINIMUM_PER_LABEL, InsufficientTrainingData, NoTrainingData
from finetuning.splits import Split, assign_splits
from insights.embedding.service import embed_statements, serving_model
from insights.models import DecisionMember, Insight, PairLabel
from insights.models.merge_decision import HUMAN_KINDS

# A cluster of 12 has 66 pairs that say nearly the same; it should not drown ten clusters of 2.
PAIRS_PER_DECISION = 20
BATCH = 2000


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


# What is held of a pair: under 100 bytes. Its texts are read when they are written out.
PAIR = np.dtype(
    [
        ("insight1", "V16"),
        ("insight2", "V16"),
        ("similarity", "f8"),
        ("label", "?"),
        ("held_out", "?"),
        ("group", "V16"),
        ("decision", "V16"),
        ("kind", "S16"),
        ("actor", "i8"),  # 0 for nobody
    ]
)


@dataclass(frozen=True)
class Dataset:
    """`pairs`: (n,) of PAIR; `bridging`: pairs left out because their statements are in different
    splits; `capped`: those beyond the most that one decision may give."""

    pairs: np.ndarray = field(default_factory=lambda: np.empty(0, PAIR))
    bridging: int = 0
    capped: int = 0

    def __len__(self) -> int:
        return len(self.pairs)

    def count(self, split: Split, label: bool) -> int:
        is_in = self.pairs["held_out"] == (split == "held_out")
        return int((is_in & (self.pairs["label"] == label)).sum())

    def decisions(self) -> set[UUID]:
        return {UUID(bytes=pk) for pk in self.pairs["decision"].tolist()}

    def insights(self) -> list[UUID]:
        """The labelled insights, each once, in the order of their ids."""
        both = np.concatenate([self.pairs["insight1"], self.pairs["insight2"]])
        return [UUID(bytes=pk.tobytes()) for pk in np.unique(both)]

    def examples(self, split: Split | None = None) -> Iterator[TrainingExample]:
        """In the order of the pairs, texts and all, BATCH of them in memory at a time."""
        reviewers = self.reviewers()
        for start in range(0, len(self), BATCH):
            batch = self.pairs[start : start + BATCH]
            if split is not None:
                batch = batch[batch["held_out"] == (split == "held_out")]
            yield from _with_texts(batch, reviewers)

    def reviewers(self) -> dict[int, str]:
        """The user names of those who decided, by their ids; "" for nobody."""
        ids = np.unique(self.pairs["actor"]).tolist()
        users = get_user_model()._default_manager.filter(pk__in=ids)
        return dict.fromkeys(ids, "") | {user.pk: user.get_username() for user in users}


def _with_texts(pairs: np.ndarray, reviewers: dict[int, str]) -> Iterator[TrainingExample]:
    rows = [dict(zip(PAIR.names or (), row, strict=True)) for row in pairs.tolist()]
    for row in rows:
        for name in ("insight1", "insight2", "group", "decision"):
            row[name] = UUID(bytes=row[name])
    ids = {row[name] for row in rows for name in ("insight1", "insight2")}
    statement = dict(Insight.objects.filter(pk__in=ids).values_list("pk", "statement"))
    for row in rows:
        yield TrainingExample(
            insight1_id=row["insight1"],
            insight2_id=row["insight2"],
            statement1=statement[row["insight1"]],
            statement2=statement[row["insight2"]],
            similarity=row["similarity"],
            label=row["label"],
            split="held_out" if row["held_out"] else "train",
            group=str(row["group"]),
            decision_id=row["decision"],
            decision_kind=row["kind"].decode(),
            reviewer=reviewers[row["actor"]],
        )


def require_some(dataset: Dataset) -> None:
    if not len(dataset):
        raise NoTrainingData


def require_enough(dataset: Dataset) -> None:
    """The guide's minimum, for the part that is trained on."""
    require_some(dataset)
    positive, negative = dataset.count("train", True), dataset.count("train", False)
    if min(positive, negative) < MINIMUM_PER_LABEL:
        raise InsufficientTrainingData(positive, negative, len(dataset) - positive - negative)


def build_dataset() -> Dataset:
    """All labelled pairs in an order that depends on the statements only.

    The labels are those of insights.review.labels: the latest decision in force wins, undone
    decisions and automatic merges say nothing.
    """
    _embed_again()
    splits = assign_splits(_decisions(), settings.HELD_OUT_SHARE)
    batches = [np.empty(0, PAIR)]
    bridging = capped = 0
    for rows in _labels():
        together = []
        for *pair, decision, kind, actor, low, high, place in rows:
            if place > PAIRS_PER_DECISION:
                capped += 1
                continue
            if low not in splits or high not in splits:
                continue  # decided just now, after the decisions were read
            first, other = sorted((splits[low], splits[high]), key=lambda each: each.order)
            if first.split != other.split:
                bridging += 1
                continue
            held_out = first.split == "held_out"
            together.append((*pair, held_out, first.anchor.bytes, decision, kind, actor))
        batches.append(np.array(together, PAIR))
    return Dataset(np.concatenate(batches), bridging, capped)


def _embed_again() -> None:
    """Merged insights keep the vector of an older embedding model until somebody needs them."""
    stale = Insight.objects.filter(
        Q(pk__in=PairLabel.objects.values("insight1"))
        | Q(pk__in=PairLabel.objects.values("insight2"))
    ).exclude(embedding_model=serving_model())
    rows = stale.iterator(BATCH)
    while insights := list(islice(rows, BATCH)):
        embed_statements(insights)
        Insight.objects.bulk_update(insights, ["embedding", "embedding_model"], batch_size=500)


def _labels() -> Iterator[list[tuple[Any, ...]]]:
    """In batches, one row a pair of statements; where the same words stand in an edited insight,
    too, the latest decision's. The last column is its place among its decision's pairs of one
    label, by a hash that spreads them over the members. Similarities end where the store's half
    precision does."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            """
            WITH distinct_labels AS (
                SELECT DISTINCT ON (low, high) *
                FROM (
                    SELECT label.insight1_id, label.insight2_id, label.is_same, label.decision_id,
                           decision.kind, decision.actor_id, decision.decided_at,
                           1 - (one.embedding <=> other.embedding) AS similarity,
                           least(one.content_hash, other.content_hash) COLLATE "C" AS low,
                           greatest(one.content_hash, other.content_hash) COLLATE "C" AS high
                    FROM pair_labels label
                    JOIN merge_decisions decision ON decision.id = label.decision_id
                    JOIN insights one ON one.id = label.insight1_id
                    JOIN insights other ON other.id = label.insight2_id
                    WHERE one.content_hash <> other.content_hash
                ) labelled
                ORDER BY low, high, decided_at DESC, decision_id DESC
            )
            SELECT uuid_send(insight1_id), uuid_send(insight2_id),
                   round(similarity::numeric, 6)::float8, is_same, uuid_send(decision_id), kind,
                   coalesce(actor_id, 0), low, high,
                   row_number() OVER (
                       PARTITION BY decision_id, is_same
                       ORDER BY sha256(convert_to(low || high, 'UTF8'))
                   )
            FROM distinct_labels
            ORDER BY low, high
            """
        )
        while rows := cursor.fetchmany(BATCH):
            yield rows


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
