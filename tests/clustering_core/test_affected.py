"""Regrouping what a change can reach gives the same as regrouping everything."""

from dataclasses import replace
from functools import partial
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.clustering.assisted import asking_order
from insights.clustering.grouping import group
from insights.clustering.incremental import affected, with_changes
from insights.clustering.join.known import Known
from insights.clustering.join.partition import Lists
from insights.clustering.similarity import (
    Cancelled,
    CandidatePairs,
    candidate_pairs,
    pair_similarity,
)
from tests.clustering_core.test_similarity import clustered

THRESHOLD = 0.5
DIMENSIONS = 32


def as_ids(numbers):
    return np.array([list(int(one).to_bytes(16)) for one in numbers], np.uint8).reshape(-1, 16)


def kept(known):
    """Return it as it comes back from its folder."""
    short, vectors = np.concatenate(known.short), np.concatenate(known.vectors)
    return replace(known, short=(short, short[:0]), vectors=(vectors, vectors[:0]))


class World:
    """Rows that come and go, known as one run after the other leaves them, and all of them."""

    def __init__(self, seed, n, cap):
        self.rng, self.cap = np.random.default_rng(seed), cap
        self.all = clustered(seed, n)
        self.said = self.rng.random((n, n))  # a model, that keeps most pairs apart
        self.said = np.minimum(self.said, self.said.T)
        self.linked = self.rng.choice(n, (3, 2), replace=False)
        none, floats = np.empty(0, np.int32), np.empty(0, np.float32)
        nothing = np.empty((0, DIMENSIONS), np.float32)
        lists = Lists.of(nothing, THRESHOLD)
        short, error = lists.form.right_side(nothing)
        self.known = Known(
            as_ids([]), none.astype(np.int64), none.astype(np.int64), none, none, floats,
            np.empty(0), error, (nothing, nothing), (short, short), lists,
        )  # fmt: skip
        self.there = []

    def numbers(self, known):
        """Return the place in `all` of each known row."""
        return known.ids[:, -2:].astype(np.int64) @ [256, 1]

    def row_of(self, known):
        numbers = self.numbers(known)
        return {int(numbers[row]): int(row) for row in np.flatnonzero(known.group >= 0)}

    def grouped(self, numbers, pairs):
        """Return the groups of some of all rows, ascending; `pairs` count in `numbers`."""
        numbers = np.asarray(numbers, np.int64)
        place = {number: at for at, number in enumerate(numbers.tolist())}
        said = self.said[numbers[pairs.left], numbers[pairs.right]]
        groups = group(
            len(numbers),
            pairs.left,
            pairs.right,
            np.where(said < 0.4, 0.1, pairs.similarity).astype(float),
            threshold=THRESHOLD,
            scores=partial(pair_similarity, self.all[numbers]),
            must_link=[(place[a], place[b]) for a, b in self.linked.tolist() if {a, b} <= {*place}],
            max_size=4,
        )
        return [numbers[list(one.members)] for one in groups]

    def change(self, gone, new):
        """Let some rows go and others come, in that order, as a run on what is new does."""
        self.there = sorted({*self.there} - {*gone} | {*new})
        row_of = self.row_of(self.known)
        known, seeds, compared = with_changes(
            self.known,
            np.array([row_of[one] for one in gone], np.int64),
            (as_ids(new), np.array(new, np.int64), self.all[new].reshape(-1, DIMENSIONS)),
            THRESHOLD,
            max_neighbours=self.cap,
        )
        known = kept(known)
        self.known, numbers = known, self.numbers(known)
        row_of = self.row_of(known)
        regroups = []

        def regroup(rows):
            regroups.append(len(rows))
            order = rows[np.argsort(numbers[rows])]
            place = np.full(len(known.ids), -1)
            place[order] = np.arange(len(order))
            one, other = place[known.left], place[known.right]
            inside = (one >= 0) & (other >= 0)
            ends = np.sort([one[inside], other[inside]], axis=0).astype(np.int32)
            pairs = CandidatePairs(*ends, known.similarity[inside], 0)
            label = {row: row for row in rows.tolist()}
            for members in self.grouped(numbers[order], pairs):
                own = [row_of[one] for one in members.tolist()]
                label |= dict.fromkeys(own, min(own))
            return np.array([label[row] for row in rows.tolist()], np.int64)

        connects = self.said[numbers[known.left], numbers[known.right]] >= 0.4
        linked = [(row_of[a], row_of[b]) for a, b in self.linked.tolist() if {a, b} <= {*row_of}]
        rows = affected(known, seeds, connects, linked, regroup)
        known.group[rows] = regroup(rows)
        return compared, max(regroups)

    def groups(self):
        found = {}
        for number, row in self.row_of(self.known).items():
            found.setdefault(self.known.group[row], set()).add(number)
        return {frozenset(one) for one in found.values() if len(one) > 1}

    def everything(self):
        there = np.array(self.there, np.int64)
        pairs = candidate_pairs(self.all[there], THRESHOLD, max_neighbours=self.cap)
        return {frozenset(one.tolist()) for one in self.grouped(there, pairs)}


