"""Extraction of the statements in a line of text."""

import pytest

from insights.ingest.chunking import Chunk
from insights.ingest.extraction import RuleExtractor


def statements(text, **fields):
    chunk = Chunk(text, "¶ 1", 0, len(text), None, None, **fields)
    return [statement.text for statement in RuleExtractor().extract(chunk)]


@pytest.mark.parametrize(
    "text",
    [
        "How long does the export take?",
        '"How long does the export take?" asked Maria.',
        "Thanks for taking the time.",
        "Thank you, that was very helpful for us.",
        "Good morning, Maria, how are you.",
        "Hi everyone in the room today!",
        "Hmm, right.",
        "Yeah, exactly.",
        "Let me share my screen with you now.",
        "That would be great.",
        "That makes a lot of sense to me.",
        "It is what it is.",
        "This is really annoying for us.",
        "They said so.",
        "12 May 2025",
        "Date: 14 January 2025",
        "16 January 2025, by phone, approx. 35 minutes.",
        "Participant: Sheila Brandt, rota manager, 62 beds",
        "Eight managers, two of us.",
        "Overview of the export results",
        "A short overview of the new tools.",
        "Ask Maria for a screenshot.",
        "Check whether the export is slow.",
        "Review the numbers for the third quarter with Tom.",
        "Please send the report to the team.",
        "TODO: write the summary of the talk.",
        "Next steps: Lars sends the calculator by Friday.",
        "The following problems came up:",
        "Exports fail.",
        "How do you close the month",
        "…",
    ],
)
def test_what_claims_nothing_is_left_out(text):
    assert statements(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The export takes 40 minutes.",
        "We find that the error grows with the distance.",
        "We show that support answers come late.",
        "It crashes on large files.",
        "Support answers within four hours.",
        "Leave requests cannot be approved on a phone.",
        "Leave has to be asked for 28 days ahead.",
        "Staff who have left can still log in.",
        "Export to Excel is missing two columns.",
        "Search results appear after 10 seconds.",
        "The columns of the export change their order every month.",
        "Our method, Nova, achieves the best result.",
        "Staff must apply in May at the latest.",
        "I don't think that anyone reads the help pages.",
        "I do not believe that the filter helps.",
        "Nobody said that the tablets are too heavy.",
        "No one told us that the export had changed.",
        "Customers said that refunds take too long.",
        "Everyone said that the export is slow.",
        "Maria said that she exports every Friday.",
        "Maria never said that the export is slow.",
        "It is not the case that exports fail.",
        "If the export fails, the team starts again, and the month closes late.",
        "The export is slow, but it works offline.",
        "We use the export, and we like the totals.",
        "They compare the price, the terms, and the support offered.",
        "We do not think that the app is slow, and the web is broken.",
        "Both the export is slow, and the import is slow.",
        "Thanks to the new cache, exports take 3 seconds.",
        "Die Ausfuhr dauert viel zu lange für unsere kleine Abteilung.",
        "-5 °C is the lowest temperature that the sensor survives.",
        "We observe low seeds behave better, and the tool is robust.",
        "Welcome mails arrive two days late.",
        'The 5" screen is too small.',
        "The C*-algebra of the group has a trace.",
        'The word "commit" on the button confused four people.',
        '"Tablets," she added, "are always in the other room."',
        "Approvals by e-mail are lost about once a month",
        "Without sign-off, a nurse cannot swap a shift.",
        "So far, nobody has used the filter.",
    ],
)
def test_a_claim_stays_as_it_was_written(text):
    assert statements(text) == [text]


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("So, the export is slow.", "The export is slow."),
        ("So the export is slow.", "The export is slow."),
        ("Um, well, yeah, the export is slow.", "The export is slow."),
        ("And the export is slow.", "The export is slow."),
        ("Honestly, I think that the export is slow.", "The export is slow."),
        ("I think users hate the export.", "Users hate the export."),
        ("In my opinion, the export is slow.", "The export is slow."),
        ("I think we don't need the export.", "We don't need the export."),
        ("Hi Maria, the export is still broken.", "The export is still broken."),
        ("Finding: the export is slow for large shops", "The export is slow for large shops"),
        ("Maria said that the export is slow.", "The export is slow."),
        ("Maria Keller, head of payroll, said that the export is slow.", "The export is slow."),
        ("One participant mentioned that the export is slow.", "The export is slow."),
        ("The customer reports that the export is slow.", "The export is slow."),
        ("According to Dr. Lee, the export is slow.", "The export is slow."),
        ("The export is slow, said Maria.", "The export is slow."),
        ("The export is slow, according to Dr. Lee.", "The export is slow."),
        ('"The export is slow."', "The export is slow."),
        ('"The export is slow," said Maria.', "The export is slow."),
        ("“The export is slow,” says a manager from Kent.", "The export is slow."),
        ('"The export is slow!" — Maria Keller, payroll', "The export is slow!"),
        ('Maria said: "The export is slow."', "The export is slow."),
        ("**The export** is [slow](https://example.com) on `db-1`.", "The export is slow on db-1."),
        ("The   export\n  is slow.", "The export is slow."),
        ("the export is slow for us", "The export is slow for us"),
        ("eBay sellers wait for the export.", "eBay sellers wait for the export."),
    ],
)
def test_openers_attributions_and_markup_come_off(text, claim):
    assert statements(text) == [claim]


@pytest.mark.parametrize(
    "text",
    [
        'Nobody said: "The export is slow."',
        'Maria did not say "The export is slow."',
        'Maria denied that she wrote "The export is slow."',
    ],
)
def test_a_quotation_under_a_negation_is_not_taken_for_a_claim(text):
    assert "The export is slow." not in statements(text)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        (
            "The export is slow; the import is fast enough.",
            ["The export is slow.", "The import is fast enough."],
        ),
        (
            "The filter forgets the settings, but the dashboard keeps the sort order.",
            ["The filter forgets the settings.", "The dashboard keeps the sort order."],
        ),
        (
            '"The messages are useless. I never read the help pages."',
            ["The messages are useless.", "I never read the help pages."],
        ),
    ],
)
def test_two_independent_claims_come_apart(text, claims):
    assert statements(text) == claims


def test_a_very_long_sentence_is_left_whole():
    tail = " in the large shops" * 40
    assert len(statements(f"The export is slow{tail[:190]}; the import is fast enough.")) == 2
    assert len(statements(f"The export is slow{tail}; the import is fast enough.")) == 1


def test_offsets_point_at_the_words_of_the_claim_in_the_document():
    text = "> **So,** the\n> [export](x) is slow; the import is fast enough."
    chunk = Chunk(text, "§ A, ¶ 1", 100, 100 + len(text), None, None)
    first, second = RuleExtractor().extract(chunk)
    assert text[first.start - 100 : first.end - 100] == "the\n> [export](x) is slow"
    assert text[second.start - 100 : second.end - 100] == "the import is fast enough."
    assert first.locator == second.locator == "§ A, ¶ 1"


def test_what_the_interviewer_says_is_no_evidence():
    assert statements("The export is slow.", interviewer=True) == []


def test_a_sentence_without_end_is_not_a_statement():
    assert statements("The export is slow and " * 200 + "old.") == []
    assert statements("the export is slow and then " * 20) == []
