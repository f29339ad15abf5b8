"""Run the whole loop on the bundled corpus. The last lines say how to log in."""

import secrets
from argparse import ArgumentParser
from datetime import UTC, datetime

import psycopg
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from psycopg import sql

from dedup_project import embedded
from dedup_project.demo.loop import Loop
from insights.models import Insight, MergeDecision

ACCOUNT = "demo"


class Command(BaseCommand):
    help = "Run the whole loop on the bundled corpus: ingest, cluster, review, train, auto-merge."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=3000, help="port in the address printed at the end"
        )

    def handle(self, *args: object, port: int, **options: object) -> None:
        if settings.DATABASE_URL:
            call_command("migrate", verbosity=0)
            if Insight.objects.exists():
                raise CommandError(
                    "DATABASE_URL points at a database that already holds insights. The demo "
                    "needs an empty database: create one, or unset DATABASE_URL."
                )
        else:
            self._fresh_database()
        call_command("migrate", verbosity=0)
        password = self._account()
        loop = Loop(say=self.stdout.write)
        loop.run()
        self.stdout.write(
            f"\n  Open      http://127.0.0.1:{port}/admin/\n"
            f"  User      {ACCOUNT}\n"
            f"  Password  {password}\n"
        )

    def _fresh_database(self) -> None:
        """Recreate the demo's database; keep one in which a person has decided something."""
        name = settings.EMBEDDED_DATABASE
        if not name.endswith("_demo"):
            raise CommandError(
                f"The demo empties its database and will not touch “{name}”. Run it as "
                "`make demo`, or with EMBEDDED_DATABASE=insight_dedup_demo."
            )
        used = self._decided_by_people()
        connection.close()
        url = embedded.database_url(settings.VAR, name)
        with psycopg.connect(url, dbname="postgres", autocommit=True) as server:
            identifier = sql.Identifier(name)
            # Only clients: autovacuum belongs to a superuser and yields by itself.
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND backend_type = 'client backend'",
                [name],
            )
            if used:
                aside = f"{name}_{datetime.now(UTC):%Y%m%d_%H%M%S}"
                server.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        identifier, sql.Identifier(aside)
                    )
                )
                self.stdout.write(f"Your decisions of the last demo are kept in “{aside}”.")
            else:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(identifier))
            server.execute(sql.SQL("CREATE DATABASE {}").format(identifier))

    def _decided_by_people(self) -> bool:
        if MergeDecision._meta.db_table not in connection.introspection.table_names():
            return False
        return MergeDecision.objects.filter(actor__username=ACCOUNT).exists()

    def _account(self) -> str:
        password = secrets.token_urlsafe(9)
        user, _ = get_user_model().objects.get_or_create(
            username=ACCOUNT, defaults={"is_staff": True, "is_superuser": True}
        )
        user.set_password(password)
        user.save(update_fields=["password"])
        return password
