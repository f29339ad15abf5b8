"""Tables of known and unknown exports: which columns are read, and what a row says of itself."""

import io
import json

import pytest

from insights.ingest.readers import Columns, ColumnsNeeded, Options, ReadError, read_source


def read(text, name="a.csv", **options):
    data = text.encode() if isinstance(text, str) else text
    return read_source(name, data, Options(**options))


def texts(content):
    return [one.text for one in content.documents]


KNOWN = {
    "zendesk": (
        "Ticket ID,Subject,Description,Requester,Status\n7,Lift,The lift is slow.,Ida,open\n",
        "The lift is slow.",
        ("7", "Ida"),
    ),
    "google play": (
        (
            "Star Rating,Review Title,Review Text,Review Link,Developer Reply Text\n"
            "2,,The lift is slow.,https://x.y/1,We are sorry.\n"
        ),
        "The lift is slow.",
        ("https://x.y/1", ""),
    ),
    "fider": (
        "number,title,description,created_by,total_votes\n4,Lift,The lift is slow.,Ida,3\n",
        "The lift is slow.",
        ("4", "Ida"),
    ),
    "jira": (
        (
            "Issue key,Summary,Reporter,Comment,Comment\nA-1,The lift is slow,Ida,"
            '"3/Feb/26 10:02 AM;u1;The door jams.",\n'
        ),
        "The lift is slow",
        ("A-1", "Ida"),
    ),
}


@pytest.mark.parametrize("export", KNOWN)
def test_known_exports_are_recognised_by_their_header(export):
    text, statement, (external_id, person) = KNOWN[export]
    content = read(text)
    assert content.table.columns.export == export
    found = next(one for one in content.documents if one.text == statement)
    assert (found.about.external_id, found.about.person) == (external_id, person)
    assert "We are sorry." not in texts(content)


def test_a_jira_comment_is_by_its_author_at_its_time():
    comment = read(KNOWN["jira"][0]).documents[-1]
    assert (comment.text, comment.about.person) == ("The door jams.", "u1")
    assert comment.about.date == "3/Feb/26 10:02 AM"


def test_questions_as_columns_are_read_and_choices_are_not():
    rows = "".join(
        f'{n},{n % 5},"Email, Phone",The lift number {n} is far too slow today.\n'
        for n in range(20)
    )
    content = read(
        f"Respondent ID,How likely are you?,How do you reach us?,What annoys you?\n{rows}"
    )
    assert content.table.columns.text == ("What annoys you?",)
    assert content.documents[3].about.external_id == "3"
    assert content.documents[3].about.attributes["How do you reach us?"] == "Email, Phone"


def test_the_three_header_rows_of_qualtrics():
    text = (
        "StartDate,ResponseId,Q1,Q2\nStart Date,Response ID,How satisfied?,What should change?\n"
        '"{""ImportId"":""startDate""}","{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}",'
        '"{""ImportId"":""QID2_TEXT""}"\n2026-02-03,R_1,4,The lift is slow.\n'
    )
    content = read(text)
    assert texts(content) == ["The lift is slow."]
    assert content.documents[0].about.external_id == "R_1"


def test_the_two_header_rows_of_surveymonkey():
    text = (
        "Respondent ID,Which do you use?,,What is missing?\n,Lift,Stairs,Open-Ended Response\n"
        "1,Lift,,A bench on each floor would help.\n2,,Stairs,The light is too weak there.\n"
    )
    content = read(text)
    assert texts(content) == ["A bench on each floor would help.", "The light is too weak there."]
    assert content.table.header[2] == "Which do you use? – Stairs"


def test_a_separator_line_a_title_row_and_empty_cells_at_the_end():
    assert texts(read("sep=;\nid;comment\n1;The lift, it is slow.;;\n")) == [
        "The lift, it is slow."
    ]
    assert texts(read("Survey of May,\nid,comment\n1,The lift is slow.\n")) == ["The lift is slow."]


def test_columns_are_chosen_by_name_and_the_choice_is_kept_by_header():
    text = "Nr,Wer,Was\n1,Ida,Lift\n"
    with pytest.raises(ColumnsNeeded):
        read(text)
    chosen = Columns(text=("was",), roles={"person": "WER", "id": "Nr"}, source="chosen")
    (found,) = read(text, columns=chosen).documents
    assert (found.text, found.about.person, found.about.external_id) == ("Lift", "Ida", "1")
    with pytest.raises(ReadError, match="has no column 'Wo'. It has: “Nr”, “Wer”, “Was”"):
        read(text, columns=Columns(text=("Wo",)))


def test_open_columns_that_are_left_out_are_named():
    rows = "".join(f"{n},The lift {n} is slow.,The door {n} jams again.\n" for n in range(4))
    content = read(f"id,insight,background\n{rows}")
    assert content.table.left_out == ["background"]
    assert any("Left out" in note and "background" in note for note in content.notes)


NESTED = {
    "data": {"repository": {"issues": {"nodes": [{"number": 1, "title": "The lift is slow"}]}}}
}


@pytest.mark.parametrize(
    ("value", "statement"),
    [
        (NESTED, "The lift is slow"),
        ({"ticket": {"id": 1, "description_text": "The lift is slow"}}, "The lift is slow"),
        ([{"id": 1, "data": {"text": "The lift is slow"}}], "The lift is slow"),
        ({"data": [{"id": 1, "attributes": {"body": "The lift is slow"}}]}, "The lift is slow"),
        ([{"id": 1, "memory": "The lift is slow", "hash": "x"}], "The lift is slow"),
        ({"cards": [{"id": 1, "name": "x", "desc": "The lift is slow"}]}, "The lift is slow"),
        ({"textContent": "The lift is slow", "title": "Lift"}, "The lift is slow"),
    ],
)
def test_records_deep_inside_json(value, statement):
    assert statement in texts(read(json.dumps(value), "a.json"))


def test_a_workbook_of_two_sheets():
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "May"
    book.active.append(["Respondent ID", "Comment", "Rating"])
    book.active.append([1, "The lift is slow.", 2.0])
    other = book.create_sheet("June")
    other.append(["Respondent ID", "Comment", "Rating"])
    other.append([2, "The door jams.", 4])
    data = io.BytesIO()
    book.save(data)
    found = read(data.getvalue(), "a.xlsx").documents
    assert [(one.text, one.about.external_id, one.about.rating) for one in found] == [
        ("The lift is slow.", "1", "2"),
        ("The door jams.", "2", "4"),
    ]
    assert found[0].locator_prefix.startswith("May, ")
