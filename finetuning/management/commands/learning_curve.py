"""Estimate the gain of more decisions."""

from django.core.management.base import BaseCommand, CommandError

from finetuning.errors import FineTuningError
from finetuning.evaluation.learning_curve import gain_in_words, learning_curve
from finetuning.evaluation.report import number, table


class Command(BaseCommand):
    help = "Show the local model's quality by number of decisions, and the gain of the next ones."

    def handle(self, *args: object, **options: object) -> None:
        try:
            curve = learning_curve()
        except FineTuningError as error:
            raise CommandError(str(error)) from error
        rows = [
            [
                str(point.decisions),
                str(point.examples),
                number(point.average_precision),
                number(point.brier),
            ]
            for point in curve.points
        ]
        header = ["decisions", "examples", "average precision", "Brier (lower is better)"]
        self.stdout.write(table([header, *rows]))
        self.stdout.write(f"\n{gain_in_words(curve.expected_gain)}")
