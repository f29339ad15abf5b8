"""Erase a person's data for good, and name the model versions that were trained on it."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from insights.ingest.removal.erasure import NobodyFound, erase
from insights.text.plural import counted


class Command(BaseCommand):
    help = (
        "Erase what a person said and what is known of them: occurrences, insights that only they "
        "said, the files they are in, training files and logs. The records of decisions stay. This "
        "cannot be undone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", help="their name, address or id, as the sources write it")
        parser.add_argument(
            "--folder",
            action="append",
            type=Path,
            default=[],
            help="a folder of exports, logs or training files to clean as well",
        )
        parser.add_argument("--yes", action="store_true", help="skip the confirmation")

    def handle(
        self, *args: object, person: str, folder: list[Path], yes: bool, **options: object
    ) -> None:
        if not yes:
            try:
                answer = input(f"Erase “{person}” for good? This cannot be undone. [yes/no] ")
            except EOFError:  # a script, with nobody to ask
                answer = ""
            if answer.strip().lower() != "yes":
                raise CommandError("Nothing was erased. Confirm with “yes”, or pass --yes.")
        try:
            done = erase(person, folders=tuple(folder))
        except NobodyFound as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Erased: {counted(done.occurrences, 'occurrence')}, "
            f"{counted(len(done.insights), 'insight')}; the files of "
            f"{counted(len(done.sources), 'source')}; {counted(done.rows, 'further row')}; "
            f"{counted(len(done.files), 'file')}."
        )
        for name in [*done.sources, *done.files]:
            self.stdout.write(f"    {name}")
        if done.versions:
            self.stdout.write(
                f"Trained on what was erased: {', '.join(done.versions)}. Train a new version and "
                "activate it."
            )
