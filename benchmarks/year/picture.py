"""The simulated year as one SVG: precision and its interval, coverage, gates, stops."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

LEFT, RIGHT = 48, 852
PRECISION = (44, 204)  # top and bottom of the panel
COVERAGE = (258, 338)
GATES = 376
LOWEST = 0.6  # where the axis of the precision begins


@dataclass(frozen=True, slots=True)
class Interval:
    x: float
    y: float
    low: float
    high: float
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    title: str = ""


def picture(report: dict[str, Any]) -> str:
    """Draw the report of `Year.run`, readable on a light and on a dark page."""
    weeks = report["weeks"]
    step = (RIGHT - LEFT) / len(weeks)

    def x(number: float) -> float:
        return LEFT + step * (number - 0.5)

    return render_to_string(
        "demo/year.svg",
        {
            "left": LEFT,
            "right": RIGHT,
            "drift": x(report["drift_week"]) - step / 2,
            "target": _precision(settings.AUTO_MERGE_PRECISION),
            "target_name": f"{settings.AUTO_MERGE_PRECISION:.2f}",
            "intervals": [
                Interval(
                    x(week["number"]),
                    _precision(week["precision"]),
                    _precision(week["low"]),
                    _precision(week["high"]),
                    f"Week {week['number']}: {week['precision']:.3f} of {week['audited']} audited, "
                    f"{week['low']:.3f} to {week['high']:.3f}",
                )
                for week in weeks
                if week["merged"] and week["precision"] is not None
            ],
            "coverage": [
                Box(
                    x(week["number"]) - step * 0.35,
                    COVERAGE[1] - (high := week["coverage"] * (COVERAGE[1] - COVERAGE[0])),
                    step * 0.7,
                    high,
                    f"Week {week['number']}: {week['coverage']:.0%} of {week['duplicates']}",
                )
                for week in weeks
                if week["coverage"]
            ],
            "wrong": [
                Mark(x(week["number"]), str(wrong), f"Week {week['number']}: {wrong} wrong")
                for week in weeks
                if (wrong := week["merged"] - week["truly_right"])
            ],
            "stopped": [
                Box(x(week["number"]) - step / 2, PRECISION[0], step, GATES + 8 - PRECISION[0])
                for week in weeks
                if week["is_stopped"]
            ],
            "activated": [
                Mark(x(week["number"]), f"v{week['active'].split()[1]}", week["reason"])
                for week in weeks
                if week["gate"] == "activated"
            ],
            "kept": [
                Mark(x(week["number"]), "×", week["reason"])
                for week in weeks
                if week["gate"] == "kept" and not week["raised_to"]
            ],
            "raised": [
                Mark(x(week["number"]), "↑", f"Week {week['number']}: to {week['raised_to']:g}")
                for week in weeks
                if week["raised_to"]
            ],
            "precision_ticks": [
                (_precision(value), f"{value:.1f}") for value in (0.6, 0.7, 0.8, 0.9, 1.0)
            ],
            "coverage_ticks": [
                (COVERAGE[1] - value * (COVERAGE[1] - COVERAGE[0]), f"{value:.0%}")
                for value in (0.0, 0.5, 1.0)
            ],
            "week_ticks": [(x(number), number) for number in range(1, len(weeks) + 1, 4)],
        },
    )


def _precision(value: float) -> float:
    top, bottom = PRECISION
    return bottom - (max(value, LOWEST) - LOWEST) / (1 - LOWEST) * (bottom - top)
