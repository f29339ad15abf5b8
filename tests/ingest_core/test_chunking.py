"""Documents to chunks: what is one piece, where it stands, and who speaks."""

import pytest

from insights.ingest.chunking import chunk_document
from insights.ingest.readers import Document


def chunks(text, prefix="", title=""):
    document = Document(title, text, prefix)
    result = list(chunk_document(document))
    for chunk in result:
        assert chunk.text == text[chunk.start : chunk.end]
    return result


def located(text, prefix="", title=""):
    return [(chunk.locator, chunk.text) for chunk in chunks(text, prefix, title)]


def test_paragraphs_are_counted():
    assert located("One is here.\n\nTwo is\nwrapped.\n") == [
        ("¶ 1", "One is here."),
        ("¶ 2", "Two is\nwrapped."),
    ]


def test_one_sentence_a_line_is_one_paragraph_a_line():
    assert located("The one.\nThe two.\nThe three.") == [
        ("¶ 1", "The one."),
        ("¶ 2", "The two."),
        ("¶ 3", "The three."),
    ]


def test_notes_without_full_stops_are_not_run_together():
    assert [text for _, text in located("Exports fail on Monday\nImports are fine")] == [
        "Exports fail on Monday",
        "Imports are fine",
    ]


def test_paragraphs_are_counted_anew_below_a_heading():
    text = (
        "Intro.\n\n# Payroll #\n\nOne.\n\nTwo.\n\nTax\n---\nThree.\n\n"
        "**Costs**\nFour.\n\nPains:\n- Five"
    )
    assert located(text) == [
        ("¶ 1", "Intro."),
        ("§ Payroll, ¶ 1", "One."),
        ("§ Payroll, ¶ 2", "Two."),
        ("§ Tax, ¶ 1", "Three."),
        ("§ Costs, ¶ 1", "Four."),
        ("§ Pains, ¶ 1", "Five"),
    ]


def test_the_documents_own_title_is_no_place_in_it():
    assert located("# Interview\n\nOne.\n\n## Pay\n\nTwo.", title="Interview") == [
        ("¶ 1", "One."),
        ("§ Pay, ¶ 1", "Two."),
    ]


def test_a_prefix_comes_first():
    assert located("One.", "ticket RF-1042") == [("ticket RF-1042, ¶ 1", "One.")]
    assert located("[00:01:02] Ann: One.", "row 3") == [("row 3, 00:01:02", "One.")]


def test_pages_by_form_feeds_and_by_marks():
    assert located("One.\n\nTwo.\fThree.") == [
        ("p. 1, ¶ 1", "One."),
        ("p. 1, ¶ 2", "Two."),
        ("p. 2, ¶ 1", "Three."),
    ]
    assert located("--- page 4 ---\nOne.\n[Page 5 of 9]\nTwo.") == [
        ("p. 4, ¶ 1", "One."),
        ("p. 5, ¶ 1", "Two."),
    ]


def test_list_items_are_chunks_without_their_marks():
    text = "- One is\n  wrapped\n* [x] Two\n  - Nested\n3. Three\nb) Four\n- [ ] Five"
    assert [t for _, t in located(text)] == [
        "One is\n  wrapped",
        "Two",
        "Nested",
        "Three",
        "Four",
        "Five",
    ]


def test_a_wrapped_line_that_begins_with_a_number_goes_on():
    text = "The old filter of the dashboard kept all of the settings for at least\n30 days. It did."
    assert len(chunks(text)) == 1


def test_code_rules_front_matter_and_table_rows_are_left_out():
    text = (
        "---\ntitle: X\n---\nOne.\n\n***\n\n```\ncode. here.\n```\n\n"
        "| A | B |\n|---|---|\n| x | A whole cell. |\n\nTwo."
    )
    assert [t for _, t in located(text)] == ["One.", "A whole cell.", "Two."]


def test_a_fence_that_is_never_closed_hides_nothing():
    assert [t for _, t in located("One.\n\n```\nTwo.")][-1] == "Two."


