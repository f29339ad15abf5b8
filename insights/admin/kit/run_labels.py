"""Labels for a run's counts, timings and parameters; an unknown key shows its own name."""

from collections.abc import Mapping

from insights.admin.kit.display import NONE
from insights.types import JSONMapping

Row = tuple[str, str]

# In the order of the work.
COUNTS = {
    "statements": "statements found",
    "resumed_after": "saved by an earlier run",
    "created": "new insights",
    "repeated": "exact repeats",
    "merged": "merged by the model",
    "unsupported": "left out (not in the source)",
    "texts": "texts read",
    "no_statement": "without a statement",
    "known": "known from an older export",
    "revised": "with a new text",
    "rows_left_out": "bad rows left out",
    "insights": "active insights",
    "changed": "changed since the last run",
    "affected": "insights checked",
    "compared_pairs": "pairs compared",
    "candidate_pairs": "candidate pairs",
    "pairs_capped": "skipped pairs (too many neighbours)",
    "pair_recall": "share of the near pairs found (sampled)",
    "pairs_sampled": "near pairs in the sample",
    "judged": "pairs judged by the model",
    "clusters": "clusters found",
    "opened": "clusters opened",
    "kept": "clusters kept",
    "superseded": "clusters superseded",
    "overtaken": "clusters decided meanwhile",
    "decisions": "decisions to learn from",
    "new_decisions": "decisions that are new",
    "since_version": "version before",
    "positive": "positive examples",
    "negative": "negative examples",
    "held_out": "examples held out",
}
# The results; the rest measures the work and is shown on the run's page only.
RESULTS = {
    "statements", "created", "repeated", "merged", "unsupported", "rows_left_out", "no_statement",
    "known",
    "clusters", "opened", "kept", "superseded", "overtaken",
}  # fmt: skip
WAITED = "waited: "
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
    "threshold": "minimum similarity of candidate pairs",
    "in": "same above",
    "out": "never grouped below",
    "max_size": "largest cluster",
}


def count_rows(values: JSONMapping) -> list[Row]:
    return _rows(COUNTS, values, "{:,}")


def step_rows(values: Mapping[str, float]) -> list[Row]:
    """Return the seconds by step, and their sum if there are several."""
    rows = _rows(STEPS, values, "{:,.3f}")
    return [*rows, ("total", f"{sum(values.values()):,.3f}")] if len(rows) > 1 else rows


def parameter_rows(values: JSONMapping) -> list[Row]:
    return _rows(PARAMETERS, values, "{:,}")


def count_line(values: JSONMapping) -> str:
    """Return the results in one line, without zeros, and what waits for a person by reason."""
    shown = {name: number for name, number in values.items() if number and name in RESULTS}
    parts = [f"{words}: {number}" for words, number in count_rows(shown)]
    waiting = {
        name.removeprefix(WAITED): number
        for name, number in values.items()
        if name.startswith(WAITED) and isinstance(number, int)
    }
    if waiting:
        reasons = ", ".join(f"{reason}: {number:,}" for reason, number in waiting.items())
        parts.append(f"waiting for a person: {sum(waiting.values()):,} ({reasons})")
    return ", ".join(parts) or NONE


def seconds_line(values: Mapping[str, float]) -> str:
    return f"{sum(values.values()):,.1f}\N{NO-BREAK SPACE}s" if values else NONE


def _rows(words: Mapping[str, str], values: JSONMapping, number: str) -> list[Row]:
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
