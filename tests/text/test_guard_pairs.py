"""Lists of statement pairs against the guard: near misses are stopped, rewordings pass."""

from pathlib import Path

import pytest

from insights.text.guard import compare


def pairs(name):
    text = Path(__file__).with_name(name).read_text("utf-8")
    rows = [line for line in text.splitlines() if not line.startswith("# ")]
    return [tuple(row.split(" | ")) for row in rows]


@pytest.mark.parametrize(("left", "right"), pairs("near_misses.txt"))
def test_a_near_miss_never_passes(left, right):
    assert compare(left, right).blocks
    assert compare(right, left).blocks


@pytest.mark.parametrize(("left", "right"), pairs("rewordings.txt"))
def test_a_rewording_is_no_conflict(left, right):
    assert [f for f in compare(left, right).sentences() if compare(left, right).blocks] == []
    assert not compare(right, left).blocks
