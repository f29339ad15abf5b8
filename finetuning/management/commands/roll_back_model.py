"""Activate the previous version again."""

from django.core.management.base import BaseCommand, CommandError

from finetuning.errors import FineTuningError
from finetuning.lifecycle.activation import roll_back


class Command(BaseCommand):
    help = "Activate the version that was active before the current one."

    def handle(self, *args: object, **options: object) -> None:
        try:
            model = roll_back()
        except FineTuningError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{model} is active again."))
