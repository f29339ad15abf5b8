"""Files made to exhaust the reader are refused quickly, in plain words and little memory."""

import gzip
import io
import json
import resource
import stat
import struct
import time
import zipfile
import zlib

import pytest

from insights.ingest.readers import ReadError, read_source

MOST_SECONDS = 10
MOST_GROWTH = 300 * 2**20


@pytest.fixture(autouse=True)
def _bounded():
    """The thread may take 10 CPU seconds, and no more memory than a good file does."""
    cpu, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.process_time() - cpu < MOST_SECONDS
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * 1024 < MOST_GROWTH


def refusal(name, data):
    with pytest.raises(ReadError) as caught:
        read_source(name, data if isinstance(data, bytes) else data.encode())
    return str(caught.value)


def packed(*members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_bomb_inside_of_an_archive_is_left_out_by_name():
    bomb = packed(("a.txt", b"The bus is late. " * 2**20))
    message = refusal("a.zip", packed(*((f"{n}.zip", bomb) for n in range(50))))
    assert "0.zip would unpack to 17,825,792 bytes" in message


def test_entries_that_share_their_bytes_count_each_time():
    text = b"The bus is late. " * 2**18
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeeze.compress(text) + squeeze.flush()
    crc, sizes = zlib.crc32(text), (len(body), len(text))
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, crc, *sizes, 4, 0)
    local += b"0000" + body
    directory = b"".join(
        struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, *sizes, 8, *[0] * 6)
        + b"%04d.txt" % number
        for number in range(100)
    )
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 100, 100, len(directory), len(local), 0)
    assert "ZIP bomb" in refusal("a.zip", local + directory + end)


def test_a_link_in_an_archive_is_not_followed():
    link = zipfile.ZipInfo("notes.txt")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    message = refusal("a.zip", packed((link, "/etc/passwd")))
    assert "notes.txt (a link to another file)" in message


@pytest.mark.parametrize("path", ["/etc/notes.txt", "C:\\notes.txt", "a/../../notes.txt"])
def test_no_path_leads_out_of_an_archive(path):
    assert "leads out of it" in refusal("a.zip", packed((path, "The bus is late.")))


ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a.docx", "word/document.xml"),
        ("a.pptx", "ppt/slides/slide1.xml"),
        ("a.xlsx", "xl/workbook.xml"),
        ("a.xlsx", "xl/worksheets/sheet1.xml"),
        ("a.ods", "content.xml"),
        ("a.odt", "content.xml"),
        ("a.epub", "META-INF/container.xml"),
    ],
)
@pytest.mark.parametrize("before", ["", " " * 2**20])
def test_no_part_of_an_office_file_defines_entities(name, part, before):
    markup = f'<?xml version="1.0"?>{before}{ENTITIES}<x>&b;</x>'
    parts = [("[Content_Types].xml", "<Types/>"), (part, markup)]
    assert "a." in refusal(name, packed(*parts))
    encoded = [("[Content_Types].xml", "<Types/>"), (part, markup.encode("utf-16"))]
    assert "a." in refusal(name, packed(*encoded))


def test_entities_in_a_pages_drawing_are_not_expanded():
    page = f"<body><p>The bus is late.</p><svg>{ENTITIES}<text>&b;</text></svg></body>"
    (document,) = read_source("a.html", page.encode()).documents
    assert document.text.startswith("The bus is late.")
    assert "ha" not in document.text.replace("&", "")


