"""Write the default schedules; a schedule that a person changed or disabled stays as it is."""

from django.core.management.base import BaseCommand

from dedup_project import schedules


class Command(BaseCommand):
    help = "Create missing schedules. Schedules that a person changed stay as they are."

    def handle(self, *args: object, **options: object) -> None:
        counts = schedules.seed()
        self.stdout.write(
            f"Schedules: {counts['created']} created, {counts['updated']} updated, "
            f"{counts['kept']} left as people changed them."
        )
