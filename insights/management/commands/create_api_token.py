"""Create an API token and print it, and nothing else, to standard output."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from insights.models import ApiToken, Scope

MAX_DAYS = 3650


class Command(BaseCommand):
    help = "Create an API token for a user. It is shown once; only its hash is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=Scope.values,
            help="permitted use: "
            + "; ".join(f"{value}: {label}" for value, label in Scope.choices)
            + "; repeat for several",
        )
        parser.add_argument("--expires", type=int, metavar="DAYS", help="default: never")
        parser.add_argument("--name", default="", help="purpose")

    def handle(self, *args: Any, **options: Any) -> None:
        users = get_user_model()
        user = users._default_manager.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(
                f"There is no user “{options['username']}”. Create one in the admin or with "
                "`manage.py createsuperuser`."
            )
        days = options["expires"]
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--expires is {days}; give a number of days from 1 to {MAX_DAYS}.")
        _, key = ApiToken.make(
            user=user,
            scopes=options["scope"],
            name=options["name"],
            expires_at=None if days is None else timezone.now() + timedelta(days=days),
        )
        self.stdout.write(key)