def open_sheet(*rows):
    names = "urn:oasis:names:tc:opendocument:xmlns"
    markup = (
        f'<office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="A">{"".join(rows)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    parts = [("mimetype", kind), ("META-INF/manifest.xml", manifest), ("content.xml", markup)]
    return packed(*parts)


def open_row(text, *, rows=1, columns=1, more=""):
    return (
        f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell '
        f'x=">" table:number-columns-repeated="{columns}" office:value-type="string">'
        f"<text:p>{text}</text:p></table:table-cell>{more}</table:table-row>"
    )


@pytest.mark.parametrize(
    ("row", "part"),
    [
        (open_row("The bus is late", columns=100_000), "100,000 columns"),
        (open_row("The bus is late", rows=1_000_000), "1,000,001 rows"),
        (open_row("The bus is late", rows=50_000), "repeats one row or space 50,000 times"),
        (open_row("The bus is late", rows=9000, columns=900) * 100, "900,001 rows of 900 columns"),
        (open_row('a<text:s text:c="2000000000"/>b'), "repeats one row or space 2,000,000,000"),
    ],
)
def test_repeated_cells_of_an_open_document_count_as_often_as_they_stand_there(row, part):
    assert part in refusal("a.ods", open_sheet(open_row("text"), row))


def test_empty_cells_repeated_to_the_edge_of_the_sheet_are_no_columns():
    edge = '<table:table-cell table:number-columns-repeated="16383"/>'
    below = f'<table:table-row table:number-rows-repeated="1048574">{edge}</table:table-row>'
    sheet = open_sheet(open_row("text", more=edge), open_row("The bus is late", more=edge), below)
    assert [one.text for one in read_source("a.ods", sheet).documents] == ["The bus is late"]


def test_two_far_cells_are_found_however_the_sheet_writes_them():
    sheet = (
        "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
        "<row r='1'><c t='n' r='A1'><v>1</v></c></row>"
        f"<row r='1048576'><c {' ' * 5000}t='n' r='XFD1048576'><v>1</v></c></row>"
        "</sheetData></worksheet>"
    )
    parts = [("[Content_Types].xml", "<Types/>"), ("xl/worksheets/sheet1.xml", sheet)]
    assert "16,384 columns" in refusal("a.xlsx", packed(*parts))


def test_two_far_cells_of_a_binary_sheet_are_found():
    def record(kind, data):
        # BrtShortReal etc. fit in one byte of type; a size of 300 takes two bytes.
        size = bytes([len(data) & 0x7F | 0x80, len(data) >> 7]) if len(data) > 127 else None
        return bytes([kind]) + (size or bytes([len(data)])) + data

    def sheet(row, column):
        far = record(0, struct.pack("<I", row) + bytes(296))
        far += record(6, struct.pack("<II", column, 0) + bytes(4))
        return record(0, bytes(20)) + record(6, bytes(12)) + b"\x93\x01\x00" + far

    def book(row, column):
        parts = ("[Content_Types].xml", "<T/>"), ("xl/worksheets/sheet1.bin", sheet(row, column))
        return packed(*parts)

    assert "16,384 columns" in refusal("a.xlsb", book(5, 16_383))
    assert "1,048,576 rows of 2 columns" in refusal("a.xlsb", book(1_048_575, 1))
    assert "damaged" in refusal("a.xlsb", book(10, 1))  # the rest of the workbook is missing


def test_a_record_of_a_binary_sheet_that_states_256_megabytes_is_passed_over():
    huge = b"\x07\xff\xff\xff\x7f" + bytes(40 * 2**20)
    start = time.monotonic()
    parts = [("[Content_Types].xml", "<T/>"), ("xl/worksheets/sheet1.bin", huge)]
    refusal("a.xlsb", packed(*parts, method=zipfile.ZIP_STORED))
    assert time.monotonic() - start < 10


def test_columns_are_counted_in_each_format():
    wide = {f"k{n}": "The bus is late." for n in range(100_000)}
    assert "100,000 columns" in refusal("a.csv", ",".join(wide) + "\n" + ",".join(wide) + "\n")
    assert "100,000 keys" in refusal("a.json", json.dumps([wide]))
    growing = "".join(
        json.dumps({"text": "The bus is late.", f"k{n}": n}) + "\n" for n in range(2000)
    )
    assert "more than 1,000 different keys by line 1,000" in refusal("a.jsonl", growing)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000 + "]" * 200_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "[" + "{}," * 2_000_000 + "{}]",
    ],
)
def test_json_of_nothing_but_brackets(text):
    assert "at most" in refusal("a.json", text)


def pdf(*objects):
    data, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    count = len(objects) + 1
    return (
        data + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + trailer % (count, len(data))
    )


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
KIDS = b"<</Type/Pages/Kids[%s]/Count 1>>"
FLATE = b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream"
PAGE = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 9 9]>>"
SQUEEZED = zlib.compress(zlib.compress(b"q " * 2**26, 9), 9)


@pytest.mark.parametrize(
    "objects",
    [
        (CATALOG, KIDS % b"2 0 R"),
        (CATALOG, KIDS % b"3 0 R", KIDS % b"2 0 R"),
        (CATALOG, *(KIDS % (b"%d 0 R" % number) for number in range(3, 3000)), PAGE),
        (CATALOG, KIDS % (b"3 0 R " * 500_000), PAGE),
        (CATALOG, KIDS % b"3 0 R", PAGE, FLATE % (len(SQUEEZED), SQUEEZED)),
        (CATALOG, b"[" * 100_000 + b"]" * 100_000),
    ],
    ids=["itself", "circle", "deep", "many", "stream", "array"],
)
def test_a_pdf_that_has_no_end(objects):
    assert refusal("a.pdf", pdf(*objects)).startswith("a.pdf ")


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 300_000 + "The bus is late.",
        "<p " + " ".join(f"a{n}=x" for n in range(200_000)) + ">",
    ],
    ids=["deep", "attributes"],
)
def test_a_page_that_takes_the_parser_quadratic_time_is_stopped(page):
    assert "nested too deep or too long" in refusal("a.html", page)


def test_a_text_below_three_hundred_tags_is_read():
    page = "<div>" * 300 + "The bus is late." + "</div>" * 300
    assert read_source("a.html", page.encode()).documents[0].text == "The bus is late."


def test_mails_of_many_parts():
    deep = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(1500))
    assert "nested too deep" in refusal("a.eml", deep)
    assert "nested too deep" in refusal("a.mbox", f"From a@b Thu Jan 1 00:00:00 2026\n{deep}")
    wide = "Content-Type: multipart/mixed; boundary=b\n\n"
    wide += "--b\nContent-Type: text/plain\n\nThe bus is late.\n" * 100_000
    assert "100,001 parts" in refusal("a.eml", wide)


@pytest.mark.parametrize(
    "suffix", ["txt", "csv", "json", "html", "eml", "mbox", "rtf", "vtt", "pdf"]
)
def test_compressed_bytes_under_another_ending_are_named(suffix):
    data = gzip.compress(b"The bus is late.\n" * 100)
    assert "is a gzip archive: unpack it" in refusal(f"a.{suffix}", data)
