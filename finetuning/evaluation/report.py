"""A model's metrics as tables for a terminal."""

from collections.abc import Iterable, Sequence

from finetuning.ml.comparison import BootstrapDifference
from finetuning.models import DeduplicationModel
from insights.types import JSONObject

MEASURES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "average_precision": "average precision",
    "brier": "Brier (lower is better)",
    "calibration_error": "calibration error",
}
SHOWN_THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)


def held_out_report(model: DeduplicationModel) -> str:
    """Compare the model with similarity and the previous version; then precision by threshold."""
    metrics = model.metrics
    if not metrics.get("held_out"):
        return f"{model}: {metrics.get('reason') or 'not evaluated.'}"
    columns = {str(model): metrics["held_out"], "similarity only": metrics["baseline"]}
    previous = metrics["previous"]
    if previous and "error" not in previous:
        columns[f"version {previous['version']}"] = previous
    header = ["", *columns]
    rows = [
        [title, *(number(column[name]) for column in columns.values())]
        for name, title in MEASURES.items()
    ]
    curve = [point for point in metrics["curve"] if point["threshold"] in SHOWN_THRESHOLDS]
    parts = [
        f"Held out: {metrics['n_positive']} positive and {metrics['n_negative']} negative examples."
        + (f" {metrics['reason']}" if metrics["reason"] else ""),
        table([header, *rows]),
        *_comparisons(metrics),
        table(
            [
                ["merge from", "pairs", "precision", "at least (95 %)", "recall"],
                *(
                    [
                        f"{point['threshold']:.2f}",
                        str(point["selected"]),
                        number(point["precision"]),
                        number(point["precision_low"]),
                        number(point["recall"]),
                    ]
                    for point in curve
                ),
            ]
        ),
    ]
    return "\n\n".join(parts)


def _comparisons(metrics: JSONObject) -> Iterable[str]:
    for name, title in (("baseline", "similarity only"), ("previous", "the version before")):
        compared = metrics["comparison"][name]
        gain = compared and compared["average_precision"]
        if gain:
            yield (f"Average precision against {title}: {BootstrapDifference(**gain).in_words()}.")


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Align columns by their widest cell, the first flush left, the others flush right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
