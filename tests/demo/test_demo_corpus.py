"""The demo corpus: large enough, hard enough, and every statement has one gold label."""

import csv
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from insights.ingest.chunking import chunk_document
from insights.ingest.extraction import RuleExtractor
from insights.ingest.readers import read_file
from insights.text.normalise import normalise

CORPUS = Path(__file__).parents[2] / "dedup_project" / "demo" / "corpus"
SOURCES = sorted((CORPUS / "sources").iterdir())
FIRST_TWO_THIRDS = {path.name for path in SOURCES[: len(SOURCES) * 2 // 3]}


class GoldRow(NamedTuple):
    source: str
    statement: str
    cluster: str
    family: str


@cache
def gold() -> tuple[GoldRow, ...]:
    with (CORPUS / "gold.csv").open(encoding="utf-8", newline="") as file:
        return tuple(GoldRow(**row) for row in csv.DictReader(file))


def extracted(path: Path) -> list[str]:
    _, content = read_file(path)
    extractor = RuleExtractor()
    found = []
    for document in content.documents:
        if document.kind == "statement":
            found.append(document.text)
        for chunk in chunk_document(document) if document.kind != "statement" else ():
            found += [statement.text for statement in extractor.extract(chunk)]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_what_is_extracted_from_a_source_is_what_gold_labels(path):
    labelled = Counter(normalise(row.statement) for row in gold() if row.source == path.name)
    assert Counter(map(normalise, extracted(path))) == labelled
    assert max(labelled.values()) == 1


def test_gold_names_only_sources_that_are_there():
    assert {row.source for row in gold()} == {path.name for path in SOURCES}


def test_the_corpus_is_large_enough_and_of_every_kind():
    assert len(SOURCES) >= 44
    assert {path.suffix for path in SOURCES} == set(".csv .json .jsonl .md .tsv .txt".split())
    assert 650 <= len({normalise(row.statement) for row in gold()}) <= 800


def test_sources_are_numbered_in_the_order_of_their_dates():
    names = [path.name for path in SOURCES]
    assert [int(name[:2]) for name in names] == list(range(1, len(names) + 1))
    dates = [re.fullmatch(r"\d\d-(\d{4}-\d\d-\d\d)-[a-z-]+\.\w+", name)[1] for name in names]
    assert dates == sorted(dates)


def test_equal_statements_are_in_one_cluster():
    clusters = defaultdict(set)
    for row in gold():
        clusters[normalise(row.statement)].add(row.cluster)
    assert {text: found for text, found in clusters.items() if len(found) > 1} == {}


def test_a_cluster_is_in_one_family_and_a_family_has_clusters_to_confuse():
    families = defaultdict(set)
    clusters = defaultdict(set)
    for row in gold():
        assert row.cluster
        clusters[row.cluster].add(row.family)
        families[row.family].add(row.cluster)
    assert all(len(found) == 1 for found in clusters.values())
    del families[""]
    assert len(families) >= 45
    assert all(len(found) >= 2 for found in families.values())


def test_a_cluster_named_single_has_one_statement():
    sizes = Counter(row.cluster for row in gold())
    assert all(sizes[name] == 1 for name in sizes if name.startswith("single-"))
    assert sum(size > 1 for size in sizes.values()) >= 120
    assert max(sizes.values()) <= 9


def test_the_last_third_repeats_and_rewords_what_came_before_and_brings_news():
    earlier = [row for row in gold() if row.source in FIRST_TWO_THIRDS]
    later = [row for row in gold() if row.source not in FIRST_TWO_THIRDS]
    known_texts = {normalise(row.statement) for row in earlier}
    known_clusters = {row.cluster for row in earlier}
    repeats = [row for row in later if normalise(row.statement) in known_texts]
    reworded = [
        row
        for row in later
        if row.cluster in known_clusters and normalise(row.statement) not in known_texts
    ]
    news = Counter(row.cluster for row in later if row.cluster not in known_clusters)
    known_families = {row.family for row in earlier} - {""}
    assert len(repeats) >= 25
    assert len(reworded) >= 100
    assert sum(size == 1 for size in news.values()) >= 50
    assert sum(size > 1 for size in news.values()) >= 5
    assert len({row.family for row in later if row.cluster in news} & known_families) >= 15


def test_the_readme_counts_what_is_there():
    readme = (CORPUS / "README.md").read_text(encoding="utf-8")
    stated = {
        label: int(n) for label, n in re.findall(r"^\| ([^|`]+) \| (\d+) \|$", readme, re.MULTILINE)
    }
    rows = gold()
    sizes = Counter(row.cluster for row in rows)
    earlier = [row for row in rows if row.source in FIRST_TWO_THIRDS]
    later = [row for row in rows if row.source not in FIRST_TWO_THIRDS]
    known_clusters = {row.cluster for row in earlier}
    known_texts = {normalise(row.statement) for row in earlier}
    assert stated == {
        "sources": len(SOURCES),
        "statements": len(rows),
        "different statements, case and punctuation aside": len(
            {normalise(row.statement) for row in rows}
        ),
        "clusters": len(sizes),
        "clusters of two or more": sum(size > 1 for size in sizes.values()),
        "statements in those": sum(size for size in sizes.values() if size > 1),
        "near-miss and contradiction families": len({row.family for row in rows} - {""}),
        "clusters in a family": len({row.cluster for row in rows if row.family}),
        "statements in the last third": len(later),
        "of those, in a cluster that the first two thirds know": sum(
            row.cluster in known_clusters for row in later
        ),
        "of those, word for word a repeat": sum(
            normalise(row.statement) in known_texts for row in later
        ),
    }
    files = Counter(path.suffix for path in SOURCES)
    assert dict(re.findall(r"\| `(\.\w+)` \| (\d+) \|$", readme, re.MULTILINE)) == {
        suffix: str(count) for suffix, count in files.items()
    }
