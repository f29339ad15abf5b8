"""The statements of a cluster or an audit, each compared with the first or proposed one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Window
from django.db.models.functions import RowNumber

from insights.admin.kit.highlight import Mark, against, plain
from insights.admin.review.cluster.form import ReviewInput
from insights.ids import Pair, ordered
from insights.models import Insight, InsightSource
from insights.text.guard import Comparison, Finding, LeftOver, compare, read

OCCURRENCES = 5


@dataclass
class Occurrences:
    """The first occurrences of a statement, and how many more there are."""

    shown: list[InsightSource] = field(default_factory=list)
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.shown)


@dataclass(frozen=True, slots=True)
class Opinion:
    """The model's view of a member beside the proposed canonical statement.

    `said` is people's earlier decision about the two, if there is one.
    """

    similarity: float
    probability: float | None
    explanation: tuple[str, ...]
    said: bool | None
    phrase: str


@dataclass(frozen=True)
class Card:
    """One statement. `differences` are sentences that name the two statements by their numbers."""

    number: int
    insight: Insight
    is_reference: bool
    marks: list[Mark]
    differences: list[str]
    is_disputed: bool
    occurrences: Occurrences
    is_ticked: bool
    is_chosen: bool
    group: int
    opinion: Opinion | None = None

    @property
    def key(self) -> str:
        """Return the key that ticks it: 1 to 9, 0 for the tenth, then with Shift."""
        return f"{'⇧' if self.number > 10 else ''}{self.number % 10}" if self.number <= 20 else ""


class Compared:
    """Statements compared with one of them, the reference, by the guard."""

    def __init__(self, insights: Sequence[Insight], reference: Insight) -> None:
        self.insights, self.reference = insights, reference
        self._readings = {one.pk: read(one.statement) for one in insights}
        self._conflicts: dict[Pair, bool] = {}  # the forty of a large cluster have 780 pairs
        self.results: dict[UUID, Comparison] = {
            one.pk: self.between(one, reference) for one in insights if one.pk != reference.pk
        }

    def between(self, one: Insight, other: Insight) -> Comparison:
        return compare(self._readings[one.pk], self._readings[other.pk])

    def conflict(self, one: Insight, other: Insight) -> bool:
        key = ordered(one.pk, other.pk)
        if key not in self._conflicts:
            self._conflicts[key] = self.between(one, other).left_over is LeftOver.CONFLICT
        return self._conflicts[key]

    def told(self, pk: UUID) -> list[Finding]:
        """Return the findings that a reviewer has to read."""
        found = self.results.get(pk)
        return list(found.disputed) if found else []

    def is_disputed(self, pk: UUID) -> bool:
        found = self.results.get(pk)
        return found is not None and found.left_over is LeftOver.CONFLICT

    def safe(self) -> set[UUID]:
        """Return ids that can be merged together: no two of them conflict by the guard.

        Greedy from the reference on, in the order of the page.
        """
        chosen = [self.reference]
        for one in self.insights:
            if one.pk == self.reference.pk or self.is_disputed(one.pk):
                continue
            if not any(self.conflict(one, other) for other in chosen[1:]):
                chosen.append(one)
        return {one.pk for one in chosen}


def cards_of(
    compared: Compared,
    *,
    given: ReviewInput | None,
    ticked: set[UUID],
    chosen: UUID | None,
    groups: Mapping[UUID, int],
    occurrences: Mapping[UUID, Occurrences],
    opinions: Mapping[UUID, Opinion],
) -> list[Card]:
    """Return one card per statement. `given` is the input of a refused decision, shown again."""
    reference = compared.reference
    at = next(n for n, one in enumerate(compared.insights, 1) if one.pk == reference.pk)
    disputed = [
        (span, str(each.kind))
        for one in compared.insights
        for each in compared.told(one.pk)
        for span in each.right_spans
    ]
    cards = []
    for number, one in enumerate(compared.insights, 1):
        found = compared.told(one.pk)
        is_reference = one.pk == reference.pk
        cards.append(
            Card(
                number=number,
                insight=one,
                is_reference=is_reference,
                marks=plain(one.statement, disputed)
                if is_reference
                else against(reference.statement, one.statement, found),
                differences=[
                    each.sentence(f"statement {number}", f"statement {at}") for each in found
                ],
                is_disputed=compared.is_disputed(one.pk),
                occurrences=occurrences.get(one.pk, Occurrences()),
                is_ticked=str(one.pk) in given.ticked if given else one.pk in ticked,
                is_chosen=str(one.pk) == given.canonical if given else one.pk == chosen,
                group=given.group_of(one.pk) if given else groups.get(one.pk, 1),
                opinion=opinions.get(one.pk),
            )
        )
    return cards


def occurrences_of(insights: Iterable[UUID], *, at_first: bool = False) -> dict[UUID, Occurrences]:
    """Return the occurrences by insight, in one query. `at_first`: as before any merge."""
    name = "origin_insight" if at_first else "insight"
    rows = (
        InsightSource.objects.filter(**{f"{name}__in": list(insights)})
        .annotate(
            nth=Window(RowNumber(), partition_by=name, order_by=("created_at", "pk")),
            total=Window(Count("pk"), partition_by=name),
        )
        .filter(nth__lte=OCCURRENCES)
        .select_related("source")
        .order_by(name, "nth")
    )
    found: dict[UUID, Occurrences] = {}
    for row in rows:
        occurrences = found.setdefault(getattr(row, f"{name}_id"), Occurrences(total=row.total))
        occurrences.shown.append(row)
    return found
