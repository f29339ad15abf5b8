"""Register a webhook and print the secret that signs its deliveries."""

from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from insights.models import Notice, Webhook, all_notices


class Command(BaseCommand):
    help = "Add a webhook. Its secret is shown once; keep it where the receiver can read it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", help="https:// address that accepts POST requests")
        parser.add_argument(
            "--notice",
            action="append",
            choices=Notice.values,
            help="event to send; repeat for several; default: all",
        )

    def handle(self, *args: object, url: str, notice: list[str] | None, **options: object) -> None:
        webhook = Webhook(url=url, notices=notice or all_notices())
        try:
            webhook.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        webhook.save()
        self.stdout.write(webhook.secret)
