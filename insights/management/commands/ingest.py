"""Read files, extract their insights, merge the clear duplicates."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from insights.ingest.pipeline import AlreadyProcessing, process, results, waits
from insights.ingest.preview import preview
from insights.ingest.readers import (
    Columns,
    Options,
    ReadError,
    SourceContent,
    read_file,
    supported_suffixes,
)
from insights.ingest.readers.content import ROLES
from insights.ingest.sources import (
    is_processed,
    limits,
    register,
    remember_columns,
    remembered_columns,
)
from insights.management.bars import progress_bar
from insights.models import LeftOutText, ProcessingRun
from insights.openai import ProviderError
from insights.text.plural import counted

LISTED = 20
LEFT_OUT_CODE = 3


class Command(BaseCommand):
    help = (
        f"Ingest files ({' '.join(supported_suffixes())}) or folders of them, subfolders included. "
        "The same file again creates nothing; an interrupted one resumes where it stopped. "
        "Exit code 1: a file was refused; 3: a file of a folder was left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="ROLE=NAME",
            help='which column holds what, e.g. --column text="What should we improve?" (several '
            f"times for several). Roles: text, insight, {', '.join(ROLES)}. Kept for the next "
            "file with the same header.",
        )
        parser.add_argument("--dry-run", action="store_true", help="show what would come in")
        parser.add_argument(
            "--keep-good-rows",
            action="store_true",
            help="leave out rows that cannot be read; otherwise one broken row rejects its file",
        )
        parser.add_argument("--encoding", help="for files that are not UTF-8, e.g. latin-1")
        parser.add_argument("--no-progress", action="store_true", help="draw no progress bar")

    def handle(
        self,
        *args: object,
        paths: list[Path],
        column: list[str],
        dry_run: bool,
        keep_good_rows: bool,
        encoding: str | None,
        no_progress: bool,
        **options: object,
    ) -> None:
        reading = Options(
            keep_good_rows=keep_good_rows,
            encoding=encoding,
            limits=limits(),
            columns=_columns(column),
            remembered=remembered_columns,
        )
        failed, left_out = 0, list[str]()
        for path in self._files(paths, left_out):
            try:
                self._ingest(path, reading, dry_run=dry_run, no_progress=no_progress)
            except (ReadError, AlreadyProcessing, ProviderError) as error:
                failed += 1
                self.stderr.write(self.style.ERROR(f"{path.name}: {error}".replace("\n", " ")))
                for row_error in getattr(error, "row_errors", [])[:LISTED]:
                    self.stderr.write(f"    {row_error}")
        if left_out:
            more = f" and {len(left_out) - LISTED:,} more" if len(left_out) > LISTED else ""
            self.stderr.write(
                self.style.WARNING(
                    f"{len(left_out):,} file(s) left out, of a kind that cannot be read: "
                    f"{', '.join(left_out[:LISTED])}{more}."
                )
            )
        if failed:
            raise CommandError(f"{failed} file(s) could not be imported; none of them is saved.")
        if left_out:
            raise CommandError("Some files were left out.", returncode=LEFT_OUT_CODE)

    def _ingest(self, path: Path, reading: Options, *, dry_run: bool, no_progress: bool) -> None:
        data, content = read_file(path, reading)
        if dry_run:
            self._show(path, content)
            return
        if reading.columns and content.table:
            remember_columns(content.table.header, content.table.columns)
        source, created = register(path.name, data, content, keep_good_rows=reading.keep_good_rows)
        del data
        if not created and is_processed(source):
            self.stdout.write(f"{path.name}: already ingested as “{source}”; nothing to do.")
            return
        with progress_bar(path.name, hidden=no_progress) as bar:
            run = process(source, content=content, progress=bar)
        self._report(path, content, run)

    def _report(self, path: Path, content: SourceContent, run: ProcessingRun) -> None:
        counts, seconds = run.counts, sum(run.timings.values())
        line = f"{path.name}: {results(counts)}, {seconds:.1f} s"
        if counts["resumed_after"]:
            line += f" (resumed after {counts['resumed_after']})"
        self.stdout.write(line)
        if waiting := waits(counts):
            reasons = ", ".join(f"{name}: {count}" for name, count in waiting.items())
            self.stdout.write(f"    Similar to stored insights, not merged: {reasons}")
        for note in content.notes:
            self.stdout.write(f"    {note}")
        if counts["known"]:
            known = counted(counts["known"], "text")
            self.stdout.write(f"    Known from an older export: {known}.")
        if counts["revised"]:
            revised = counted(counts["revised"], "text")
            self.stdout.write(f"    Changed since an older export: {revised}.")
        if counts["no_statement"]:
            self.stderr.write(
                self.style.WARNING(
                    f"    No statement in {counts['no_statement']} of "
                    f"{counted(counts['texts'], 'text')}. The source's page lists them and takes "
                    "them in as they are:"
                )
            )
            left_out = LeftOutText.objects.filter(source=run.source_id)[:LISTED]
            for one in left_out:
                text = " ".join(one.text.split())
                self.stderr.write(f"        {one.locator}: {text[:80]} ({one.reason})")
        for row_error in content.row_errors[:LISTED]:
            self.stderr.write(self.style.WARNING(f"    left out: {row_error}"))

    def _show(self, path: Path, content: SourceContent) -> None:
        shown = preview(path.name, content)
        self.stdout.write(
            f"{path.name}: {counted(shown.rows, 'text')}; of the first {shown.looked_at}: "
            f"{counted(shown.statements, 'statement')}, "
            f"{counted(shown.no_statement, 'text')} without one, {shown.known} known, "
            f"{shown.changed} changed. Nothing was stored."
        )
        for note in shown.notes:
            self.stdout.write(f"    {note}")
        for one in shown.examples:
            self.stdout.write(f"    {one.locator}: {one.text}")
        for passage in shown.without:
            text = " ".join(passage.text.split())
            self.stdout.write(
                f"    no statement: {passage.locator}: {text[:80]} ({passage.reason})"
            )

    def _files(self, paths: list[Path], left_out: list[str]) -> Iterator[Path]:
        """Yield the files to read, also those of folders and subfolders."""
        suffixes = set(supported_suffixes())
        for path in paths:
            if not path.exists():
                raise CommandError(f"{path} does not exist.")
            if not path.is_dir():
                yield path
                continue
            found = 0
            for child in sorted(path.rglob("*")):
                inner = child.relative_to(path)
                if not child.is_file() or any(part.startswith(".") for part in inner.parts):
                    continue
                if child.suffix.lower() in suffixes:
                    found += 1
                    yield child
                else:
                    left_out.append(str(inner))
            if not found and not left_out:
                raise CommandError(f"{path} has no file that can be read.")


def _columns(chosen: list[str]) -> Columns | None:
    """Parse ROLE=NAME pairs into columns. Raises `CommandError`."""
    if not chosen:
        return None
    named: dict[str, list[str]] = {}
    for pair in chosen:
        role, sign, label = pair.partition("=")
        if not sign or role not in {"text", "insight", *ROLES}:
            raise CommandError(
                f"--column {pair!r}: write ROLE=NAME with one of text, insight, "
                f"{', '.join(ROLES)} as the role."
            )
        named.setdefault(role, []).append(label)
    return Columns(
        text=tuple(named.pop("text", [])),
        insight=tuple(named.pop("insight", [])),
        roles={role: labels[0] for role, labels in named.items()},
        source="chosen",
    )
