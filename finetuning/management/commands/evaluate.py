"""Measure a version on the held-out decisions and on its reviewed predictions."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from finetuning import selectors
from finetuning.errors import FineTuningError
from finetuning.evaluation.held_out import evaluate_held_out, misclassifications, reviewed_accuracy
from finetuning.evaluation.report import report_of
from finetuning.models import ModelPrediction, ModelStatus
from finetuning.trust.quality import quality

LISTED = 50
LABELS = ("duplicates", "not duplicates")


class Command(BaseCommand):
    help = "Measure a version again and show the result."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", type=int, nargs="?", help="default: the active one")
        parser.add_argument(
            "--misclassified", action="store_true", help="list predictions that people contradicted"
        )

    def handle(
        self, *args: object, version: int | None, misclassified: bool, **options: object
    ) -> None:
        try:
            model = selectors.version(version) if version else selectors.active_model()
        except FineTuningError as error:
            raise CommandError(str(error)) from error
        if model.status != ModelStatus.SUCCEEDED:
            raise CommandError(f"{model} cannot be measured: it is {model.status}.")
        model.metrics = evaluate_held_out(model)
        model.save(update_fields=["metrics"])
        self.stdout.write(f"{report_of(model)}\n\n{' '.join(quality(model).sentences())}")
        accuracy = reviewed_accuracy(model)
        self.stdout.write(
            "\nNone of its predictions has been reviewed yet."
            if accuracy.accuracy_pct is None
            else f"\nReviewed predictions: {accuracy.correct} of {accuracy.total_reviewed} correct "
            f"({accuracy.accuracy_pct} %)."
        )
        if misclassified:
            self._list(misclassifications(model))

    def _list(self, wrong: QuerySet[ModelPrediction]) -> None:
        for one in wrong[:LISTED]:
            said, truth = LABELS if one.prediction else LABELS[::-1]
            self.stdout.write(
                f"\nSaid {said} ({one.confidence:.2f}, similarity {one.similarity_score:.2f}), "
                f"people say {truth}:\n  {one.insight1.statement}\n  {one.insight2.statement}"
            )
        if (rest := wrong.count() - LISTED) > 0:
            self.stdout.write(f"\n{rest} more; the admin lists them all.")
