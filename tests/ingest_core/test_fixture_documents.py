"""Whole documents of each kind: every statement that comes out, and where it stood."""

from pathlib import Path

import pytest

from insights.ingest.chunking import chunk_document
from insights.ingest.extraction import RuleExtractor
from insights.ingest.readers import read_file

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize("name", ["interview_notes.md", "transcript.txt", "article.txt"])
def test_the_statements_of_a_document_with_their_locators(name):
    _, content = read_file(FIXTURES / name)
    extractor = RuleExtractor()
    statements = [
        statement
        for document in content.documents
        for chunk in chunk_document(document)
        for statement in extractor.extract(chunk)
    ]
    found = [f"{statement.locator}\t{statement.text}" for statement in statements]
    assert found == (FIXTURES / f"{name}.expected").read_text("utf-8").splitlines()


def test_extraction_gives_the_same_twice():
    _, content = read_file(FIXTURES / "interview_notes.md")
    chunks = list(chunk_document(content.documents[0]))
    extractor = RuleExtractor()
    assert list(map(extractor.extract, chunks)) == list(map(extractor.extract, chunks))
