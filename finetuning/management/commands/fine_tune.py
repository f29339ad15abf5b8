"""Train a new version, wait for it, and print its evaluation."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from finetuning.backends import BACKENDS
from finetuning.errors import FineTuningError
from finetuning.evaluation.report import report_of
from finetuning.lifecycle import activation, polling, start
from finetuning.models import ModelStatus
from finetuning.selectors import version
from finetuning.trust.quality import quality


class Command(BaseCommand):
    help = "Train a new version and measure it on the held-out decisions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--backend", choices=list(BACKENDS), default="local")
        parser.add_argument("--base-model", help="default: the backend's own")
        parser.add_argument(
            "--replace", type=int, metavar="VERSION", help="train on the decisions of this version"
        )
        parser.add_argument("--activate", action="store_true", help="activate it afterwards")
        parser.add_argument("--timeout", type=float, metavar="SECONDS", help="longest wait")

    def handle(
        self,
        *args: object,
        backend: str,
        base_model: str | None,
        replace: int | None,
        activate: bool,
        timeout: float | None,
        **options: object,
    ) -> None:
        try:
            if replace:
                model = start.train_replacement(
                    version(replace), base_model=base_model, backend=backend
                )
            else:
                model = start.start_fine_tuning(base_model=base_model, backend=backend)
            self.stdout.write(f"{model}, job {model.fine_tune_job_id or '(not submitted)'}")
            for warning in model.training_stats.get("warnings", ()):
                self.stdout.write(self.style.WARNING(warning))
            model = polling.wait(model, timeout)
            if model.status != ModelStatus.SUCCEEDED:
                raise CommandError(
                    f"{model}: {model.get_status_display().lower()}. {model.error}".strip()
                )
            self.stdout.write(f"{report_of(model)}\n\n{' '.join(quality(model).sentences())}")
            if activate:
                activation.activate_checked(model)
                self.stdout.write(self.style.SUCCESS(f"{model} is active."))
        except FineTuningError as error:
            raise CommandError(str(error)) from error
