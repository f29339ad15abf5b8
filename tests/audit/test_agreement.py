"""Cohen's kappa, and its interval over whole clusters."""

import pytest

from insights.audit.agreement import Counts, cohens_kappa


@pytest.mark.parametrize(
    ("clusters", "kappa"),
    [
        ([], None),
        ([Counts(1, 0, 0, 0)], None),
        ([Counts(1, 0, 0, 0), Counts(0, 0, 0, 1)], 1.0),
        ([Counts(0, 1, 0, 0), Counts(0, 0, 1, 0)], -1.0),
        # The worked example of textbooks: 20, 5, 10, 15 of 50.
        ([Counts(20, 5, 10, 15)], 0.4),
    ],
)
def test_kappa_is_agreement_beyond_chance(clusters, kappa):
    found = cohens_kappa(clusters).value
    assert found == (kappa if kappa is None else pytest.approx(kappa))


def test_pairs_are_counted_by_what_both_said():
    said = [(True, True), (True, True), (True, False), (False, True), (False, False)]
    assert Counts.of(said) == Counts(2, 1, 1, 1)


def test_the_interval_is_near_the_asymptotic_one_for_single_pairs():
    """Fleiss, Cohen and Everitt 1969: for 20, 5, 10, 15 the standard error is 0.1265."""
    single = (
        [Counts(1, 0, 0, 0)] * 20
        + [Counts(0, 1, 0, 0)] * 5
        + [Counts(0, 0, 1, 0)] * 10
        + [Counts(0, 0, 0, 1)] * 15
    )
    kappa = cohens_kappa(single)
    assert (kappa.clusters, kappa.pairs) == (50, 50)
    assert kappa.low == pytest.approx(0.4 - 1.96 * 0.1265, abs=0.04)
    assert kappa.high == pytest.approx(0.4 + 1.96 * 0.1265, abs=0.04)


def test_pairs_of_one_cluster_do_not_make_the_interval_narrow():
    """The same agreement on ten times as many pairs of the same clusters is no more certain."""
    clusters = [Counts(2, 0, 1, 2), Counts(1, 1, 0, 3), Counts(3, 0, 0, 1), Counts(0, 1, 1, 2)]
    tenfold = [Counts(*(10 * n for n in one)) for one in clusters]
    one, other = cohens_kappa(clusters), cohens_kappa(tenfold)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_one_cluster_has_no_interval():
    assert cohens_kappa([Counts(20, 5, 10, 15)]).low is None
