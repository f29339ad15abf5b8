"""Exports that differ in a detail from the usual ones: what a row says still arrives."""

import json
import zipfile
from io import BytesIO

from openpyxl import Workbook

from insights.ingest.readers import read_source
from insights.ingest.statements import Passages


def rows(name, data):
    content = read_source(name, data.encode() if isinstance(data, str) else data)
    return [one for passage in Passages(content, name) for one in passage.found], content


def test_titles_and_lines_about_the_export_above_a_table():
    for gap in (",,,", ""):
        text = (
            f"Satisfaction Survey 2024{gap}\nExported on 2024-05-01{gap}\n"
            "Respondent,Company,Comment,NPS\n"
            "A. Meyer,Acme,The app crashes when I rotate it.,3\n"
            "B. Li,Zeta,Support answers within the hour.,9\n"
        )
        found, content = rows("a.csv", text)
        assert content.title == "Satisfaction Survey 2024"
        assert [(one.about.person, one.about.company, one.about.rating) for one in found] == [
            ("A. Meyer", "Acme", "3"),
            ("B. Li", "Zeta", "9"),
        ]


def test_german_columns_and_a_date_under_any_name():
    text = (
        "Nr;Name;Kommentar;Bewertung;Besuch\n1;Müller;Die Halle ist kalt.;2;12.03.2024\n"
        "2;Gößler;Die Tür klemmt oft.;1;13.03.2024\n"
    )
    found, _ = rows("a.csv", text)
    about = found[0].about
    assert (about.external_id, about.person, about.rating) == ("1", "Müller", "2")
    assert (about.date, str(about.day)) == ("12.03.2024", "2024-03-12")


def test_columns_of_the_same_name_keep_all_their_values():
    text = (
        "Issue key,Summary,Labels,Labels,Created\nA-1,The export hangs,slow,pdf,01/Mar/24 9:00 AM\n"
    )
    found, _ = rows("a.csv", text)
    assert found[0].about.attributes == {"Labels": "slow; pdf"}
    assert str(found[0].about.day) == "2024-03-01"


def test_merged_cells_hold_for_each_row_and_hidden_sheets_are_named():
    book = Workbook()
    sheet = book.active
    for row in [
        ["Team", "Comment"],
        ["North", "The tablet freezes in the cold."],
        [None, "The gloves do not work on it."],
        ["South", "The van has no charger."],
    ]:
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    old = book.create_sheet("Old")
    old.sheet_state = "hidden"
    old.append(["Team", "Comment"])
    old.append(["West", "The old van had no heater."])
    data = BytesIO()
    book.save(data)
    found, content = rows("a.xlsx", data.getvalue())
    assert [one.about.segment for one in found] == ["North", "North", "South", "West"]
    assert "Sheet “Old” is hidden in the workbook; it was read too." in content.notes
    assert len(content.notes) == len(set(content.notes))


def test_a_board_gives_its_cards_and_its_comments():
    board = {
        "cards": [{"id": "c1", "name": "Search", "desc": "The search takes ten seconds."}],
        "actions": [
            {
                "date": "2024-02-03T10:00:00Z",
                "memberCreator": {"fullName": "Zoe"},
                "data": {"text": "The filter resets after a reload."},
            }
        ],
    }
    found, _ = rows("board.json", json.dumps(board))
    assert [(one.text, one.about.person) for one in found] == [
        ("The search takes ten seconds.", ""),
        ("The filter resets after a reload.", "Zoe"),
    ]


def test_what_whatsapp_itself_says_is_no_message_in_any_language():
    text = (
        "[12.03.24, 14:05:11] Gruppe: \u200eSiunčiami pranešimai yra šifruojami.\n"
        "[12.03.24, 14:05:12] Anna: Die Schicht beginnt zu früh.\n"
        "[12.03.24, 14:06:00] Ben: Bild weggelassen\n"
        "[12.03.24, 14:07:00] Ben: Diese Nachricht wurde gelöscht.\n"
    )
    found, _ = rows("chat.txt", text)
    assert [one.text for one in found] == ["Die Schicht beginnt zu früh."]


