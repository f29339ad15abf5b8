"""Memory and time of whole files: read, extract, embed and store, format by format.

    python -m benchmarks.files [--rows N] [--formats csv xlsx jsonl] [--minutes M]

Writes a survey of N (200,000) different answers of one to three sentences, with eight columns, in
each format, then ingests it as the worker does, from the stored bytes, in a process of its own.
Peaks are of that process (VmHWM), PostgreSQL's not among them. A format that takes longer than M
minutes is stopped there.
Empties the database named insight_dedup_files and works there.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ["EMBEDDED_DATABASE"] = "insight_dedup_files"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")

# One a line; each answer draws from them.
THINGS = """
The export
The invoice page
The weekly report
The shared calendar
The mobile app
Single sign-on
The import of contacts
The permissions screen
"""
FAULTS = """
takes far too long
loses my changes
crashes without a message
shows wrong totals
asks for the password again
sends every e-mail twice
is the reason we chose you
got much better
"""
TIMES = """
on large projects
when two people edit
since the last update
for guests
at the end of the month
"""
FURTHER = """
Support took {days} days to answer.
We lost about {days} hours a week to it.
Our accountants keep a spreadsheet beside it.
Please give us an option per workspace.
Otherwise my whole team would be happy.
It still worked in the old version.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--data", help="unused: the rows are generated")
    parser.add_argument("--formats", nargs="+", default=["csv", "xlsx", "jsonl"])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--file", type=Path, help="ingest this file, in this process")
    given = parser.parse_args()
    if given.file:
        _measure(given.file, given.minutes)
        return
    print("| format | step | rows | wall s | CPU s | peak MB |\n|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for form in given.formats:
            path = Path(folder) / f"answers.{form}"
            _write(path, given.rows)
            command = [sys.executable, "-m", "benchmarks.files", "--file", str(path)]
            subprocess.run([*command, "--minutes", str(given.minutes)], check=True)  # noqa: S603 - this module
            path.unlink()


def _rows(count: int) -> Iterator[dict[str, str | int]]:
    draw = random.Random(7)  # noqa: S311 - test data
    things, faults, times, further = (
        lines.strip().split("\n") for lines in (THINGS, FAULTS, TIMES, FURTHER)
    )
    for number in range(count):
        first = " ".join(map(draw.choice, (things, faults, times)))
        rest = draw.sample(further, k=draw.choice((0, 0, 1, 1, 2)))
        answer = " ".join([f"{first} (project {number}).", *rest]).format(days=number % 89 + 2)
        yield {
            "Response ID": f"R{number:07}",
            "Submitted at": f"2026-0{1 + number % 9}-{1 + number % 28:02} 10:{number % 60:02}",
            "Email": f"user{number % 5000}@example.org",
            "Company": f"Company {number % 700}",
            "Plan": ("Free", "Team", "Enterprise")[number % 3],
            "Rating": 1 + number % 5,
            "What should we improve?": answer,
            "Country": ("DE", "FR", "US", "GB")[number % 4],
        }


def _write(path: Path, count: int) -> None:
    header = list(next(_rows(1)))
    if path.suffix == ".xlsx":
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("Answers")
        sheet.append(header)
        for row in _rows(count):
            sheet.append(list(row.values()))
        book.save(path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, header)
            writer.writeheader()
            writer.writerows(_rows(count))
        else:
            file.writelines(json.dumps(row) + "\n" for row in _rows(count))


def _measure(path: Path, minutes: float) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from insights.embedding.service import embedder
    from insights.ingest.pipeline import process
    from insights.ingest.sources import read, read_stored, register
    from insights.management.bars import progress_bar
    from insights.models import InsightSource, Source

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sources, insights, processing_runs CASCADE")
    step = _Step(path.suffix[1:])
    data = path.read_bytes()
    content = read(path.name, data)
    step.done("read", len(content.documents))
    source, _ = register(path.name, data, content)
    del data, content
    step.done("store the file", 1)
    source = Source.objects.get(pk=source.pk)
    embedder().embed([f"The report is late in week {number}." for number in range(256)])
    step.done("load the model, as a worker has", 0)
    content = read_stored(source)
    step.done("read it again", len(content.documents))
    with progress_bar(path.name) as bar:
        run = process(source, content=content, progress=bar, seconds=60 * minutes)
    stored = InsightSource.objects.filter(source=source).count()
    step.done(f"extract, embed, store ({run.status})", stored)


class _Step:
    def __init__(self, form: str) -> None:
        self.form = form
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def done(self, name: str, rows: int) -> None:
        """Print the step since the last call, with the peak of memory within it."""
        status = Path("/proc/self/status").read_text(encoding="ascii")
        peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        print(f"| {self.form} | {name} | {rows:,} | {wall:.1f} | {cpu:.1f} | {peak} |", flush=True)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets VmHWM
        self.wall, self.cpu = time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
