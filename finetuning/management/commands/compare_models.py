"""Compare versions of all backends on the same held-out decisions."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from finetuning.errors import FineTuningError
from finetuning.evaluation.side_by_side import side_by_side
from finetuning.models import DeduplicationModel, ModelStatus
from finetuning.selectors import version


class Command(BaseCommand):
    help = "Quality, calibration, latency and cost of several versions on the same decisions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("versions", type=int, nargs="*", help="default: all trained versions")

    def handle(self, *args: object, versions: list[int], **options: object) -> None:
        try:
            models = [version(number) for number in versions] or list(
                DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED)
            )
            comparison = side_by_side(models)
        except FineTuningError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{comparison.positives + comparison.negatives} held-out pairs, "
            f"{comparison.positives} duplicates\n\n"
            f"{'':28}{'precision':>10}{'recall':>8}{'F1':>7}{'AP':>7}{'Brier':>8}"
            f"{'ECE':>7}{'ms/pair':>9}{'USD/1,000':>11}"
        )
        for row in comparison.rows:
            if row.evaluation is None:
                self.stdout.write(f"{row.model!s:28}{row.error}")
                continue
            found = row.evaluation
            cost = "-" if row.usd_per_1000 is None else f"{row.usd_per_1000:.4f}"
            self.stdout.write(
                f"{row.model!s:28}{_share(found.decisions.precision):>10}{_share(found.decisions.recall):>8}"
                f"{_share(found.decisions.f1):>7}{_share(found.average_precision):>7}{found.brier:>8.3f}"
                f"{found.calibration_error:>7.3f}{_ms(row.ms_per_pair):>9}{cost:>11}"
            )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
