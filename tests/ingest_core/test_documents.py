"""Office files, pages, mail and archives made here; hostile ones are refused in seconds."""

import io
import json
import time
import zipfile

import pytest

from insights.ingest.readers import Limits, Options, ReadError, read_source

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def packed(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def docx(body, *, head="", **parts):
    document = f"{head}<w:document {W}><w:body>{body}</w:body></w:document>"
    return packed(**{"[Content_Types].xml": "<x/>", "word/document.xml": document}, **parts)


def paragraph(text, style=""):
    mark = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{mark}<w:r><w:t>{text}</w:t></w:r></w:p>"


def text_of(name, data, **options):
    return "\n".join(one.text for one in read_source(name, data, Options(**options)).documents)


def refusal(name, data, **options):
    began = time.monotonic()
    with pytest.raises(ReadError) as caught:
        read_source(name, data, Options(**options))
    assert time.monotonic() - began < 10
    return str(caught.value)


def test_a_word_document_with_heading_table_and_comment():
    table = f"<w:tbl><w:tr><w:tc>{paragraph('The lift is slow.')}</w:tc></w:tr></w:tbl>"
    comments = (
        f'<w:comments {W}><w:comment w:author="Ida" w:date="2026-02-03T10:00:00Z">'
        f"{paragraph('The stairs are dark.')}</w:comment></w:comments>"
    )
    data = docx(
        paragraph("House", "Heading1") + paragraph("The door jams.") + table,
        **{"word/comments.xml": comments},
    )
    content = read_source("a.docx", data)
    assert content.title == "House"
    assert content.documents[0].text == "# House\n\nThe door jams.\n\nThe lift is slow."
    assert content.documents[1].about.person == "Ida"


def test_a_pdf_and_what_is_wrong_with_some(tmp_path):
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    scanned = io.BytesIO()
    writer.write(scanned)
    assert "it is scanned" in refusal("a.pdf", scanned.getvalue())
    writer.encrypt("secret", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    assert "is encrypted" in refusal("a.pdf", locked.getvalue())
    assert "is damaged" in refusal("a.pdf", b"%PDF-1.7\n1 0 obj nothing")
    assert "no PDF inside" in refusal("a.pdf", b"hello there")


def pdf(content):
    """Return a PDF of one page with this content stream."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources 6 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Font<</F1 5 0 R>>>>",
    ]
    body = b"%PDF-1.4\n"
    table = b"xref\n0 7\n0000000000 65535 f \n"
    for number, one in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(body)
        body += b"%d 0 obj%s endobj\n" % (number, one)
    trailer = b"trailer<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + table + trailer


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (  # raised behind a sentence
            b"(The rota comes late.) Tj /F1 7 Tf 4 Ts (3) Tj 0 Ts /F1 12 Tf ( Nobody reads it.) Tj",
            "The rota comes late. Nobody reads it.",
        ),
        (  # moved up behind a word; an index below the line is part of its word
            (
                b"(It is out) Tj /F1 7 Tf 50 4 Td (12) Tj /F1 12 Tf 9 -4 Td (late, CO) Tj /F1 7 Tf "
                b"43 -2 Td (2) Tj /F1 12 Tf 5 2 Td (rises.) Tj"
            ),
            "It is out late, CO2 rises.",
        ),
        (  # numbers of the usual size
            b"(The rota of ward 3 comes late.) Tj ( 12) Tj ( nurses wait.) Tj",
            "The rota of ward 3 comes late. 12 nurses wait.",
        ),
    ],
)
def test_footnote_numbers_inside_sentences_are_left_out(content, text):
    data = pdf(b"BT /F1 12 Tf 72 700 Td " + content + b" ET")
    assert read_source("a.pdf", data).documents[0].text == text


def test_the_answers_in_surveymonkeys_summary_keep_their_dates():
    lines = [
        *("12.12%", "Q2", "What should we improve?", "#", "RESPONSES", "DATE"),
        *("1", "The gate closes", "before the last bus.", "9/16/2019 2:41 AM"),
        *("2", "Penetration tester", "9/4/2019 8:15 PM"),
    ]
    shown = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
    content = read_source("a.pdf", pdf(f"BT /F1 12 Tf 72 700 Td {shown} ET".encode()))
    answers = [one for one in content.documents if one.kind == "answer"]
    assert [(one.text, one.locator_prefix, one.about.date) for one in answers] == [
        ("The gate closes before the last bus.", "p. 1, answer 1", "9/16/2019 2:41 AM"),
        ("Penetration tester", "p. 1, answer 2", "9/4/2019 8:15 PM"),
    ]


def test_a_pdf_whose_pages_go_round_in_a_circle_is_stopped():
    loop = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Pages/Count 1/Kids[2 0 R]/Parent 2 0 R>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )
    assert refusal("a.pdf", loop, limits=Limits(max_pdf_seconds=4)).startswith("a.pdf ")


def test_a_web_page_is_its_article_without_navigation_and_scripts():
    page = (
        "<html><head><title>Lifts</title><script>var x = 1</script></head><body><nav>Home</nav>"
        "<article><h2>News</h2><p>The lift is slow.<br>The door jams.</p><ul><li>It beeps.</li>"
        "</ul><table><tr><td>One cell.</td><td>Another.</td></tr></table></article>"
        "<footer>Imprint</footer></body></html>"
    )
    content = read_source("a.html", page.encode())
    assert content.title == "Lifts"
    assert content.documents[0].text.split("\n\n") == [
        "## News",
        "The lift is slow.\nThe door jams.",
        "- It beeps.",
        "One cell.",
        "Another.",
    ]
    assert "shows no text" in refusal("a.html", b"<html><body><script>1</script></body></html>")


MAIL = (
    "From: =?utf-8?q?Ida_M=C3=B8ss?= <ida@example.org>\r\nDate: Tue, 3 Feb 2026 10:00:00 +0100\r\n"
    "Message-ID: <1@example.org>\r\nSubject: Lift\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "\r\nThe lift is slow since the repair.\r\n\r\nKind regards\r\nIda\r\n\r\n-- \r\nIda Moss | "
    "Caretaker\r\n\r\nOn Mon, 2 Feb 2026 at 09:00, Help <help@example.org>\r\nwrote:\r\n"
    "> The lift was repaired.\r\n"
)


def test_a_mail_is_what_its_author_wrote():
    (mail,) = read_source("a.eml", MAIL.encode()).documents
    assert mail.text == "The lift is slow since the repair."
    assert (mail.about.person, mail.about.external_id) == ("Ida Møss", "1@example.org")
    assert mail.about.date == "2026-02-03 09:00 UTC"
    box = f"From ida Tue Feb  3 10:00:00 2026\n{MAIL}\nFrom tom Tue Feb  3 10:00:00 2026\n{MAIL}"
    assert len(read_source("a.mbox", box.encode()).documents) == 2


def test_a_disclaimer_at_the_end_of_a_cell_is_nobodys_statement():
    cell = "The lift is slow.\nThis e-mail is confidential. Received in error? Delete it."
    assert text_of("a.csv", f'id,body\n1,"{cell}"\n'.encode()) == "The lift is slow."


def test_a_slack_export():
    data = packed(
        **{
            "users.json": json.dumps([{"id": "U1", "profile": {"real_name": "Ida Moss"}}]),
            "house/2026-02-03.json": json.dumps(
                [
                    {
                        "user": "U1",
                        "ts": "1770112800.1",
                        "text": "The <@U1> lift is slow &amp; loud",
                    },
                    {"subtype": "channel_join", "user": "U1", "ts": "1.0", "text": "joined"},
                    {"bot_id": "B1", "ts": "2.0", "text": "Deployed."},
                ]
            ),
        }
    )
    (message,) = read_source("a.zip", data).documents
    assert message.text == "The @Ida Moss lift is slow & loud"
    assert message.about.person == "Ida Moss"
    assert message.locator_prefix.startswith("#house, 2026-02-03")


def test_an_archive_names_what_it_left_out():
    data = packed(**{"a/notes.txt": "The lift is slow.", "b.pages": "x", "c.png": "x"})
    content = read_source("a.zip", data)
    assert [one.locator_prefix for one in content.documents] == ["a/notes.txt"]
    assert "b.pages (cannot be read)" in " ".join(content.notes)


def test_bombs_and_escapes_are_refused():
    assert "ZIP bomb" in refusal("a.zip", packed(**{"a.txt": b"0" * 2**27}))
    assert "leads out of it" in refusal("a.zip", packed(**{"../a.txt": "x"}))
    inner = packed(**{"a.txt": "The lift is slow."})
    for _ in range(5):
        inner = packed(**{"inner.zip": inner})
    assert "archives are nested more than 3 deep" in refusal("a.zip", inner)
    assert "is damaged" in refusal("a.zip", packed(**{"a.txt": "x" * 900})[:60])


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'


def test_xml_entities_are_refused():
    assert "XML entities" in refusal("a.docx", docx(paragraph("&b;"), head=ENTITIES))
    sheet = packed(**{"[Content_Types].xml": "<x/>", "xl/workbook.xml": f"{ENTITIES}<x>&b;</x>"})
    assert "XML entities" in refusal("a.xlsx", sheet)
    assert "XML entities" in refusal("a.rss", f"{ENTITIES}<rss><item>&b;</item></rss>".encode())


def test_a_sheet_with_two_far_cells_is_refused_before_it_takes_gigabytes():
    cells = '<c r="A1"><v>1</v></c><c r="XFD1048576"><v>2</v></c>'
    data = packed(
        **{
            "[Content_Types].xml": "<x/>",
            "xl/worksheets/sheet1.xml": f"<sheetData>{cells}</sheetData>",
        }
    )
    assert "16,384 columns" in refusal("a.xlsx", data)


def test_a_hundred_thousand_columns_are_refused():
    header = ",".join(f"c{n}" for n in range(100_000))
    assert "100,000 columns" in refusal("a.csv", f"{header}\n".encode())


def test_an_encrypted_office_file_says_so():
    assert "without a password" in refusal("a.docx", b"\xd0\xcf\x11\xe0" + b"x" * 600)
    assert "without a password" in refusal("a.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 600)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("The prac-\ntices of the ward.", "The practices of the ward."),
        ("A long-\nterm plan is missing.", "A long-term plan is missing."),
        ("The sys\u00ad\ntem is down.", "The system is down."),
        ("The well-known self-\nservice till.", "The well-known self-service till."),
    ],
)
def test_words_broken_at_the_end_of_a_line_are_joined(text, joined):
    assert text_of("a.txt", text.encode()) == joined


def test_entities_and_block_tags_in_notes_and_cells():
    assert text_of("a.md", b"The lift is slow.<br>The door &amp; the gate jam.") == (
        "The lift is slow.\nThe door & the gate jam."
    )
    assert text_of("a.csv", b'id,comment\n1,"<p>One is.</p><p>Two&nbsp;&lt;3.</p>"\n') == (
        "One is.\n\n\n\nTwo <3."
    )


def test_comments_on_a_transcript_in_a_word_file_are_read():
    cue = paragraph("0:0:1.0 --> 0:0:4.0</w:t><w:br/><w:t>The lift is slow on Mondays.")
    note = (
        f"<w:comments {W}><w:comment>{paragraph('The stairs are steep.')}</w:comment></w:comments>"
    )
    data = docx(cue, **{"word/comments.xml": note})
    found = text_of("a.docx", data)
    assert "The lift is slow on Mondays." in found
    assert "The stairs are steep." in found
