"""Mentions over time: a sparkline for each row of the list, and an insight's timeline."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min
from django.db.models.functions import TruncMonth
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from insights.admin.kit.charts import Bars
from insights.models import Insight, InsightSource, InsightSummary, InsightTag

BARS = 12
STEP, HEIGHT = 7, 20
MOST_COLUMNS = 24


@dataclass(slots=True)
class Extra:
    """Columns of a row of the list beside the insight's own."""

    months: Counter[date] = field(default_factory=Counter)
    segments: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)


def extras_of(insights: Sequence[Insight]) -> dict[UUID, Extra]:
    """Return the months, segments and tags of some insights, by two queries."""
    extras: defaultdict[UUID, Extra] = defaultdict(Extra)
    said = InsightSource.objects.filter(insight__in=insights).order_by()
    for insight, month, segment, count in (
        said.annotate(month=TruncMonth("said_on"))
        .values_list("insight", "month", "segment")
        .annotate(count=Count("pk"))
    ):
        extras[insight].months[month] += count
        extras[insight].segments |= {segment} - {""}
    tags = InsightTag.objects.filter(insight__in=insights).order_by()
    tags |= InsightTag.objects.filter(insight__merged_into__in=insights).order_by()
    for insight, root, name in tags.values_list("insight", "insight__merged_into", "name"):
        extras[root or insight].tags.add(name)
    return extras


@dataclass(frozen=True)
class Axis:
    """The months of the whole repository, in `BARS` parts: the same for each sparkline."""

    first: int
    last: int

    @classmethod
    def of_everything(cls) -> "Axis":
        ends = InsightSummary.objects.aggregate(Min("first_said"), Max("last_said"))
        first, last = ends["first_said__min"], ends["last_said__max"]
        return cls(_number(first), _number(last)) if first else cls(0, 0)

    def part(self, month: date) -> int:
        months = max(self.last - self.first + 1, BARS)
        return min(max(_number(month) - self.first, 0) * BARS // months, BARS - 1)

    def sparkline(self, months: Counter[date]) -> SafeString | str:
        """Draw mentions as twelve bars, with a text for screen readers."""
        if not months:
            return ""
        parts = Counter[int]()
        for month, count in months.items():
            parts[self.part(month)] += count
        top = max(parts.values())
        bars = (
            (part * STEP, HEIGHT - height, STEP - 2, height)
            for part, count in sorted(parts.items())
            for height in [max(round(count / top * HEIGHT), 2)]
        )
        words = ", ".join(f"{month:%b %Y}: {months[month]}" for month in sorted(months)[-BARS:])
        return format_html(
            '<svg class="spark" width="{}" height="{}" viewBox="0 0 {} {}" role="img" '
            'aria-label="{}"><title>{}</title>{}</svg>',
            BARS * STEP, HEIGHT, BARS * STEP, HEIGHT, words, words,
            format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}"/>', bars),
        )  # fmt: skip


def timeline(insight: Insight) -> Bars | None:
    """Chart the mentions by month, or by year when there are too many months; None for one."""
    said = InsightSource.objects.filter(insight=insight).order_by()
    rows: Iterable[Any] = (
        said.annotate(month=TruncMonth("said_on")).values_list("month").annotate(Count("pk"))
    )
    months = Counter({_number(month): count for month, count in rows})
    if len(months) < 2:
        return None
    numbers = range(min(months), max(months) + 1)
    columns, values = [f"{n // 12}-{n % 12 + 1:02}" for n in numbers], [months[n] for n in numbers]
    if len(numbers) > MOST_COLUMNS:
        years = Counter[int]()
        for number, count in months.items():
            years[number // 12] += count
        shown = range(min(years), max(years) + 1)
        columns, values = [str(year) for year in shown], [years[year] for year in shown]
    return Bars("Mentions over time", columns, [("mentions", values)])


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1
