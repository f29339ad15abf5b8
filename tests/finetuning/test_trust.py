"""Trust is earned by decisions of a kind, lost by one error, and never borrowed by a new topic."""

from uuid import uuid4

import numpy as np
import pytest
from django.conf import settings

from finetuning.inference.decider import ActiveModelDecider
from finetuning.ml.familiarity import Familiarity
from finetuning.models import TrustBasis
from finetuning.trust import basis
from finetuning.trust.evidence import Judgement
from finetuning.trust.quality import quality, quality_by
from finetuning.trust.rules import Trust
from finetuning.trust.standing import State, standing
from insights.decider import Wait
from insights.text.guard import LeftOver

REWORDING, ADDITION, IDENTICAL = LeftOver.REWORDING, LeftOver.ADDITION, LeftOver.IDENTICAL
REWRITE, EXTENSION = LeftOver.REWRITE, LeftOver.EXTENSION


@pytest.mark.parametrize(
    ("right", "errors", "state"),
    [(19, 0, State.SHADOW), (20, 0, State.AUTOMATIC), (298, 0, State.AUTOMATIC),
     (299, 0, State.PROVEN), (20, 1, State.SHADOW), (32, 1, State.AUTOMATIC)],
)  # fmt: skip
def test_the_exact_bound_makes_the_state(right, errors, state):
    assert standing([True] * right + [False] * errors, [], 0.99).state is state


def test_one_error_in_operation_asks_for_twenty_more_without_one():
    before = [True] * 400
    assert standing(before, [], 0.99).state is State.PROVEN
    assert standing(before, [False], 0.99).state is State.SHADOW
    assert standing(before, [False, *[True] * 19], 0.99).needed_to_merge == 1
    assert standing(before, [False, *[True] * 20], 0.99).state is not State.SHADOW


def test_it_says_how_many_decisions_prove_the_target():
    found = standing([True] * 20, [], 0.99)
    assert found.needed_to_prove == 299 - 20
    assert standing([True] * 298 + [True], [], 0.99).needed_to_prove == 0


@pytest.fixture
def trusted(scripted):
    """A version with rewordings judged right, and what it learnt lies around one direction."""

    def make(rows, proof="earned"):
        scripted.model.auto_merge_proof = proof
        scripted.model.save(update_fields=["auto_merge_proof"])
        TrustBasis.objects.create(model=scripted.model, decisions=rows)
        return Trust(scripted.model)

    basis._decisions.cache_clear()
    basis._familiarity.cache_clear()
    yield make
    basis._decisions.cache_clear()
    basis._familiarity.cache_clear()


def test_pages_say_what_is_seen_proven_and_needed_and_the_queue_asks_for_as_many(trusted):
    trust = trusted(judged(REWORDING, 30))
    assert quality_by(trust).sentences()[0] == (
        "Of 100 merges that it would make, at least 90 are right: of 30 judged so far, 30 were."
    )
    assert "269 more confirmed pairs would prove 99." in quality_by(trust).sentences()
    assert ActiveModelDecider().to_prove == (trust.threshold, 269)


def judged(left_over, count, *, probability=0.95, is_same=True, first=0, wording=""):
    return [
        [probability, 0.85, is_same, str(left_over), f"{left_over} {number}", wording]
        for number in range(first, first + count)
    ]


@pytest.fixture
def familiar(monkeypatch):
    """Everything is familiar, or nothing is."""

    class Known:
        least = 0.5

        def __init__(self, score):
            self.value = score

        def score(self, one, other):
            return np.full(len(one), self.value)

    def make(is_familiar):
        monkeypatch.setattr(
            "finetuning.trust.rules.familiarity_of", lambda model: Known(float(is_familiar))
        )

    make(True)
    return make


def asked(trust, *left_over, probability=0.95, wording=None):
    vectors = np.eye(384, dtype=np.float32)[: len(left_over)]
    return trust.permits(
        left_over,
        wording or [""] * len(left_over),
        [probability] * len(left_over),
        vectors,
        vectors,
    )


