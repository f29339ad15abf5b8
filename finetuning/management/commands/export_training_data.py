"""Export the decisions as training data."""

import os
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from finetuning.errors import FineTuningError
from finetuning.training_data.dataset import build_dataset
from finetuning.training_data.export import export_json, export_openai_jsonl


class Command(BaseCommand):
    help = "Export people's decisions as training data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["openai_jsonl", "json"], default="openai_jsonl")
        parser.add_argument("--stats", action="store_true", help="with statistics (json only)")
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")

    def handle(
        self, *args: object, format: str, stats: bool, output: Path | None, **options: object
    ) -> None:
        if stats and format != "json":
            raise CommandError("--stats goes with --format json.")
        dataset = build_dataset()
        try:
            pieces = (
                export_json(dataset, stats=stats)
                if format == "json"
                else export_openai_jsonl(dataset)
            )
        except FineTuningError as error:
            raise CommandError(str(error)) from error
        if output is None:
            self.stdout.writelines(pieces)
            return
        try:
            _write(output, pieces)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error}") from error
        self.stderr.write(f"{len(dataset)} examples, written to {output}")


def _write(path: Path, pieces: Iterator[str]) -> None:
    """Write a temporary file next to the target, then replace the target."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink()
            raise
