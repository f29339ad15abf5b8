"""The guard's classes of difference, and the sentences a reviewer reads."""

import pytest

from insights.text.guard import LeftOver, compare


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Rotas are late.", "Rotas are late", LeftOver.IDENTICAL),
        ("The file is 20 MB", "The file is 20 GB", LeftOver.CONFLICT),
        ("The file is 20 MB large", "The file is large", LeftOver.ADDITION),
    ],
)
def test_a_pair_gets_the_class_of_its_worst_left_over(left, right, expected):
    assert compare(left, right).left_over is expected
    assert compare(right, left).left_over is expected


def test_a_one_sided_fact_is_told_as_one_plain_line():
    assert (
        'Only statement 1 says "20 MB"' in compare("It is 20 MB large", "It is large").sentences()
    )