@pytest.mark.parametrize(
    ("line", "locator"),
    [
        ("[00:12:31] Maria Keller: The export is slow.", "00:12:31"),
        ("[00:12:31.250] Maria Keller: The export is slow.", "00:12:31"),
        ("[00:12:31 - 00:12:40] Maria Keller: The export is slow.", "00:12:31"),
        ("00:12 Maria Keller: The export is slow.", "00:12"),
        ("Maria Keller (00:12:31): The export is slow.", "00:12:31"),
        ("Maria Keller [00:12:31] The export is slow.", "00:12:31"),
        ("Maria Keller   00:12\nThe export is slow.", "00:12"),
        ("**[00:12:31] Maria Keller:** The export is slow.", "00:12:31"),
    ],
)
def test_the_forms_of_a_turn_in_a_transcript(line, locator):
    (chunk,) = chunks(line)
    assert (chunk.text, chunk.locator, chunk.speaker) == (
        "The export is slow.",
        locator,
        "Maria Keller",
    )


def test_a_turn_goes_on_until_the_next_one():
    text = "[00:01] Ann: One.\nStill one.\n\nStill Ann.\n[00:09] Ben: Two."
    assert [(c.locator, c.speaker, c.text) for c in chunks(text)] == [
        ("00:01", "Ann", "One."),
        ("00:01", "Ann", "Still one."),
        ("00:01", "Ann", "Still Ann."),
        ("00:09", "Ben", "Two."),
    ]


def test_speakers_without_times():
    text = "Interviewer: Is it slow?\nMaria: It is.\nInterviewer: How slow?\nMaria: Very slow."
    assert [(c.locator, c.speaker, c.interviewer) for c in chunks(text)] == [
        ("¶ 1", "Interviewer", True),
        ("¶ 2", "Maria", False),
        ("¶ 3", "Interviewer", True),
        ("¶ 4", "Maria", False),
    ]


def test_the_interviewer_is_known_by_the_header_by_role_and_by_asking():
    header = "Interviewer: Anna Roth\n\n"
    by_header = header + "[00:01] Anna: Right. We met before.\n[00:02] Maria: Yes, we did."
    by_initials = header + "[00:01] AR: Right. We met before.\n[00:02] MK: Yes, we did."
    by_role = "[00:01] Jo (Moderator): We met before.\n[00:02] Maria: Yes, we did."
    asking = "".join(f"[00:0{n}] Jo: Is it {n}?\n[00:0{n}] Maria: It is {n}.\n" for n in range(4))
    by_asking = asking + "[00:09] Jo: I see that it is slow."
    for text in (by_header, by_initials, by_role, by_asking):
        spoken = {c.speaker: c.interviewer for c in chunks(text) if not c.locator.startswith("¶")}
        assert sorted(spoken.values()) == [False, True]
        assert spoken[next(name for name in spoken if name.startswith("M"))] is False


def test_the_interviewers_name_in_the_header_of_notes_speaks_for_no_paragraph():
    text = "Interviewer: Anna Roth\n\nThe export is slow.\n\nThe import is not."
    assert [c.speaker for c in chunks(text)] == [None, None, None]


def test_a_name_with_a_colon_in_notes_speaks_for_its_own_paragraph_only():
    text = "Interviewer: We met in May.\n\nThe export is slow."
    assert [c.speaker for c in chunks(text)] == ["Interviewer", None]


def test_a_long_paragraph_is_cut_at_sentence_borders():
    text = " ".join(f"Sentence number {n} is here." for n in range(500))
    pieces = chunks(text)
    assert len(pieces) > 5
    assert {c.locator for c in pieces} == {"¶ 1"}
    assert all(len(c.text) <= 2000 and c.text.endswith("here.") for c in pieces)
    assert " ".join(c.text for c in pieces) == text


def test_a_sentence_without_end_is_cut_at_spaces():
    text = "word " * 1000
    pieces = chunks(text)
    assert all(len(c.text) <= 2000 for c in pieces)
    assert "".join(c.text for c in pieces).replace(" ", "") == text.replace(" ", "")
