"""List the models that the provider offers."""

from django.core.management.base import BaseCommand, CommandError

from finetuning.backends.openai import requests
from insights.openai import ProviderError, client


class Command(BaseCommand):
    help = "List the models that the provider offers."

    def handle(self, *args: object, **options: object) -> None:
        try:
            offered = requests.models(client())
        except ProviderError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(offered) if offered else "The server lists no models.")
