"""docs/formats.md says what the readers can do."""

import re
from pathlib import Path

from insights.ingest.readers import Limits, supported_suffixes

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")


def test_the_table_names_every_suffix_and_no_other():
    rows = re.findall(r"^\| ((?:\.\w+ ?)+) \|", PAGE, re.MULTILINE)
    assert sorted(" ".join(rows).split()) == supported_suffixes()


def test_the_limits_are_those_of_the_readers():
    limits = Limits()
    assert f"{limits.max_unpacked_bytes >> 20} MB or {limits.max_unpacked_ratio} times" in PAGE
    assert f"{limits.max_columns:,} columns" in PAGE
    assert f"within {limits.max_pdf_seconds:.0f} seconds" in PAGE
