"""Continue without a model: similarity only, and no automatic merges."""

from django.core.management.base import BaseCommand

from finetuning.lifecycle import activation


class Command(BaseCommand):
    help = "Deactivate the active version."

    def handle(self, *args: object, **options: object) -> None:
        model = activation.deactivate()
        self.stdout.write(f"{model} is no longer active." if model else "No model was active.")
