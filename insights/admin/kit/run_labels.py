"""What a run counted, timed and was given, in words; a key without words shows its own name."""

from collections.abc import Mapping
from typing import Any

from insights.admin.kit.display import NONE

Row = tuple[str, str]

# In the order in which a run comes to them.
COUNTS = {
    "statements": "statements found",
    "resumed_after": "stored by an earlier run",
    "created": "new insights",
    "repeated": "exact repeats",
    "merged": "merged by the model",
    "unsupported": "left out, not said by the source",
    "rows_left_out": "bad rows left out",
    "insights": "active insights",
    "changed": "changed since the last run",
    "affected": "insights looked at",
    "compared_pairs": "pairs compared",
    "candidate_pairs": "candidate pairs",
    "pairs_capped": "pairs over the limit of neighbours",
    "judged": "pairs judged by the model",
    "clusters": "clusters found",
    "opened": "clusters opened",
    "kept": "clusters kept",
    "superseded": "clusters superseded",
    "overtaken": "clusters overtaken by decisions",
    "decisions": "decisions to learn from",
    "new_decisions": "decisions that are new",
    "since_version": "version before",
    "positive": "positive examples",
    "negative": "negative examples",
    "held_out": "examples held out",
}
# What a run came to; the rest is how much work it was, and stands on the run's own page.
RESULTS = {
    "statements", "created", "repeated", "merged", "unsupported", "rows_left_out",
    "clusters", "opened", "kept", "superseded", "overtaken",
}  # fmt: skip
STEPS = {
    "extract": "read the statements",
    "embed": "embed",
    "load": "load",
    "candidate_pairs": "find candidate pairs",
    "judge": "judge pairs",
    "group": "group",
    "explain": "explain",
    "store": "store",
    "deduplicate": "merge duplicates",
}
PARAMETERS = {
    "threshold": "candidate pairs from similarity",
    "in": "taken as the same from",
    "out": "kept apart below",
    "max_size": "largest cluster",
}


def count_rows(values: Mapping[str, Any]) -> list[Row]:
    return _rows(COUNTS, values, "{:,}")


def step_rows(values: Mapping[str, float]) -> list[Row]:
    """Seconds by step, and their sum where there are several."""
    rows = _rows(STEPS, values, "{:,.3f}")
    return [*rows, ("in all", f"{sum(values.values()):,.3f}")] if len(rows) > 1 else rows


def parameter_rows(values: Mapping[str, Any]) -> list[Row]:
    return _rows(PARAMETERS, values, "{:,}")


def count_line(values: Mapping[str, Any]) -> str:
    """What it came to in one line, for lists and messages; the zeros say nothing there."""
    shown = {name: number for name, number in values.items() if number and name in RESULTS}
    return ", ".join(f"{words}: {number}" for words, number in count_rows(shown)) or NONE


def seconds_line(values: Mapping[str, float]) -> str:
    return f"{sum(values.values()):,.1f}\N{NO-BREAK SPACE}s" if values else NONE


def _rows(words: Mapping[str, str], values: Mapping[str, Any], number: str) -> list[Row]:
    known = [name for name in words if name in values]
    others = [name for name in values if name not in words]
    return [
        (
            words.get(name, name.replace("_", " ")),
            number.format(value) if isinstance(value, int | float) else str(value),
        )
        for name in known + others
        if (value := values[name]) is not None
    ]
