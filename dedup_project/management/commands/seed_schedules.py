"""Write the default schedules; what a person changed or switched off stays as it is."""

from typing import Any

from django.core.management.base import BaseCommand

from dedup_project import schedules


class Command(BaseCommand):
    help = "Create the schedules that are missing. Those that a person changed are left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = schedules.seed()
        self.stdout.write(
            f"Schedules: {counts['created']} created, {counts['updated']} updated, "
            f"{counts['kept']} left as people changed them."
        )
