"""Activate a model version."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from finetuning import selectors
from finetuning.errors import FineTuningError
from finetuning.lifecycle import activation


class Command(BaseCommand):
    help = "Activate a version; the previous one is deactivated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", type=int)
        parser.add_argument(
            "--force", action="store_true", help="even if it is worse than similarity"
        )

    def handle(self, *args: object, version: int, force: bool, **options: object) -> None:
        try:
            model = activation.activate_checked(selectors.version(version), force=force)
        except FineTuningError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{model} is active."))
