"""The gate's comparison of two versions on the same held-out pairs, in words and a table."""

from dataclasses import dataclass
from typing import Any

from finetuning.ml.comparison import BootstrapDifference
from finetuning.models import DeduplicationModel
from insights.types import JSONObject


@dataclass(frozen=True)
class GateReport:
    """Two versions compared. `rows`: a measure, the active version's value and the new one's."""

    passed: bool
    against: str
    reasons: list[str]
    sentences: list[str]
    rows: list[tuple[str, str, str]]


def gate_report(model: DeduplicationModel) -> GateReport | None:
    """Return the latest comparison; None if the version never reached the gate."""
    event = model.events.filter(data__has_key="gate").order_by("-pk").first()
    if event is None:
        return None
    found: dict[str, Any] = event.data["gate"]
    brier = BootstrapDifference(**found["brier"])
    before, after = found["at_threshold"]["active"], found["at_threshold"]["new"]
    ranking = found["average_precision"]
    neither = (
        f"Both on the same {found['pairs']} held-out pairs of {found['groups']} decisions, which "
        "neither was trained on"
    )
    bootstrap = (
        f"Brier score, paired bootstrap over whole decisions ({brier.resamples:,} resamples): "
        f"{brier.gain_in_words()}. It passes if the interval is "
        "above 0; the first version, if its score is lower."
    )
    left_out = f"; {found['seen_before']} more were left out" if found["seen_before"] else ""
    sentences = [f"{neither}{left_out}.", bootstrap]
    rows = [
        ("Average precision", _number(ranking["active"]), _number(ranking["new"])),
        ("Auto-merges above", _at(before, "threshold"), _at(after, "threshold")),
        ("Held-out pairs it would merge", _count(before), _count(after)),
        ("Correct", _at(before, "precision"), _at(after, "precision")),
        ("Correct, at least (95 %)", _at(before, "precision_low"), _at(after, "precision_low")),
    ]
    return GateReport(found["passed"], found["against"], found["reasons"], sentences, rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _at(point: JSONObject | None, name: str) -> str:
    return _number(point[name]) if point else "–"


def _count(point: JSONObject | None) -> str:
    return str(point["selected"]) if point else "0"
