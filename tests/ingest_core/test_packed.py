"""A packed list behaves as a list does, and takes far less memory."""

import tracemalloc

import pytest

from insights.ingest.readers.content import About, Document
from insights.ingest.readers.packed import BLOCK, Packed


def documents(count):
    for n in range(count):
        about = About(external_id=str(n), attributes={"Plan": "Team", "Country": "DE"})
        yield Document("Survey", f"The export of row {n} takes too long.", f"row {n}", about=about)


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_length_order_and_places_are_those_of_a_list(count):
    expected = list(documents(count))
    packed = Packed(expected)
    packed.extend(documents(2))
    expected += documents(2)
    assert len(packed) == len(expected)
    assert list(packed) == expected == list(packed)
    assert [packed[at] for at in (0, -1, count)] == [expected[at] for at in (0, -1, count)]
    with pytest.raises(IndexError):
        packed[count + 2]


def test_ten_thousand_rows_take_less_than_a_fifth_of_their_objects():
    tracemalloc.start()
    rows = list(documents(10_000))
    as_objects = tracemalloc.get_traced_memory()[0]
    packed = Packed(rows)
    both = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(packed) == len(rows)
    assert both - as_objects < as_objects / 5
