"""Run the readers and the extraction over a folder of files and compare with what is expected.

    python -m benchmarks.cases FOLDER [--expected expected.json]

`expected.json` maps a file's path to {"statements": [...]} (exactly these, in any order),
{"at_least": n}, or {"refused": "part of the reason"}. Without it, each file's result is printed.
A file that takes longer than ten seconds or raises anything but `ReadError` is wrong.
"""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import TypedDict

from insights.ingest.chunking import chunk_document
from insights.ingest.extraction import RuleExtractor
from insights.ingest.readers import ReadError, read_file
from insights.text.normalise import clean

MOST_SECONDS = 10.0


class Expected(TypedDict, total=False):
    statements: list[str]
    at_least: int
    refused: str


def statements(path: Path) -> tuple[list[str], int]:
    """Return the statements of a file, and how many of its texts gave none. Raises `ReadError`."""
    extractor = RuleExtractor()
    found: list[str] = []
    without = 0
    for document in read_file(path)[1].documents:
        if document.kind == "statement":
            own = [document.text]
        else:
            chunks = chunk_document(document)
            own = [one.text for chunk in chunks for one in extractor.extract(chunk)]
        found += map(clean, own)
        without += not own
    return found, without


def verdict(path: Path, expected: Expected | None) -> tuple[bool, str]:
    """Return whether the result is right, and a line about it."""
    began = time.perf_counter()
    try:
        found, without = statements(path)
        said = f"{len(found)} statements, {without} texts without one"
        right = expected is None or _fits(found, expected)
    except ReadError as error:
        said = f"refused: {str(error)[:160]}"
        right = expected is None or expected.get("refused", "\0") in str(error)
    seconds = time.perf_counter() - began
    return right and seconds <= MOST_SECONDS, f"{said} ({seconds:.1f} s)"


def _fits(found: list[str], expected: Expected) -> bool:
    if "refused" in expected:
        return False
    if "statements" in expected:
        return sorted(found) == sorted(expected["statements"])
    return len(found) >= expected.get("at_least", 0)


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--expected", type=Path)
    arguments = parser.parse_args()
    table: dict[str, Expected] = (
        json.loads(arguments.expected.read_text("utf-8")) if arguments.expected else {}
    )
    paths = [path for path in sorted(arguments.folder.rglob("*")) if path.is_file()]
    wrong = 0
    for path in paths:
        name = str(path.relative_to(arguments.folder))
        if table and name not in table:
            continue
        right, said = verdict(path, table.get(name))
        wrong += not right
        sys.stdout.write(f"{'right' if right else 'WRONG'}  {name}: {said}\n")
    sys.stdout.write(f"{len(paths) if not table else len(table)} files, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
