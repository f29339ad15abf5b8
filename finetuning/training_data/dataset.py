"""Turn people's decisions into labelled pairs: capped, deduplicated, split by cluster."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Count, Q

from finetuning.errors import InsufficientTrainingData, NoTrainingData
from finetuning.ml.data.training_pairs import MINIMUM_PER_LABEL
from finetuning.ml.splits import Split
from finetuning.models import PAIRS_PER_DECISION, TrainingPair
from finetuning.training_data.statement_splits import assign_new_statements
from insights.embedding.service import embed_missing
from insights.models import Insight, PairLabel
from insights.models.decision import HUMAN_KINDS

BATCH = 2000
COLUMNS = (
    "insight1_id",
    "insight2_id",
    "insight1__statement",
    "insight2__statement",
    "similarity",
    "is_same",
    "held_out",
    "anchor_id",
    "decision_id",
    "decision__kind",
    "decision__actor_id",
)


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


@dataclass
class Dataset:
    """People's decisions in the database, of which only a batch is ever in memory.

    `counts`: pairs by (split, label); `bridging`: pairs left out because their statements are in
    different splits; `capped`: those beyond the limit of their decision.
    """

    counts: Counter[tuple[Split, bool]] = field(default_factory=Counter)
    bridging: int = 0
    capped: int = 0

    def __len__(self) -> int:
        return self.counts.total()

    def count(self, split: Split, label: bool) -> int:
        return self.counts[split, label]

    def decisions(self) -> set[UUID]:
        # Unordered, or DISTINCT would be over what the pairs are ordered by, too.
        pairs = TrainingPair.objects.usable().order_by()
        return set(pairs.values_list("decision", flat=True).distinct())

    def examples(self, split: Split | None = None) -> Iterator[TrainingExample]:
        """Yield the examples as of now, in an order that depends on the statements only."""
        pairs = TrainingPair.objects.usable()
        if split is not None:
            pairs = pairs.filter(held_out=split == "held_out")
        reviewers = reviewer_names()
        for pair in pairs.values(*COLUMNS).iterator(BATCH):
            yield TrainingExample(
                insight1_id=pair["insight1_id"],
                insight2_id=pair["insight2_id"],
                statement1=pair["insight1__statement"],
                statement2=pair["insight2__statement"],
                similarity=pair["similarity"],
                label=pair["is_same"],
                split="held_out" if pair["held_out"] else "train",
                group=str(pair["anchor_id"]),
                decision_id=pair["decision_id"],
                decision_kind=pair["decision__kind"],
                reviewer=reviewers.get(pair["decision__actor_id"], ""),
            )


def reviewer_names() -> dict[Any, str]:
    """Return the user names of everybody who has decided something, by id."""
    people = get_user_model()._default_manager.filter(decisions__kind__in=HUMAN_KINDS).distinct()
    return {person.pk: person.get_username() for person in people}


def require_some(dataset: Dataset) -> None:
    if not len(dataset):
        raise NoTrainingData


def require_enough(dataset: Dataset) -> None:
    """Require the guide's minimum in the training part."""
    require_some(dataset)
    positive, negative = dataset.count("train", True), dataset.count("train", False)
    if min(positive, negative) < MINIMUM_PER_LABEL:
        raise InsufficientTrainingData(positive, negative, len(dataset) - positive - negative)


def build_dataset() -> Dataset:
    """Return the dataset, with a split and a vector of the serving model for every statement.

    The labels are those of insights.review.labels: the latest decision in force wins; undone
    decisions and automatic merges do not count.
    """
    labelled = Q(pk__in=PairLabel.objects.values("insight1")) | Q(
        pk__in=PairLabel.objects.values("insight2")
    )
    embed_missing(Insight.objects.filter(labelled))  # merged ones may have an older model's vector
    assign_new_statements()
    fits = Q(place__lte=PAIRS_PER_DECISION)
    tally = (
        TrainingPair.objects.order_by()
        .values_list("held_out", "is_same")
        .annotate(
            usable=Count("place", filter=fits & Q(bridging=False)),
            bridging=Count("place", filter=fits & Q(bridging=True)),
            capped=Count("place", filter=~fits),
        )
    )
    dataset = Dataset()
    for held_out, label, usable, bridging, capped in tally:
        dataset.counts["held_out" if held_out else "train", label] += usable
        dataset.bridging += bridging
        dataset.capped += capped
    return dataset
