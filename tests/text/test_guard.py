"""The guard's classes of difference, and the sentences a reviewer reads."""

import os
import subprocess
import sys

import pytest

from insights.text.guard import LeftOver, compare


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Rotas are late.", "Rotas are late", LeftOver.IDENTICAL),
        ("The file is 20 MB", "The file is 20 GB", LeftOver.CONFLICT),
        ("The file is 20 MB large", "The file is large", LeftOver.EXTENSION),
        ("In calm weather, crews fly out.", "Crews fly out.", LeftOver.EXTENSION),
        (
            "The lens protects the eye well.",
            "The lens gives the eye good protection.",
            LeftOver.ADDITION,
        ),
    ],
)
def test_a_pair_gets_the_class_of_its_worst_left_over(left, right, expected):
    assert compare(left, right).left_over is expected
    assert compare(right, left).left_over is expected


def test_the_wording_is_what_either_side_has_alone():
    wording = compare("In short: crews fly out.", "Crews fly out.").wording
    assert wording == " | in short" == compare("Crews fly out.", "In short: crews fly out.").wording
    assert compare("Rotas are late.", "Rotas are late").wording == ""
    both = compare("The lens protects the eye.", "The lens guards the eye.")
    assert both.wording == "guards | protects"


def test_a_one_sided_fact_is_told_as_one_plain_line():
    assert (
        "Only statement 1 says “20 MB”" in compare("It is 20 MB large", "It is large").sentences()
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("The shift lasts 12 hours.", "The reminder comes 12 hours before the shift."),
        ("Managers depend on carers.", "Carers feel undervalued by their managers."),
        ("Staff are not satisfied with the rota.", "When a rota changes, staff are not told."),
    ],
)
def test_a_shared_subject_with_another_claim_is_a_rewrite_and_no_rewording(left, right):
    assert compare(left, right).left_over is LeftOver.REWRITE
    assert compare(right, left).left_over is LeftOver.REWRITE


def test_a_contraction_that_stands_apart_is_a_negation():
    assert compare("The lift does n't stop.", "The lift does not stop.").left_over == "identical"
    assert compare("The lift does n't stop.", "The lift stops.").blocks


def test_a_mere_report_adds_nothing_and_a_named_source_is_an_attribution():
    claim = "The ramp is steep."
    assert compare(f"It was noted that {claim}", claim).left_over == "identical"
    assert compare(f"Staff say that {claim}", claim).left_over == "identical"
    assert compare(f"The supplier says that {claim}", claim).blocks


def test_a_comparison_does_not_depend_on_the_hash_seed():
    """Sets of strings are in another order in each process: the longer phrase must not be luck."""
    code = (
        "from insights.text.guard import compare;"
        "print(compare('Nobody is allowed to swap unless the manager approves.',"
        "'Nobody can swap without approval.'))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(said) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("norcam pouch black 0202093611", "norcam slim pouch 020-20936-11"),
        ("velto 24 ' series 3 lcd tv vt24b310", "velto 3 series vt24b310 24 ' television"),
        ("hexa mini desktop 2.1 ghz hx77lla", "hexa mini computer hx77ll/a"),
        ("orlo marine speaker tsmr77fm", "orlo harbour white speaker ts-mr77"),
    ],
)
def test_titles_that_share_a_code_in_any_spelling_name_the_same_product(left, right):
    assert not compare(left, right).blocks
    assert not compare(right, left).blocks


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("norcam pouch 020-20936-11", "norcam pouch 020-20936-12"),
        ("orlo marine speaker ts-mr77", "orlo marine speaker ts-mr770"),
        ("velto ink 5 pack pv77bk", "velto ink 3 pack pv77bk"),
        ("server srv10022 restarts monday", "server srv10022 restarts tuesday"),
    ],
)
def test_titles_with_another_code_or_number_are_other_products(left, right):
    assert compare(left, right).blocks
    assert compare(right, left).blocks
