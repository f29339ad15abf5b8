"""Test the connection to OpenAI or a compatible server."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from insights.openai import ProviderError
from insights.openai.check import check_provider


class Command(BaseCommand):
    help = "Ask the provider one small question of each kind, and print what it understands."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"Server: {settings.OPENAI_BASE_URL or 'OpenAI'}")
        try:
            findings = check_provider()
        except ProviderError as error:
            raise CommandError(str(error)) from error
        for one in findings:
            style = self.style.SUCCESS if one.ok else self.style.ERROR
            self.stdout.write(style(f"{one.part}, {one.model}: {one.said}"))
        if failed := [one.part for one in findings if not one.ok]:
            raise CommandError(f"Cannot be used for: {', '.join(failed)}.")
