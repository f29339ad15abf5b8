"""Show all versions, the active one, its accuracy and the available training data."""

from django.core.management.base import BaseCommand

from finetuning.evaluation.report import number, table
from finetuning.selectors import model_status


class Command(BaseCommand):
    help = "Show the models, the active one's accuracy and the training data."

    def handle(self, *args: object, **options: object) -> None:
        report = model_status()
        if report.models:
            rows = [["version", "backend", "status", "active", "F1", "average precision", "made"]]
            for model in report.models:
                held_out = model.metrics.get("held_out") or {}
                rows.append(
                    [
                        str(model.version),
                        model.backend,
                        model.status,
                        "yes" if model.is_active else "",
                        number(held_out.get("f1")),
                        number(held_out.get("average_precision")),
                        f"{model.created_at:%Y-%m-%d %H:%M}",
                    ]
                )
            self.stdout.write(table(rows))
        else:
            self.stdout.write("No model has been trained yet.")
        if report.accuracy and report.accuracy.accuracy_pct is not None:
            self.stdout.write(
                f"Reviewed predictions of {report.active}: {report.accuracy.correct} of "
                f"{report.accuracy.total_reviewed} correct ({report.accuracy.accuracy_pct} %)."
            )
        counts = report.decisions
        self.stdout.write(
            f"Decisions in force: {counts.approved_merges} approved, {counts.partial_merges} in "
            f"part, {counts.rejected_clusters} rejected, {counts.split_clusters} split; "
            f"{report.positive_pairs} positive and {report.negative_pairs} negative pairs."
        )
