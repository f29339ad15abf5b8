"""A model's metrics as a table, in the order in which a reader needs them."""

from dataclasses import dataclass
from typing import Any

from finetuning.ml.comparison import BootstrapDifference
from finetuning.models import DeduplicationModel
from insights.types import JSONObject

MEASURES = {
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "accuracy": "Accuracy",
    "average_precision": "Average precision",
    "roc_auc": "ROC AUC",
    "brier": "Brier score (lower is better)",
    "log_loss": "Log loss (lower is better)",
    "calibration_error": "Calibration error (lower is better)",
}


@dataclass(frozen=True)
class Report:
    """A table of metrics. `columns` names what is compared; a row is a measure."""

    columns: list[str]
    rows: list[tuple[str, list[float | None]]]
    sentences: list[str]

    def __str__(self) -> str:
        """Return sentences and table for a terminal."""
        lines = list(self.sentences)
        if self.rows:
            lines.append(f"\n{'':36}" + "".join(f"{name:>18}" for name in self.columns))
        for title, values in self.rows:
            figures = ("–" if value is None else f"{value:.3f}" for value in values)
            lines.append(f"{title:36}" + "".join(f"{figure:>18}" for figure in figures))
        return "\n".join(lines) or "Nothing measured yet."


def report_of(model: DeduplicationModel) -> Report:
    metrics: dict[str, Any] = model.metrics
    compared = [
        ("this model", metrics.get("held_out")),
        ("similarity only", metrics.get("baseline")),
    ]
    if (previous := metrics.get("previous")) and "error" not in previous:
        compared.append((f"version {previous.get('version', '?')}", previous))
    measured: dict[str, dict[str, Any]] = {name: values for name, values in compared if values}
    rows = [
        (title, [values.get(measure) for values in measured.values()])
        for measure, title in MEASURES.items()
        if any(measure in values for values in measured.values())
    ]
    return Report(list(measured), rows, _sentences(metrics))


def _sentences(metrics: JSONObject) -> list[str]:
    found = []
    if reason := metrics.get("reason"):
        found.append(str(reason))
    if "n_positive" in metrics:
        found.append(
            f"Measured on {metrics['n_positive']} positive and {metrics['n_negative']} negative "
            "held-out pairs."
        )
    for name, words in (("baseline", "similarity only"), ("previous", "the previous version")):
        comparison = (metrics.get("comparison") or {}).get(name)
        difference = comparison and comparison.get("average_precision")
        if difference:
            found.append(
                f"Average precision against {words}: "
                f"{BootstrapDifference(**difference).in_words()}."
            )
    chosen = metrics.get("chosen_threshold")
    if chosen:
        reached = "reaches" if chosen["reached"] else "cannot yet be proven to reach"
        found.append(
            f"A threshold of {chosen['threshold']:.2f} {reached} a precision of "
            f"{chosen['target_precision']:.2f} on these pairs."
        )
    return found