@settings(deadline=None)  # the first call loads the integer product
@given(seed=st.integers(0, 10_000), cap=st.sampled_from([8, 60]))
def test_rows_that_come_and_go_in_any_order_end_in_the_groups_of_a_run_over_everything(seed, cap):
    world = World(seed, 70, cap)
    arrivals = world.rng.permutation(70).tolist()
    for _ in range(5):
        gone = world.rng.permutation(world.there)[: world.rng.integers(0, 6)].tolist()
        new = [arrivals.pop() for _ in range(world.rng.integers(0, 14))]
        world.change(gone, new)
        arrivals = gone + arrivals  # to come back later, as an undo lets them
        assert world.groups() == world.everything()


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), cap=st.integers(1, 60))
def test_pairs_brought_up_to_date_are_those_of_a_run_over_everything(seed, cap):
    world = World(seed, 70, cap)
    world.change([], list(range(60)))
    gone = world.rng.permutation(60)[: world.rng.integers(0, 9)].tolist()
    world.change(gone, list(range(60, 70)))

    there = np.array(world.there)
    everything = candidate_pairs(world.all[there], THRESHOLD, max_neighbours=cap)
    known, numbers = world.known, world.numbers(world.known)
    np.testing.assert_array_equal(numbers[known.left], there[everything.left])
    np.testing.assert_array_equal(numbers[known.right], there[everything.right])
    np.testing.assert_array_equal(known.similarity, everything.similarity)
    assert np.isnan(known.probability).all()


def test_the_work_grows_with_what_is_new_and_what_is_near_it():
    world = World(0, 300, 50)
    world.change([], list(range(290)))
    compared, grouped = world.change([], list(range(290, 300)))
    assert compared == 10 * 300
    assert grouped < 200
    compared, grouped = world.change([], [])
    assert (compared, grouped) == (0, 0)


def test_it_can_be_cancelled():
    world = World(0, 30, 50)
    world.change([], list(range(30)))
    with pytest.raises(Cancelled):
        affected(
            world.known, np.array([0]), world.known.similarity > 0, [], lambda rows: rows,
            cancelled=lambda: True,
        )  # fmt: skip


def test_what_is_known_comes_back_from_its_folder_with_the_rows_that_are_left(tmp_path):
    world = World(0, 40, 50)
    world.change([], list(range(30)))
    first, second = tmp_path / "first", tmp_path / "second"
    all_new = replace(world.known, vectors=world.known.vectors[::-1], short=world.known.short[::-1])
    all_new.save(first, first)
    known, _, _ = with_changes(
        Known.load(first),
        np.array([3]),
        (as_ids(range(30, 40)), np.arange(30, 40), world.all[30:]),
        THRESHOLD,
    )
    known.save(second, before=first)

    assert Known.load(first) is None, "its vectors moved on"
    for damaged in (b"", (second / "rows.npz").read_bytes()[:-40]):
        (first / "rows.npz").write_bytes(damaged)
        assert Known.load(first) is None
    found = Known.load(second)
    np.testing.assert_array_equal(found.vectors_of(np.arange(40)), world.all)
    np.testing.assert_array_equal(found.left, known.left)
    np.testing.assert_array_equal(found.short[0], np.concatenate(known.short))
    assert found.row_of([UUID(int=2), UUID(int=3), UUID(int=99)]) == {UUID(int=2): 2}
    assert found.ids_of(np.array([35])) == [UUID(int=35)]
    with (second / "vectors").open("r+b") as stream:
        stream.write(b"other")
    assert Known.load(second) is None


def test_pairs_of_one_row_are_asked_together():
    rng = np.random.default_rng(0)
    places = rng.permutation(200)  # a ring of neighbours, whose rows are spread at random
    ring = np.sort(np.column_stack([places, np.roll(places, 1)]), axis=1)
    ring = ring[np.lexsort(ring.T[::-1])].astype(np.int32)
    pairs = CandidatePairs(ring[:, 0], ring[:, 1], np.ones(200, np.float32), 0)
    order = asking_order(200, pairs)
    assert sorted(order.tolist()) == list(range(200))

    def readings(asked):
        return sum(len(np.unique(ring[asked[at : at + 20]])) for at in range(0, 200, 20))

    assert readings(order) < 0.7 * readings(np.arange(200))