def test_speakers_above_what_they_say_and_in_capitals():
    text = (
        "Anna: 00:00:03\nThe coffee machine leaks.\n\n"
        "[10:02] Kai Berg\nThe printer is out of ink.\n"
    )
    found, _ = rows("a.txt", text)
    assert [(one.about.person, one.text) for one in found] == [
        ("Anna", "The coffee machine leaks."),
        ("Kai Berg", "The printer is out of ink."),
    ]
    found, _ = rows("a.srt", "1\n00:00:01,000 --> 00:00:03,000\nANNA: We carry the boxes up.\n")
    assert (found[0].about.person, found[0].text) == ("ANNA", "We carry the boxes up.")


def test_wiki_links_and_highlights_are_text():
    found, _ = rows("a.md", "The [[Public API|API]] limits are ==too low== for us.\n")
    assert found[0].text == "The API limits are too low for us."


def test_a_table_without_a_header_loses_no_row():
    text = (
        "2024-03-01,Anna,The printer jams twice a day.\n2024-03-02,Ben,Nobody refills the paper.\n"
    )
    found, content = rows("a.csv", text)
    assert [(str(one.about.day), one.text) for one in found] == [
        ("2024-03-01", "The printer jams twice a day."),
        ("2024-03-02", "Nobody refills the paper."),
    ]
    assert "It has no header: its columns are numbered." in content.notes


def test_who_answers_anonymously_is_nobody():
    text = "ID,Email,Comment\n1,anonymous,The hall is cold.\n2,ida@example.org,The door jams.\n"
    found, _ = rows("a.csv", text)
    assert [one.about.person for one in found] == ["", "ida@example.org"]


def test_comments_that_hang_on_issues_are_read_with_who_wrote_them():
    issue = {
        "key": "A-1",
        "fields": {
            "summary": "Sync",
            "description": "The sync takes an hour.",
            "created": "2024-03-01T10:00:00Z",
            "comment": {
                "comments": [{"body": "It never ends for us.", "author": {"displayName": "Zoe"}}]
            },
        },
    }
    for value in ({"issues": [issue]}, [issue]):
        found, _ = rows("issues.json", json.dumps(value))
        assert ("It never ends for us.", "Zoe") in [(one.text, one.about.person) for one in found]
        assert "The sync takes an hour." in [one.text for one in found]


def test_a_word_table_with_a_header_says_who_said_what():
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    cells = [["Participant", "Quote"], ["Anna", "I never find the right form."]]
    table = "".join(
        "<w:tr>"
        + "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in row)
        + "</w:tr>"
        for row in cells
    )
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{space}"><w:body><w:tbl>{table}</w:tbl></w:body></w:document>',
        )
    found, _ = rows("a.docx", data.getvalue())
    assert [(one.about.person, one.text) for one in found] == [
        ("Anna", "I never find the right form.")
    ]


def test_a_forwarded_mail_is_what_its_sender_says():
    mail = (
        "From: Kai <kai@example.org>\nSubject: Fwd: Bug\n\nFYI\n\n"
        "---------- Forwarded message ---------\nFrom: Zoe <zoe@example.org>\n"
        "Date: Thu, Feb 29, 2024 at 9:00 AM\nSubject: Bug\n\n"
        "The calendar shows the wrong week.\n"
    )
    found, _ = rows("a.eml", mail)
    assert [one.text for one in found] == ["The calendar shows the wrong week."]


def test_a_full_name_that_speaks_once_in_a_dialogue_is_a_speaker():
    text = (
        "Maria Lopez: The badge reader is down again.\nTom Ray: Nobody told me about it.\n"
        "Maria Lopez: The guards wave everyone through.\n"
    )
    found, _ = rows("a.txt", text)
    assert [one.about.person for one in found] == ["Maria Lopez", "Tom Ray", "Maria Lopez"]


def test_sheets_that_are_not_read_are_named_with_the_reason():
    book = Workbook()
    book.active.append(["Comment"])
    book.active.append(["The tablet freezes in the cold."])
    for title, rows_of in (("Codes", [["Code"], ["7"]]), ("Empty", [["Code", "Meaning"]])):
        sheet = book.create_sheet(title)
        for row in rows_of:
            sheet.append(row)
    file = BytesIO()
    book.save(file)
    found, content = rows("a.xlsx", file.getvalue())
    assert [one.text for one in found] == ["The tablet freezes in the cold."]
    assert "Skipped, for want of a column of text: “Codes”." in content.notes
    assert any("sheet “Empty”" in n and "no rows below" in n for n in content.notes)
