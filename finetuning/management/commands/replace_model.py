"""Train a replacement of a version from the very same decisions, with another backend."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finetuning.backends import BACKENDS
from finetuning.errors import FineTuningError
from finetuning.evaluation.report import held_out_report
from finetuning.lifecycle import training as lifecycle
from finetuning.lifecycle.replacement import train_replacement
from finetuning.models import ModelStatus
from finetuning.selectors import active_model, version


class Command(BaseCommand):
    help = "Train a replacement from the same decisions, for when a provider ends a model."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", type=int, nargs="?", help="default: the active one")
        parser.add_argument("--backend", choices=list(BACKENDS), default="local")
        parser.add_argument("--base-model", help="default: the backend's own")
        parser.add_argument("--activate", action="store_true", help="let it decide from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            old = version(options["version"]) if options["version"] else active_model()
            model = train_replacement(
                old, backend=options["backend"], base_model=options["base_model"]
            )
            model = lifecycle.wait(model)
            if model.status != ModelStatus.SUCCEEDED:
                raise CommandError(f"{model}: {model.status}. {model.error}")
            self.stdout.write(held_out_report(model))
            if options["activate"]:
                lifecycle.activate(model)
                self.stdout.write(self.style.SUCCESS(f"{model} is active in place of {old}."))
        except FineTuningError as error:
            raise CommandError(str(error)) from error