def test_a_class_merges_from_twenty_decisions_on(trusted, familiar):
    rows = judged(REWORDING, 20) + judged(REWRITE, 19)
    few, enough = asked(trusted(rows), REWRITE, REWORDING)
    assert few.wait is Wait.SHADOW
    assert "19 of 20 decisions confirmed" in few.reason
    assert enough.wait is None
    assert "right in 20 of 20 judged decisions" in enough.reason
    assert not enough.is_proven


def test_rewordings_speak_for_harmless_differences_but_not_the_other_way_round(trusted, familiar):
    trust = trusted(judged(REWORDING, 20))
    assert [one.wait for one in asked(trust, IDENTICAL)] == [None]
    TrustBasis.objects.all().delete()
    basis._decisions.cache_clear()
    trust = trusted(judged(IDENTICAL, 20))
    assert [one.wait for one in asked(trust, REWORDING)] == [Wait.SHADOW]


def test_rewordings_help_additions_that_have_ten_decisions_of_their_own(trusted, familiar):
    trust = trusted(judged(REWORDING, 20) + judged(ADDITION, 9))
    (few,) = asked(trust, ADDITION)
    assert (few.wait, "and 1 more without an error" in few.reason) == (Wait.SHADOW, True)
    TrustBasis.objects.all().delete()
    basis._decisions.cache_clear()
    trust = trusted(judged(REWORDING, 10) + judged(ADDITION, 10))
    assert [one.wait for one in asked(trust, ADDITION, REWORDING)] == [None, Wait.SHADOW]


def test_an_extension_starts_from_the_decisions_on_additions_and_loses_its_trust_alone(
    trusted, familiar, monkeypatch
):
    trust = trusted(judged(ADDITION, 20))
    found = asked(trust, ADDITION, EXTENSION)
    assert [one.wait for one in found] == [None, None]
    assert (
        "right in 20 of 20 judged decisions that count for its kind (one statement repeats the "
        "other and goes on, familiar topic; other additions and rewordings count)"
    ) in found[1].reason
    error = Judgement((uuid4(), uuid4()), 0.95, False, EXTENSION, True, uuid4())
    monkeypatch.setattr("finetuning.trust.rules.judgements", lambda *_: [error])
    found = asked(Trust(trust.model), ADDITION, EXTENSION)
    assert [one.wait for one in found] == [None, Wait.SHADOW]


def test_many_decisions_on_the_same_added_words_vouch_for_these_words_alone(trusted, familiar):
    trust = trusted(judged(EXTENSION, 30, wording=" | in short"))
    known, other, both = asked(
        trust,
        *[EXTENSION] * 3,
        wording=[" | in short", " | at night", "at night | in short"],
    )
    assert known.wait is None
    assert "was right in 30 of 30 judged decisions on adding “in short”" in known.reason
    assert (other.wait, both.wait) == (Wait.SHADOW, Wait.SHADOW)
    assert "1 of 20 decisions confirmed" in other.reason


def test_words_that_people_know_need_no_familiar_topic(trusted, familiar):
    familiar(False)
    rows = judged(EXTENSION, 20, wording=" | in short")
    rows += judged(ADDITION, 20, first=50, wording=" | largely")
    trust = trusted(rows)
    assert [
        one.wait
        for one in asked(
            trust,
            *[EXTENSION, REWORDING, EXTENSION],
            wording=[" | largely", "in short | largely", " | at night"],
        )
    ] == [None, None, Wait.TOPIC]


