"""Train a new version on the decisions, wait for it, and show how good it is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finetuning.backends import BACKENDS
from finetuning.errors import FineTuningError
from finetuning.evaluation.report import held_out_report
from finetuning.lifecycle import training as lifecycle
from finetuning.models import ModelStatus


class Command(BaseCommand):
    help = "Train a new version and measure it on the held-out decisions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--backend", choices=list(BACKENDS), default="local")
        parser.add_argument("--base-model", help="default: the backend's own")
        parser.add_argument("--activate", action="store_true", help="let it decide from now on")
        parser.add_argument("--timeout", type=float, metavar="SECONDS", help="wait no longer")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            model = lifecycle.start_fine_tuning(
                base_model=options["base_model"], backend=options["backend"]
            )
            self.stdout.write(f"{model}, job {model.fine_tune_job_id or '(not submitted)'}")
            for warning in model.training_stats["warnings"]:
                self.stdout.write(self.style.WARNING(warning))
            model = lifecycle.wait(model, options["timeout"])
            if model.status != ModelStatus.SUCCEEDED:
                raise CommandError(
                    f"{model}: {model.get_status_display().lower()}. {model.error}".strip()
                )
            self.stdout.write(held_out_report(model))
            if options["activate"]:
                lifecycle.activate(model)
                self.stdout.write(self.style.SUCCESS(f"{model} is active."))
        except FineTuningError as error:
            raise CommandError(str(error)) from error
