"""Measure what the guard stops, what it holds back, and what it costs.

    python -m benchmarks.guard [TEXTS ...] [--pairs FILE.jsonl ...]

Near misses are generated from the demo's statements and from each file of TEXTS (one statement a
line): the share that passes is wrong. `--pairs` takes lines of {"text1", "text2", "label"}: the
share of the true duplicates (label 1) that the guard holds back. Times are means in milliseconds.
"""

import argparse
import json
import random
import time
from collections import Counter
from pathlib import Path

from benchmarks.near_misses import UNTESTED, NearMiss, combined, edited
from dedup_project.demo.gold import Gold
from insights.text.guard import compare, read

MOST_PAIRS = 4000


def demo_statements() -> list[str]:
    """Return the statements of the demo's corpus, each once."""
    return [statement for statement, _ in Gold().statements()]


def passing(misses: list[NearMiss]) -> list[NearMiss]:
    """Return the near misses that a model could merge without a person."""
    return [miss for miss in misses if not compare(miss.first, miss.second).blocks]


def _near_misses(texts: list[Path]) -> None:
    statements = demo_statements()
    for file in texts:
        statements += file.read_text("utf-8").splitlines()
    misses = [*edited(statements), *combined()]
    let_through = passing(misses)
    total = Counter((miss.language, miss.kind) for miss in misses)
    wrong = Counter((miss.language, miss.kind) for miss in let_through)
    languages = {language for language, _ in total}
    kinds = {kind for _, kind in total}
    print(
        f"{len(misses):,} near misses of {len(kinds)} kinds in {len(languages)} languages: "
        f"{len(let_through)} pass ({len(let_through) / len(misses):.3%}); in languages without "
        f"rules {sum(miss.language in UNTESTED for miss in let_through)}."
    )
    for key, count in wrong.most_common():
        print(f"  {' '.join(key)}: {count} of {total[key]}")
    for miss in let_through[:20]:
        print(f"  {miss.kind}: {miss.first} | {miss.second}")


def _pairs(file: Path) -> None:
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    random.Random(1).shuffle(rows)  # noqa: S311 - a sample
    same = [row for row in rows if row["label"] == 1][:MOST_PAIRS]
    begin = time.perf_counter()
    for row in same:
        read(row["text1"]), read(row["text2"])
    middle = time.perf_counter()
    found = Counter(str(compare(row["text1"], row["text2"]).left_over) for row in same)
    end = time.perf_counter()
    held = (found["conflict"] + found["unread"]) / len(same)
    print(
        f"{file}: {held:.1%} of {len(same):,} true duplicates held back; "
        + ", ".join(f"{name} {count / len(same):.1%}" for name, count in found.most_common())
        + f"; read {(middle - begin) / len(same) / 2 * 1e3:.2f} ms a statement, "
        f"compare {(end - middle) / len(same) * 1e3:.2f} ms a pair"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="*", type=Path)
    parser.add_argument("--pairs", nargs="*", type=Path, default=[])
    arguments = parser.parse_args()
    _near_misses(arguments.texts)
    for file in arguments.pairs:
        _pairs(file)


if __name__ == "__main__":
    main()
