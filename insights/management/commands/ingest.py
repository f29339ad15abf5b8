"""Read files, extract their insights, merge the clear duplicates."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from insights.ingest.pipeline import AlreadyProcessing, process
from insights.ingest.readers import SUPPORTED_SUFFIXES, ReadError, read_file
from insights.ingest.sources import is_processed, limits, register
from insights.management.bars import Bars


class Command(BaseCommand):
    help = (
        "Ingest files (.txt .md .csv .tsv .json .jsonl) or folders of them. The same file again "
        "creates nothing; one that was interrupted goes on where it stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--keep-good-rows",
            action="store_true",
            help="leave out rows that cannot be read; else one broken row refuses its whole file",
        )
        parser.add_argument("--encoding", help="for files that are not UTF-8, e.g. latin-1")
        parser.add_argument("--no-progress", action="store_true", help="draw no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        for path in self._files(options["paths"]):
            try:
                self._ingest(path, options)
            except (ReadError, AlreadyProcessing) as error:
                failed += 1
                self.stderr.write(self.style.ERROR(str(error)))
                for row_error in getattr(error, "row_errors", [])[:20]:
                    self.stderr.write(f"    {row_error}")
        if failed:
            raise CommandError(f"{failed} file(s) refused; nothing of them was kept.")

    def _ingest(self, path: Path, options: dict[str, Any]) -> None:
        data, content = read_file(
            path,
            keep_good_rows=options["keep_good_rows"],
            encoding=options["encoding"],
            limits=limits(),
        )
        source, created = register(
            path.name, data, content, keep_good_rows=options["keep_good_rows"]
        )
        del data
        if not created and is_processed(source):
            self.stdout.write(f"{path.name}: already ingested as “{source}”; nothing to do.")
            return
        with Bars(shown=False if options["no_progress"] else None, label=path.name) as bars:
            run = process(source, content=content, progress=bars)
        counts, seconds = run.counts, sum(run.timings.values())
        line = (
            f"{path.name}: {counts['statements']} statements, {counts['created']} new insights, "
            f"{counts['repeated']} exact repeats, {counts['merged']} merged by the model, "
            f"{seconds:.1f} s"
        )
        if counts["resumed_after"]:
            line += f" (went on after {counts['resumed_after']})"
        self.stdout.write(line)
        if not counts["statements"]:
            self.stderr.write(
                self.style.WARNING(
                    "    No statement was found in it: is it English prose, or rows with a column "
                    "such as “insight”?"
                )
            )
        for row_error in content.row_errors[:20]:
            self.stderr.write(self.style.WARNING(f"    left out: {row_error}"))

    def _files(self, paths: list[Path]) -> Iterator[Path]:
        for path in paths:
            if not path.exists():
                raise CommandError(f"{path} does not exist.")
            if not path.is_dir():
                yield path
                continue
            found = sorted(
                child
                for child in path.iterdir()
                if child.is_file() and child.suffix.lower() in SUPPORTED_SUFFIXES
            )
            if not found:
                raise CommandError(
                    f"{path} has no file that can be read: {', '.join(sorted(SUPPORTED_SUFFIXES))}."
                )
            yield from found
