"""List the provider's models with their shutdown dates, and which of our versions they end."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from finetuning.backends.openai import requests, shutdown
from insights.openai import ProviderError, client


class Command(BaseCommand):
    help = "List the provider's models and shutdown dates, and warn about versions that end."

    def handle(self, *args: object, **options: object) -> None:
        try:
            offered = requests.models(client()) or {}
            shutdown.watch(offered)
        except ProviderError as error:
            raise CommandError(str(error)) from error
        if not offered:
            self.stdout.write("The server lists no models.")
        for name in sorted(offered):
            day = shutdown.shutdown_date(name, offered)
            self.stdout.write(f"{name}{f'  (shut down on {day})' if day else ''}")
        for warning in shutdown.warnings(timezone.now().date()):
            self.stdout.write(self.style.WARNING(warning))
