"""Exports of further products: who said what and when, whatever their columns are called."""

import pytest

from tests.ingest_core.reading import about, said, table


@pytest.mark.parametrize(
    ("header", "row", "person"),
    [
        (
            "Id,Score,Comment,Created,Name,Email",
            ["1", "9", "", "2026-02-01", "Ann Lee", "a@x.org"],
            "Ann Lee",
        ),
        (
            "Date,First Name,Last Name,E-mail,Comment",
            ["2026-02-01", "Eva", "Roth", "e@x.org", ""],
            "Eva Roth",
        ),
        ("Visitor ID,Date,Comment", ["v-1", "2026-02-01", ""], "v-1"),
        ("Review Created,Comment,Consumer Username", ["2026-02-01", "", "Mary K"], "Mary K"),
        (
            "Idea reference #,Comment,Created by user,Created date",
            ["A-1", "", "Kim", "2026-02-01"],
            "Kim",
        ),
        (
            "Ticket,Comment,Ticket owner,Associated Contact,Create date",
            ["7", "", "Agent", "Ira", "2026-02-01"],
            "Ira",
        ),
        ("Date,Full name,Email,Comment", ["2026-02-01", "", "b@x.org", ""], "b@x.org"),
    ],
)
def test_the_person_is_found_under_any_name(header, row, person):
    row[header.split(",").index("Comment")] = "The export takes an hour."
    found, _ = said("a.csv", table(header, row))
    assert found == [("The export takes an hour.", person, "2026-02-01")]


def test_ids_ratings_companies_and_links_under_longer_names():
    text = table(
        "Highlight ID,Comment,Requester organization,Score (1-5),Ticket URL,Responded",
        ["h-1", "The printer skips pages.", "Bluefin", "4,5", "https://x.org/1", "1767312000"],
        ["h-2", "Every second label is blank.", "Cave", "2", "https://x.org/2", "1767398400"],
    )
    first, second = about("a.csv", text)
    assert (first.external_id, first.company, first.rating) == ("h-1", "Bluefin", "4,5")
    assert (first.link, str(first.day), str(second.day)) == (
        "https://x.org/1",
        "2026-01-02",
        "2026-01-03",
    )


def test_answers_of_vendors_and_notes_of_staff_are_no_statements():
    text = table(
        "Pros,Cons,Vendor Response,Comment,Notes,Admin Response",
        [
            "It imports our timetable at once.",
            "The rights are confusing.",
            "We will look at it, Pat.",
            "We use it for all 400 pupils.",
            "called back on Monday",
            "It is on the roadmap now.",
        ],
    )
    assert [one for one, _, _ in said("a.csv", text)[0]] == [
        "It imports our timetable at once.",
        "The rights are confusing.",
        "We use it for all 400 pupils.",
    ]


def test_the_same_words_in_two_columns_are_read_once():
    text = table(
        "topic,post_raw,post_cooked,created_at",
        [
            "A",
            "Labels print **upside down**.",
            "<p>Labels print <b>upside down</b>.</p>",
            "2026-01-02",
        ],
    )
    assert [one for one, _, _ in said("a.csv", text)[0]] == ["Labels print upside down."]


def test_a_request_that_has_a_summary_only_is_read():
    text = table(
        "Request summary,Created",
        ["The export should keep the colours of the board.", "2026-01-02"],
        ["Please let me print the calendar by week.", "2026-01-03"],
    )
    assert len(said("a.csv", text)[0]) == 2


def test_quoted_html_and_automatic_answers_are_no_statements():
    text = table(
        "Ticket ID,Subject,Description (HTML),Created at",
        [
            "1",
            "Language",
            "<p>We want invoices in German.</p><blockquote>It is attached.</blockquote>",
            "2026-10-05",
        ],
        [
            "2",
            "[Auto] Undelivered mail",
            "<p>This is an automatically generated notice.</p>",
            "2026-10-06",
        ],
    )
    assert [one for one, _, _ in said("a.csv", text)[0]] == ["We want invoices in German."]


PAGE = """<html><nav>Home</nav><h1>Guestbook</h1><p>The house is open all year.</p>
<table>
<tr><th>Guest</th><th>Date</th><th>Message</th></tr>
<tr><td>Ann</td><td>2026-08-12</td><td>No bus after 6&nbsp;pm &amp; no taxi</td></tr>
</table></html>"""


@pytest.mark.parametrize("page", [PAGE, PAGE.replace("<p>", f"<p>{'<!-- -->' * 30_000}")])
def test_a_table_of_messages_in_a_page_is_read_row_by_row(page):
    found, _ = said("a.html", page)
    assert found == [
        ("The house is open all year.", "", ""),
        ("No bus after 6 pm & no taxi", "Ann", "2026-08-12"),
    ]


def test_what_is_said_between_two_quotes_of_a_mail_is_kept():
    ticket = [
        {
            "subject": "Lift",
            "description": "<blockquote>Does the lift work?</blockquote>"
            "<p>The lift is always broken.</p><blockquote>And the canteen?</blockquote>"
            "<p>The canteen closes too early.</p>",
        }
    ]
    found = " ".join(one for one, _, _ in said("tickets.json", ticket)[0])
    assert "The lift is always broken." in found
    assert "The canteen closes too early." in found
    assert "Does the lift work" not in found


@pytest.mark.parametrize("zeros", ["", "000", "000000"])
def test_times_since_1970_are_read_in_any_unit(zeros):
    text = table("Comment,Responded", ["The lift is slow.", f"1767312000{zeros}"])
    assert said("a.csv", text)[0] == [("The lift is slow.", "", "2026-01-02")]
