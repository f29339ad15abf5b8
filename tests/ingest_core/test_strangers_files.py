"""Files as people's own tools write them: what was said, by whom and when."""

import csv
import io
import json
import zipfile
from datetime import datetime

import pytest

from insights.ingest import days
from insights.ingest.readers import read_source
from insights.ingest.statements import Passages


def found(name, data):
    """Return (statement, person, day) of each, and the texts without one."""
    content = read_source(name, data if isinstance(data, bytes) else data.encode())
    passages = list(Passages(content, name))
    said = [
        (one.text.rstrip("."), one.about.person, str(one.about.day or ""))
        for passage in passages
        for one in passage.found
    ]
    return said, [passage.text for passage in passages if not passage.found], content.notes


def statements(name, data):
    return [text for text, _, _ in found(name, data)[0]]


def table(*rows, delimiter=","):
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()


def packed(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig", "utf-8"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("sign", ["", "sep"])
def test_every_encoding_and_delimiter(encoding, delimiter, sign):
    text = table(
        ["id", "date", "email", "What would you improve?"],
        ["1", "2026-03-01", "a@x.org", "Die Suche dauert bei großen Ordnern ewig."],
        ["2", "2026-03-02", "b@x.org", "Nobody finds the archive button."],
        delimiter=delimiter,
    )
    text = f"sep={delimiter}\r\n{text}" if sign else text
    said, _, _ = found("a.csv", text.encode(encoding))
    assert said == [
        ("Die Suche dauert bei großen Ordnern ewig", "a@x.org", "2026-03-01"),
        ("Nobody finds the archive button", "b@x.org", "2026-03-02"),
    ]


def test_a_form_in_french_says_who_answered_and_when():
    rows = table(
        ["Horodateur", "Adresse e-mail", "Que devrions-nous améliorer ?"],
        ["14/03/2026 09:12:44", "ann@x.org", "Les factures arrivent trop tard."],
        ["02/04/2026 10:00:00", "bob@x.org", "Le bouton est caché."],
    )
    assert found("a.csv", rows)[0] == [
        ("Les factures arrivent trop tard", "ann@x.org", "2026-03-14"),
        ("Le bouton est caché", "bob@x.org", "2026-04-02"),
    ]


def test_nested_tickets_and_conversations_say_who_and_when():
    ticket = {
        "id": 501,
        "subject": "Labels",
        "description": "The label printer prints blank pages.",
        "requester": {"name": "Ann Lee", "email": "ann@x.org"},
        "created_at": "2026-03-01T10:00:00Z",
    }
    said, _, _ = found("a.json", json.dumps({"tickets": [ticket], "count": 1}))
    assert said == [("The label printer prints blank pages", "Ann Lee", "2026-03-01")]
    conversation = {
        "id": "123",
        "created_at": 1767261600,
        "source": {"id": "9", "body": "<p>The VAT number is wrong.</p>", "author": {"name": "Ann"}},
    }
    said, _, _ = found("a.json", json.dumps({"conversations": [conversation]}))
    assert said == [("The VAT number is wrong", "Ann", "2026-01-01")]
    content = read_source("a.json", json.dumps({"conversations": [conversation]}).encode())
    assert content.documents[0].about.external_id == "123"


def test_a_slack_message_of_blocks_only():
    words = {"type": "text", "text": "The export is hidden on small screens"}
    section = {"type": "rich_text_section", "elements": [words]}
    message = {
        "type": "message",
        "user": "U1",
        "text": "",
        "ts": "1772359200.000100",
        "blocks": [{"type": "rich_text", "elements": [section]}],
    }
    export = packed(
        **{
            "users.json": json.dumps([{"id": "U1", "profile": {"real_name": "Ann Lee"}}]),
            "feedback/2026-03-01.json": json.dumps([message]),
        }
    )
    said = found("a.zip", export)[0]
    assert said == [("The export is hidden on small screens", "Ann Lee", "2026-03-01")]


@pytest.mark.parametrize(
    ("dates", "day", "unsure"),
    [
        (["03/04/2026", "25/03/2026"], "2026-04-03", False),
        (["03/04/2026", "03/25/2026"], "2026-03-04", False),
        (["12/01/2026", "01/02/2026", "03/02/2026"], "2026-01-12", False),  # in order
        (["03/04/2026", "05/06/2026"], "2026-03-04", True),
        (["03.04.2026", "05.06.2026"], "2026-04-03", False),
        (["2026-03-04", "2026-05-06"], "2026-03-04", False),
    ],
)
def test_the_whole_file_tells_whether_the_day_comes_first(dates, day, unsure):
    rows = [[number, date, "The bus is late."] for number, date in enumerate(dates)]
    said, _, notes = found("a.csv", table(["id", "date", "comment"], *rows))
    assert said[0][2] == day
    assert any(f"Dates such as {dates[0]} may begin" in note for note in notes) == unsure


def test_no_date_of_a_file_lies_ahead(monkeypatch):
    class June(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 6, 1, tzinfo=tz)

    monkeypatch.setattr(days, "datetime", June)
    read = days.Days(["03/04/2026", "12/05/2026"])
    assert (read.is_day_first, read.unsure) == (True, "")


def test_what_whatsapp_itself_says_tells_the_order_of_its_dates():
    chat = (
        "12/03/2026 10:03 - Ana: O aplicativo trava ao abrir a câmera\n"
        "13/03/2026 10:03 - Rui: <Mídia oculta>\n"
    )
    assert found("a.txt", chat)[0] == [
        ("O aplicativo trava ao abrir a câmera", "Ana", "2026-03-12")
    ]


def test_a_saved_transcript_with_names_in_brackets_and_sounds_between_sentences():
    text = (
        "[Ann Lee] 10:02:11\nThe rota is far too late. [inaudible 00:01:05] Nobody says why.\n\n"
        "[Bob Ray] 10:02:20\nSwaps need three signatures.\n"
    )
    assert [(said, person) for said, person, _ in found("a.txt", text)[0]] == [
        ("The rota is far too late", "Ann Lee"),
        ("Nobody says why", "Ann Lee"),
        ("Swaps need three signatures", "Bob Ray"),
    ]


def test_callouts_and_comments_of_obsidian():
    note = "> [!quote] Ann\n> Swaps need three signatures.\n\n%% This comment is private. %%\n"
    assert statements("a.md", note) == ["Swaps need three signatures"]


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
WORDS = "<w:p><w:r><w:t>Visitors get lost behind the silo.</w:t></w:r></w:p>"
BOX = f"<w:txbxContent>{WORDS}</w:txbxContent>"


def word(body, **parts):
    members = {"[Content_Types].xml": "<Types/>"}
    members["word/document.xml"] = f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    members |= {f"word/{name}.xml": text for name, text in parts.items()}
    return packed(**members)


def test_what_stands_beside_the_text_of_a_word_file():
    body = (
        '<w:p><w:r><w:t xml:space="preserve">The gate </w:t></w:r>'
        "<w:del><w:r><w:delText>never </w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>always jams at noon.</w:t></w:r></w:ins></w:p>"
        '<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/'
        f'markup-compatibility/2006"><mc:Choice>{BOX}</mc:Choice><mc:Fallback>{BOX}</mc:Fallback>'
        "</mc:AlternateContent></w:r></w:p>"
        "<w:p><w:moveFrom><w:r><w:t>The yard map is old.</w:t></w:r></w:moveFrom></w:p>"
        "<w:p><w:moveTo><w:r><w:t>The yard map is old.</w:t></w:r></w:moveTo></w:p>"
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidden words are not read.</w:t></w:r></w:p>"
    )
    notes = (
        f'<w:footnotes xmlns:w="{W}"><w:footnote><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
        "<w:footnote><w:p><w:r><w:t>Two drivers reported frostbite.</w:t></w:r></w:p></w:footnote>"
        "</w:footnotes>"
    )
    assert statements("a.docx", word(body, footnotes=notes)) == [
        "The gate always jams at noon",
        "Visitors get lost behind the silo",
        "The yard map is old",
        "Two drivers reported frostbite",
    ]


PLAIN = (
    """
The hinge squeals.|Half the trolleys squeak.|Stairs only, no lift.|No hot water on Sundays.
Too few sockets in the library.|Not enough shade in the playground.|Way too loud near the copier.
Endless scrolling on the timetable page.|Still no dark theme.|Bring back the paper menu.
Slower than the old portal.|Twice as slow as the desktop version.|Same price, half the portion.
Die Türen klemmen bei Frost.|Der Drucker streikt jeden Montag.|Mir fehlt eine Suchfunktion.
L'application plante au démarrage.|La puerta no cierra bien.|Mancano le prese in aula.
De deur klemt bij vorst.|O aplicativo trava sempre.|Appen kraschar vid start.
Aplikacja zawiesza się przy starcie.|Kapı donunca sıkışıyor.|Двери заедают в мороз.
""".strip()
    .replace("\n", "|")
    .split("|")
)


@pytest.mark.parametrize("statement", PLAIN)
def test_judgements_without_a_verb_and_other_languages_are_statements(statement):
    assert statements("a.txt", f"Notes.\n\n{statement}\n") == [statement.rstrip(".")]


def test_texts_without_a_statement_are_never_lost():
    texts = [*PLAIN, "Add a mute button.", "Any questions?", "Guten Morgen zusammen.", "Thanks!"]
    said, without, _ = found("a.txt", "\n\n".join(texts))
    kept = {text for text, _, _ in said} | {text.rstrip(".") for text in without}
    assert kept >= {text.rstrip(".") for text in texts}


def test_answers_between_quoted_paragraphs_are_the_authors():
    mail = (
        "From: Ann <ann@x.org>\nDate: Mon, 02 Mar 2026 08:00:00 +0000\n\nHi,\n\n"
        "On Fri, Support wrote:\n> How is the pump?\n\nThe pump hisses at night.\n\n"
        "> And the alarm, which you\nsaid was loud?\n\nAlarms sound for no reason.\n"
    )
    assert statements("a.eml", mail) == ["The pump hisses at night", "Alarms sound for no reason"]


def test_captions_in_youtubes_own_format():
    events = [
        {"tStartMs": 0, "segs": [{"utf8": "The pump"}, {"utf8": " hisses", "tOffsetMs": 300}]},
        {"tStartMs": 1500, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {"tStartMs": 62_000, "segs": [{"utf8": "at night. Alarms sound for no reason."}]},
    ]
    content = read_source("a.json", json.dumps({"events": events}).encode())
    said = [one for passage in Passages(content, "a.json") for one in passage.found]
    assert [(one.text, one.locator) for one in said] == [
        ("The pump hisses at night.", "0:00"),
        ("Alarms sound for no reason.", "1:02"),
    ]


def test_a_confluence_page_is_its_content_without_the_footer():
    page = (
        "<body><ol id='breadcrumbs'><li>The space is home to all.</li></ol>"
        "<div id='main-content'><p>The pump hisses at night.</p></div>"
        "<div id='footer'><p>The document was generated by Confluence.</p></div></body>"
    )
    assert statements("a.html", page) == ["The pump hisses at night"]
