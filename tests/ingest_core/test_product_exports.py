"""Exports of further products: who said what and when, whatever their columns are called."""

import csv
import io
import json

import pytest

from insights.ingest.readers import read_source
from insights.ingest.statements import Passages


def said(name, data):
    """Return (statement, person, day) of each statement, and the notes on the file."""
    text = data if isinstance(data, str) else json.dumps(data)
    content = read_source(name, text.encode())
    found = [one for passage in Passages(content, name) for one in passage.found]
    return [(o.text, o.about.person, str(o.about.day or "")) for o in found], content.notes


def about(name, data):
    content = read_source(name, data.encode())
    return [one.about for passage in Passages(content, name) for one in passage.found]


def table(header, *rows):
    file = io.StringIO()
    csv.writer(file).writerows([header.split(","), *rows])
    return file.getvalue()


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


def test_rare_answers_between_stock_answers_are_open_ones():
    text = table(
        "What made it hard?,Anything else?",
        ["Nobody handed over the keys.", "No"],
        ["The bins were overflowing early.", "The lunch vouchers were a lovely touch"],
        ["The radio had no battery left.", "n/a"],
    )
    found, _ = said("a.csv", text)
    assert "The lunch vouchers were a lovely touch" in [one for one, _, _ in found]


def test_a_forms_answers_come_by_question_with_the_respondents_name_and_date():
    tally = {
        "questions": [
            {"id": "Q1", "type": "TEXTAREA", "title": "What slows you down?"},
            {"id": "Q2", "type": "INPUT_TEXT", "title": "Your name"},
        ],
        "submissions": [
            {
                "id": "A1",
                "submittedAt": "2026-04-01T08:00:00.000Z",
                "responses": [
                    {"questionId": "Q1", "answer": "Handing over files takes three tools."},
                    {"questionId": "Q2", "answer": "Filip"},
                ],
            }
        ],
    }
    found, _ = said("a.json", tally)
    assert found == [("Handing over files takes three tools.", "Filip", "2026-04-01")]
    typeform = {
        "items": [
            {
                "response_id": "r1",
                "submitted_at": "2026-05-01T08:00:00Z",
                "answers": [
                    {
                        "field": {"ref": "why", "type": "long_text"},
                        "type": "text",
                        "text": "The price jumped without notice.",
                    },
                    {"field": {"ref": "nps"}, "type": "number", "number": 4},
                ],
            }
        ]
    }
    found, _ = said("a.json", typeform)
    assert found == [("The price jumped without notice.", "", "2026-05-01")]


def comment(author, body, **further):
    return {"author": author, "body": body, "created_utc": 1770000000.0, **further}


def test_replies_to_replies_are_read():
    reply = {"kind": "t1", "data": comment("elk", "Turning off sync brought mine back.")}
    nested = {"kind": "Listing", "data": {"children": [reply]}}
    first = {"kind": "t1", "data": comment("fox", "The backup is empty as well.", replies=nested)}
    post = {
        "kind": "t3",
        "data": {
            "author": "owl",
            "title": "Lost",
            "selftext": "My notes vanish after a reboot.",
            "created_utc": 1770000000.0,
        },
    }
    thread = [{"kind": "Listing", "data": {"children": [one]}} for one in (post, first)]
    found, _ = said("a.json", thread)
    assert found == [
        ("My notes vanish after a reboot.", "owl", "2026-02-02"),
        ("The backup is empty as well.", "fox", "2026-02-02"),
        ("Turning off sync brought mine back.", "elk", "2026-02-02"),
    ]


def test_comments_on_records_of_json_lines_are_read():
    ticket = {
        "id": 1,
        "subject": "VPN",
        "description": "The VPN drops every ten minutes.",
        "created_at": "2026-03-03",
        "comments": [
            {
                "author_id": 4,
                "body": "The VPN drops every ten minutes.",
                "created_at": "2026-03-03",
            },
            {"author_id": 4, "body": "Restarting made it worse.", "created_at": "2026-03-04"},
        ],
    }
    found, _ = said("a.jsonl", ticket)
    assert [one for one, _, _ in found] == [
        "The VPN drops every ten minutes.",
        "Restarting made it worse.",
    ]


def test_replies_of_staff_are_skipped_and_counted():
    post = {
        "id": "p1",
        "title": "Half days",
        "details": "Our drivers take mornings off.",
        "comments": [
            {
                "value": "A spreadsheet does it today.",
                "author": {"name": "Meera", "isAdmin": False},
            },
            {"value": "Thanks everyone, it is noted.", "author": {"name": "Alex", "isAdmin": True}},
            {"value": "Moving it to the board.", "author": {"name": "Bo", "type": "admin"}},
        ],
    }
    found, notes = said("a.json", [post])
    assert [one for one, _, _ in found] == [
        "Our drivers take mornings off.",
        "A spreadsheet does it today.",
    ]
    assert "Skipped 2 replies and notes of staff." in notes


def test_a_topic_gives_its_posts_without_quotations():
    topic = {
        "id": 5,
        "title": "Upload stuck",
        "post_stream": {
            "posts": [
                {
                    "id": 1,
                    "username": "cyd",
                    "created_at": "2026-03-09",
                    "cooked": "<p>The upload stops at 99 %.</p>",
                },
                {
                    "id": 2,
                    "username": "bea",
                    "created_at": "2026-03-10",
                    "cooked": '<aside class="quote">It stops.</aside><p>It happens on Firefox.</p>',
                },
            ]
        },
    }
    found, _ = said("a.json", topic)
    assert found == [
        ("The upload stops at 99 %.", "cyd", "2026-03-09"),
        ("It happens on Firefox.", "bea", "2026-03-10"),
    ]


