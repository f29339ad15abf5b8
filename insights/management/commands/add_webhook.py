"""Tell an address of what happens here; prints the secret that signs each delivery."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from insights.models import Notice, Webhook


class Command(BaseCommand):
    help = "Add a webhook. Its secret is shown once; keep it where the receiver can read it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", help="https:// address that takes POST requests")
        parser.add_argument(
            "--notice",
            action="append",
            choices=Notice.values,
            help="What it is told of; may be repeated. All, when not given.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        webhook = Webhook(url=options["url"], notices=options["notice"] or Notice.values)
        try:
            webhook.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        webhook.save()
        self.stdout.write(webhook.secret)
