"""Create an API token and print it, and nothing else, to standard output."""

from argparse import ArgumentParser
from datetime import timedelta

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

    def handle(
        self,
        *args: object,
        username: str,
        scope: list[str],
        expires: int | None,
        name: str,
        **options: object,
    ) -> None:
        users = get_user_model()
        user = users._default_manager.filter(username=username).first()
        if user is None:
            raise CommandError(
                f"There is no user “{username}”. Create one in the admin or with "
                "`manage.py createsuperuser`."
            )
        if expires is not None and not 1 <= expires <= MAX_DAYS:
            raise CommandError(
                f"--expires is {expires}; give a number of days from 1 to {MAX_DAYS}."
            )
        _, key = ApiToken.make(
            user=user,
            scopes=scope,
            name=name,
            expires_at=None if expires is None else timezone.now() + timedelta(days=expires),
        )
        self.stdout.write(key)