def test_records_in_xml_are_read_like_json():
    row = '<row Id="9" Text="Ours does the same." CreationDate="2026-01-07" UserId="79"/>'
    rows = f"<comments>{row}</comments>"
    assert said("Comments.xml", rows)[0] == [("Ours does the same.", "79", "2026-01-07")]
    pages = (
        '<hibernate-generic><object class="BodyContent"><id name="id">9</id><property name="body">'
        '<![CDATA[<p>Doses are written on paper.</p><ac:structured-macro ac:name="toc"/>]]>'
        "</property></object></hibernate-generic>"
    )
    assert [one for one, _, _ in said("entities.xml", pages)[0]] == ["Doses are written on paper."]


def test_a_list_of_json_is_read_item_by_item_and_a_fault_in_it_is_placed():
    items = [{"id": n, "text": f"The report of week {n} is late."} for n in range(600)]
    found, _ = said("a.json", items)
    assert len(found) == 600
    broken = json.dumps(items)[:-1] + ', {"id": 1,, "text": "x"}]'
    with pytest.raises(Exception, match="a.json, line 1, column .*not valid JSON"):
        read_source("a.json", broken.encode())


def test_an_answer_that_asks_in_quotation_marks_is_kept_whole():
    text = table("Verbatim,Date", ['"Why do I type it twice?" she asked.', "2026-01-02"])
    assert [one for one, _, _ in said("a.csv", text)[0]] == ['"Why do I type it twice?" she asked.']


def test_a_request_that_has_a_summary_only_is_read():
    text = table(
        "Request summary,Created",
        ["The export should keep the colours of the board.", "2026-01-02"],
        ["Please let me print the calendar by week.", "2026-01-03"],
    )
    assert len(said("a.csv", text)[0]) == 2


def test_labels_with_a_date_of_their_own_stay_attributes():
    tags = [{"id": "t", "name": "vip", "created": "2026-01-01"}]
    item = {"id": "1", "text": "The lift is slow.", "tags": tags}
    content = read_source("a.json", json.dumps([item]).encode())
    assert content.documents[0].about.attributes["tags"] == "vip"


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


def test_texts_inside_objects_and_comments_of_jiras_xml():
    snippet = {"authorDisplayName": "owl", "textDisplay": "The part on pumps was too fast."}
    top = {"id": "U1", "snippet": snippet | {"publishedAt": "2026-03-02T10:00:00Z"}}
    found, _ = said("a.json", {"items": [{"id": "U1", "snippet": {"topLevelComment": top}}]})
    assert found == [("The part on pumps was too fast.", "owl", "2026-03-02")]
    item = """<rss><channel><item><title>[A-1] Export</title><description>&lt;p&gt;It stops at row
    1000.&lt;/p&gt;</description><reporter>Ann Lee</reporter><created>Mon, 2 Mar 2026</created>
    <comments><comment id="5" author="bo" created="Tue, 3 Mar 2026">&lt;p&gt;Our export stops at
    row 900.&lt;/p&gt;</comment></comments></item></channel></rss>"""
    assert said("a.xml", item)[0] == [
        ("It stops at row 1000.", "Ann Lee", "2026-03-02"),
        ("Our export stops at row 900.", "bo", "2026-03-03"),
    ]


def test_letters_that_facebook_encodes_twice_are_read_once():
    said_twice = "The zip broke, I’m sad.".encode().decode("latin-1")
    one = {"sender_name": "Ann", "timestamp_ms": 1770000000000, "content": said_twice}
    other = {
        "sender_name": "Bo",
        "timestamp_ms": 1770000000000,
        "content": "Ä and ÄÖ stay letters.",
    }
    found, _ = said("a.json", {"messages": [one, other]})
    assert [text for text, _, _ in found] == ["The zip broke, I’m sad.", "Ä and ÄÖ stay letters."]


def test_a_record_keeps_the_id_of_its_envelope():
    one = {"id": "rec1", "fields": {"Comment": "The tablet dies before noon."}}
    for name, value in (("a.json", [one]), ("a.json", {"records": [one]}), ("a.jsonl", one)):
        content = read_source(name, json.dumps(value).encode())
        assert content.documents[0].about.external_id == "rec1"


def test_notions_rich_text_is_a_text():
    text = [
        {"type": "text", "text": {"content": "No lights."}, "plain_text": "The yard has no lights."}
    ]
    page = {
        "id": "p",
        "created_time": "2026-03-03",
        "properties": {"Feedback": {"rich_text": text}},
    }
    assert said("a.json", {"results": [page]})[0] == [("The yard has no lights.", "", "2026-03-03")]


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


def test_answers_that_differ_in_a_sign_are_both_kept():
    text = table("Anything else?,What else?", ["The team writes in C++.", "The team writes in C."])
    assert len(said("answers.csv", text)[0]) == 2


def test_a_row_without_its_last_column_is_read():
    rows = [
        {"text": "The lift is always broken on Mondays", "id": "5"},
        {"text": "The canteen closes far too early", "id": "6", "locator": "p. 3"},
    ]
    assert len(said("rows.json", rows)[0]) == 2
