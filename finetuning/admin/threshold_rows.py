"""The rows of a threshold preview: measures, curves and lists."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from finetuning.models import DeduplicationModel
from finetuning.thresholds.changes import Proposal
from finetuning.thresholds.held_out import HeldOut, Measured, StoredCurve
from finetuning.thresholds.histogram import Histogram
from finetuning.thresholds.merges import Flip
from finetuning.thresholds.preview import Preview
from insights.admin.kit.charts import Lines, Panel
from insights.admin.kit.highlight import Mark, against

LISTED = 50  # rows of each list; the sentence above it has the full count


@dataclass(frozen=True)
class FlipRow:
    flip: Flip
    marks: list[Mark]


@dataclass(frozen=True)
class ClusterRow:
    """One changed cluster. `clusters`: the open ones its pieces come from; none for a new one."""

    fate: str
    clusters: list[UUID]
    pieces: list[list[tuple[UUID, str]]]


def flip_rows(flips: Sequence[Flip]) -> list[FlipRow]:
    return [
        FlipRow(one, against(one.older_statement, one.newer_statement, []))
        for one in flips[:LISTED]
    ]


def cluster_rows(found: Preview) -> list[ClusterRow]:
    """Return one row a change; clusters that become one share a row."""
    text = found.clusters.statement
    rows: dict[Any, list[UUID]] = {}
    for change in found.clusters.changes:
        linked = rows.setdefault((change.fate, change.pieces), [])
        linked += [change.cluster] if change.cluster else []
    return [
        ClusterRow(fate, linked, [[(pk, text[pk]) for pk in piece] for piece in pieces])
        for (fate, pieces), linked in list(rows.items())[:LISTED]
    ]


def panels(found: Preview) -> list[Panel]:
    """Return the measures side by side, then a curve per version with its thresholds."""
    compared = [("proposed", found.proposed, found.measured)]
    if found.today is not None and found.is_change:
        compared.insert(0, ("today", found.today, found.measured_today))
    figures = [_figures(held, measured) for _, held, measured in compared]
    table = Panel(
        title="On the held-out decisions",
        columns=[f"{held.model.version}, {when}" for when, held, _ in compared],
        table=[
            (name, [one[row] for one in figures])
            for row, name in enumerate(
                ["auto-merge above", "groups above", "precision", "coverage", "recall"]
            )
        ],
        sentences=_basis(found.measured),
    )
    own = [("proposed", found.proposed.auto_merge_confidence)]
    if found.today is None or not found.is_change:
        return [table, *_curve(found.proposed.model, found.held_out, own)]
    now = [("today", found.today.auto_merge_confidence)]
    if found.today.model == found.proposed.model:
        return [table, *_curve(found.proposed.model, found.held_out, now + own)]
    assert found.held_out_today is not None  # noqa: S101 - a version decides today
    return [
        table,
        *_curve(found.today.model, found.held_out_today, now),
        *_curve(found.proposed.model, found.held_out, own),
    ]


def _figures(held: Proposal, measured: Measured | None) -> list[str]:
    shares = (
        [measured.precision, measured.coverage, measured.recall] if measured else ["–", "–", "–"]
    )
    return [
        f"{held.auto_merge_confidence:g}",
        f"{held.cluster_out_confidence:g}",
        *map(str, shares),
    ]


def _basis(measured: Measured | None) -> list[str]:
    if measured is None:
        return ["Not measured: no decision is held out, or the version cannot answer."]
    guard = (
        "Pairs that differ in a number, date, unit, version, name or negation count as not merged."
        if measured.is_guarded
        else f"As it was evaluated, at {measured.threshold:g}; without the guard."
    )
    return [
        f"{measured.coverage.of:,} pairs that no version was trained on.",
        "Precision: share of automatic merges that are correct.",
        "Coverage: share of all pairs merged automatically.",
        guard,
    ]


def _curve(
    model: DeduplicationModel,
    held_out: HeldOut | StoredCurve,
    marked: Sequence[tuple[str, float]],
) -> list[Panel]:
    curve = held_out.curve()
    if not curve:
        return []
    series = [
        (
            name,
            [
                (one.threshold, share.value)
                for one in curve
                if (share := getattr(one, name)).value is not None
            ],
        )
        for name in ("precision", "coverage")
    ]
    return [
        Panel(
            title=f"Precision and coverage of {model}",
            chart=Lines(
                f"{model} on held-out decisions, by auto-merge threshold",
                "threshold",
                "share",
                series,
                marked=marked,
                x_from=0.5,
            ),
        )
    ]


@dataclass(frozen=True)
class DrawnHistogram:
    """Stacked bars as (kind, x, y, width, height) in an SVG of 600 by 180, and what a drag says."""

    bars: list[tuple[str, float, float, float, float]]
    total: int
    steps: dict[str, object]


def drawn(histogram: Histogram) -> DrawnHistogram:
    """Lay the bars out. Heights are square roots, so that a few pairs are seen beside thousands."""
    columns = list(zip(histogram.same, histogram.different, histogram.open, strict=True))
    highest = max((sum(column) for column in columns), default=0) or 1
    width = 600 / len(columns)
    bars = []
    for number, column in enumerate(columns):
        whole = 170 * math.sqrt(sum(column) / highest)
        top = 180.0
        for kind, count in zip(("same", "different", "open"), column, strict=True):
            if count:
                height = whole * count / sum(column)
                top -= height
                bars.append((kind, number * width + 1, top, width - 2, height))
    return DrawnHistogram(
        bars, histogram.total, {"merging": histogram.merging, "apart": histogram.apart}
    )