def test_words_that_changed_the_meaning_wait_though_their_class_has_earned_merges(
    trusted, familiar, monkeypatch
):
    rows = [
        row
        for number in range(30)
        for row in judged(EXTENSION, 1, first=number, wording=f" | phrase {number}")
    ]
    trust = trusted(rows)
    assert [one.wait for one in asked(trust, EXTENSION, wording=[" | at night"])] == [None]
    error = Judgement((uuid4(), uuid4()), 0.95, False, ADDITION, True, uuid4(), " | at night")
    monkeypatch.setattr("finetuning.trust.rules.judgements", lambda *_: [error])
    night, other = asked(
        Trust(trust.model), EXTENSION, EXTENSION, wording=[" | at night", " | in spring"]
    )
    assert (night.wait, other.wait) == (Wait.SHADOW, None)
    assert night.reason == (
        "Waits: adding “at night” has changed the meaning; "
        "0 of 20 decisions confirmed since the last error."
    )


def test_harmless_words_do_not_hide_those_that_changed_the_meaning(trusted, familiar, monkeypatch):
    rows = [
        row
        for number in range(30)
        for row in judged(EXTENSION, 1, first=number, wording=f" | phrase {number}")
    ]
    trust = trusted(rows)
    said = [
        Judgement((uuid4(), uuid4()), 0.95, is_same, ADDITION, True, uuid4(), f" | {words}")
        for words, is_same in [("at night", False), *[("at night", True)] * 10, ("again", True)]
    ]
    monkeypatch.setattr("finetuning.trust.rules.judgements", lambda *_: said)
    (both,) = asked(Trust(trust.model), EXTENSION, wording=["again | at night"])
    assert both.wait == Wait.SHADOW
    assert "has changed the meaning" in both.reason


def test_right_decisions_on_the_same_words_count_once_after_an_error(
    trusted, familiar, monkeypatch
):
    def since(count, wording):
        return [
            Judgement((uuid4(), uuid4()), 0.95, True, REWORDING, True, uuid4(), wording(number))
            for number in range(count)
        ]

    error = Judgement((uuid4(), uuid4()), 0.95, False, REWORDING, True, uuid4(), "a | b")
    model = trusted(judged(REWORDING, 60)).model
    for wording, wait in ((lambda _: "c | d", Wait.SHADOW), (lambda n: f"c | {n}", None)):
        found = [error, *since(20, wording)]
        monkeypatch.setattr("finetuning.trust.rules.judgements", lambda *_, found=found: found)
        assert [one.wait for one in asked(Trust(model), REWORDING)] == [wait]


def test_many_pairs_of_one_decision_count_once(trusted, familiar):
    rows = judged(REWORDING, 1) * 30
    (found,) = asked(trusted(rows), REWORDING)
    assert found.wait is Wait.SHADOW


def test_pairs_below_the_threshold_or_the_floor_of_similarity_are_no_evidence(trusted, familiar):
    alike = [[0.95, settings.AUTO_MERGE_LEAST_SIMILARITY - 0.01, True, "rewording", str(n)]
             for n in range(30)]  # fmt: skip
    trust = trusted(judged(REWORDING, 30, probability=0.89) + alike)
    assert [one.wait for one in asked(trust, REWORDING)] == [Wait.SHADOW]


def test_errors_near_the_threshold_raise_it_for_their_class(trusted, familiar):
    errors = judged(ADDITION, 3, probability=0.91, is_same=False, first=100)
    trust = trusted(judged(ADDITION, 20, probability=0.97) + errors)
    below, above = asked(trust, ADDITION, probability=0.91), asked(trust, ADDITION)
    assert (below[0].wait, above[0].wait) == (Wait.SHADOW, None)
    assert "from 0.92 only" in below[0].reason


def test_a_new_topic_gets_no_merge_and_says_so(trusted, familiar):
    familiar(False)
    (found,) = asked(trusted(judged(REWORDING, 400)), REWORDING)
    assert found.wait is Wait.TOPIC
    assert found.reason == (
        "Waits: this topic is unlike what version 3 has learnt; 0 of 20 decisions confirmed."
    )


