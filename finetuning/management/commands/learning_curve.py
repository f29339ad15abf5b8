"""What would more decisions bring?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finetuning.errors import FineTuningError
from finetuning.learning_curve import NEXT, learning_curve
from finetuning.report import number, table


class Command(BaseCommand):
    help = "Quality of the local model by number of decisions, and the gain of the next ones."

    def handle(self, *args: Any, **options: Any) -> None:
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
        if curve.expected_gain is None:
            self.stdout.write("\nToo few decisions to say what the next ones would bring.")
        else:
            self.stdout.write(
                f"\nThe next {NEXT} decisions should lower the Brier score by "
                f"{curve.expected_gain:.4f}."
            )
