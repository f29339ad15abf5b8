"""Nothing from the training folds appears in the test fold."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from finetuning.ml.data.folds import fold_groups, grouped_folds, linked_groups

rows = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 15), st.booleans()),
    min_size=2,
    max_size=60,
)


@settings(max_examples=200)
@given(rows, st.integers(0, 3))
def test_no_statement_and_no_group_stands_on_both_sides_of_a_fold(rows, seed):
    left = [f"Statement {a}." for a, _, _, _ in rows]
    right = [f"statement {b}" for _, b, _, _ in rows]  # equal when normalised
    group = [g for _, _, g, _ in rows]
    label = np.array([y for *_, y in rows])
    component = linked_groups(left, right, group)
    for train, test in grouped_folds(component, label, seed):
        for side in ("statement", "group"):
            seen = {
                name
                for row in train
                for name in ((rows[row][0], rows[row][1]) if side == "statement" else (group[row],))
            }
            asked = {
                name
                for row in test
                for name in ((rows[row][0], rows[row][1]) if side == "statement" else (group[row],))
            }
            assert seen.isdisjoint(asked)
        assert set(label[train]) == {False, True}


def test_a_common_statement_does_not_join_the_pairs_of_rare_ones():
    left = [f"argument {number}" for number in range(20)]
    group = fold_groups(left, ["the key point"] * 20, range(20))
    assert len(set(group)) == 20


def test_a_rare_statement_and_a_decision_each_join_their_pairs():
    left = ["rare", "rare", "b", "c", "d", "e"]
    right = ["hub", "hub two", "hub", "hub two", "hub", "hub two"]
    group = fold_groups(left, right, [1, 2, 3, 3, 4, 5])
    assert group[0] == group[1]
    assert group[2] == group[3]
    assert len(set(group)) == 4


def test_components_join_by_way_of_further_pairs_and_no_more():
    component = linked_groups(
        ["a", "b", "c", "x"], ["b", "c", "d", "y"], ["one", "two", "three", "four"]
    )
    assert component[0] == component[1] == component[2] != component[3]


def test_the_group_alone_joins_pairs_of_other_statements():
    component = linked_groups(["a", "c"], ["b", "d"], ["one", "one"])
    assert component[0] == component[1]


def test_every_pair_is_tested_once_when_there_are_groups_enough():
    component, label = np.repeat(np.arange(20), 5), np.tile([True, False, True, False, False], 20)
    folds = grouped_folds(component, label, 42)
    assert len(folds) == 5
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(100))


def test_pairs_that_all_hang_together_cannot_be_split():
    assert grouped_folds(np.zeros(40, dtype=np.int64), np.arange(40) < 20, 42) == []