def test_a_new_topic_holds_nothing_back_that_only_harmless_words_tell_apart(trusted, familiar):
    familiar(False)
    trust = trusted(judged(IDENTICAL, 20))
    same, other = asked(trust, IDENTICAL, REWORDING)
    assert (same.wait, other.wait) == (None, Wait.TOPIC)


def test_a_class_with_three_times_the_errors_of_the_target_stays_in_the_shadow(trusted, familiar):
    rows = judged(ADDITION, 88) + judged(ADDITION, 6, is_same=False, first=88)
    (found,) = asked(trusted(rows), ADDITION)
    assert found.wait is Wait.SHADOW
    assert "88 of 94 judged decisions right, and 106 more without an error" in found.reason


def test_very_similar_statements_may_be_of_a_farther_topic_but_not_extensions():
    known = Familiarity(np.eye(20, 384, dtype=np.float32), least=0.1)
    one = np.zeros((4, 384), dtype=np.float32)
    one[:, :10] = [[0.08], [0.08], [0.16], [0.24]]  # as near to ten training statements
    one[:, 100] = np.sqrt(1 - (one**2).sum(1))
    apart = one.copy()
    apart[0, 100], apart[0, 101] = 0.6 * one[0, 100], 0.8 * one[0, 100]
    found = basis.familiar(known, one, apart, [REWORDING, REWORDING, EXTENSION, EXTENSION])
    assert found.tolist() == [False, True, False, True]


def test_proven_waits_for_the_whole_bound(trusted, familiar):
    (found,) = asked(trusted(judged(REWORDING, 100), proof="proven"), REWORDING)
    assert found.wait is Wait.SHADOW
    assert "199 more without an error" in found.reason


def test_the_threshold_alone_needs_no_evidence(trusted, familiar):
    familiar(False)
    (found,) = asked(trusted([], proof="threshold"), ADDITION)
    assert (found.wait, found.reason) == (None, "Rule: from 0.9, without evidence.")


def test_three_numbers_sum_up_the_classes_that_merge(trusted, familiar):
    unsure = judged(REWORDING, 10, probability=0.6, first=50)
    trust = trusted(judged(REWORDING, 25) + unsure + judged(ADDITION, 5))
    found = quality(trust.model)
    assert found.merging == {IDENTICAL: 0.9, REWORDING: 0.9}  # additions are in the shadow
    assert (found.judged, found.seen, found.needed) == (25, 1.0, 299 - 25)
    assert found.proven == pytest.approx(0.05 ** (1 / 25))
    assert found.spared == 25 / 40


def test_in_the_shadow_the_numbers_are_those_of_the_proposals(trusted, familiar):
    wrong = judged(REWORDING, 1, is_same=False, first=50)
    found = quality(trusted(judged(REWORDING, 4) + wrong + judged(ADDITION, 5)).model)
    assert (found.merging, found.judged, found.seen, found.spared) == ({}, 10, 0.9, 0.0)


def test_a_version_without_decisions_has_nothing_to_show(trusted, familiar):
    found = quality(trusted([]).model)
    assert (found.judged, found.seen, found.proven, found.spared) == (0, None, 0.0, None)


def test_a_raised_threshold_leaves_out_judgements_below_and_asks_for_none(
    trusted, familiar, monkeypatch
):
    given = [
        Judgement(
            (uuid4(), uuid4()), said, said > 0.8, REWORDING, is_familiar=True, decision=uuid4()
        )
        for said in (0.6, *[0.95] * 4)
    ]
    thresholds = []

    def judgements(model, threshold, least_similarity):
        thresholds.append(threshold)
        return [one for one in given if one.probability >= threshold]

    monkeypatch.setattr("finetuning.trust.rules.judgements", judgements)
    low = Trust(trusted(judged(REWORDING, 25)).model, 0.5)
    raised = quality_by(low.raised_to(0.9))
    assert thresholds == [0.5]
    assert raised == quality(low.model, 0.9)
    assert (raised.judged, raised.seen) == (29, 1.0)
    assert quality_by(low).seen < 1.0
