"""Every kind of bad file gets an error that says what is wrong, where, and how to fix it."""

import io
import json
import os
import zipfile

import pytest

from insights.ingest.readers import (
    ColumnsNeeded,
    Limits,
    Options,
    ReadError,
    read_file,
    read_source,
)


def refusal(name, data, **options):
    with pytest.raises(ReadError) as caught:
        read_source(name, data, Options(**options))
    assert str(caught.value).startswith(name)
    return str(caught.value)


def row_refusals(name, data, **options):
    with pytest.raises(ReadError) as caught:
        read_source(name, data, Options(**options))
    return [(error.line, error.message) for error in caught.value.row_errors]


@pytest.mark.parametrize("suffix", ["txt", "md", "csv", "tsv", "json", "jsonl"])
def test_an_empty_file(suffix):
    assert "is empty (0 bytes)" in refusal(f"a.{suffix}", b"")
    assert "only white space" in refusal(f"a.{suffix}", b" \r\n\t\n\x0c")
    assert "only white space" in refusal(f"a.{suffix}", b"\xef\xbb\xbf")


def office_file(folder):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr(f"{folder}/document.xml", "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n1 0 obj", "is a PDF"),
        (office_file("word"), "is a ZIP archive or an Office file"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG image"),
        (b"\xd0\xcf\x11\xe0rest", "is an old Office file"),
        (b"{\\rtf1 text}", "is an RTF document"),
    ],
)
def test_a_binary_file_under_a_texts_ending_is_named_with_the_way_out(data, kind):
    message = refusal("a.txt", data)
    assert kind in message
    assert "ending" in message or "save it as" in message or ".txt file" in message


def test_an_office_file_under_the_ending_of_an_archive_is_named():
    assert "is an Office file (.docx)" in refusal("a.zip", office_file("word"))


def test_nul_bytes_are_located():
    assert "NUL byte at offset 9 (line 2)" in refusal("a.txt", b"One is.\nT\0o is.\n")
    assert "line 2: a NUL character" in refusal("a.txt", b"One.\r\n\0", encoding="latin-1")


def test_utf_16_without_a_mark_is_recognised_and_not_guessed():
    assert "--encoding utf-16-le" in refusal("a.txt", "One is here.".encode("utf-16-le"))
    assert "--encoding utf-16-be" in refusal("a.txt", "One is here.".encode("utf-16-be"))


def test_too_many_control_characters_are_no_text():
    assert "control characters" in refusal("a.txt", bytes(range(1, 32)) * 20)
    assert read_source("a.txt", b"One \x1b is here. " + b"word " * 100).documents


def test_a_named_encoding_that_is_wrong_is_located():
    latin = "insight\r\nThe café is full\r\n".encode("latin-1")
    assert "byte 0xE9 at offset 16 (line 2)" in refusal("a.csv", latin, encoding="utf-8")


def test_western_european_bytes_are_guessed_and_the_guess_is_said():
    content = read_source("a.csv", "insight\r\nThe café is full\r\n".encode("cp1252"))
    assert content.documents[0].text == "The café is full"
    assert content.encoding == "cp1252"
    assert "was read as cp1252" in content.notes[0]


def test_wrongly_named_and_unknown_encodings():
    assert "is not valid ascii" in refusal("a.txt", "é".encode(), encoding="ascii")
    assert "no text encoding named 'klingon'" in refusal("a.txt", b"One", encoding="klingon")
    assert "no text encoding named 'hex'" in refusal("a.txt", b"One", encoding="hex")
    assert "is not valid utf-16-le" in refusal("a.txt", b"\xff\xfea")


def test_an_encoding_that_could_give_half_characters_is_none():
    assert "no text encoding named" in refusal("a.txt", rb"\ud800", encoding="unicode_escape")


def test_a_gigabyte_on_one_line_is_refused_before_a_byte_is_read(tmp_path, monkeypatch):
    path = tmp_path / "huge.txt"
    path.touch()
    os.truncate(path, 2**30)
    monkeypatch.setattr("pathlib.Path.open", lambda *_: pytest.fail("the file was opened"))
    with pytest.raises(ReadError, match=r"huge\.txt has 1,073,741,824 bytes; at most 67,108,864"):
        read_file(path)


def test_a_large_upload_is_refused():
    assert "has 101 bytes; at most 100" in refusal("a.txt", b"a" * 101, limits=Limits(100))


@pytest.mark.parametrize("suffix", ["txt", "csv", "jsonl"])
def test_a_line_that_is_too_long_is_located(suffix):
    message = refusal(f"a.{suffix}", b"text\n" + b"a" * 1_000_001)
    assert f"a.{suffix}, line 2 has 1,000,001 characters" in message


def test_json_on_one_long_line_is_fine():
    text = json.dumps([{"insight": "The export is slow"}] * 40_000)
    assert len(text) > 1_000_000
    assert len(read_source("a.json", text.encode()).documents) == 40_000


def test_missing_files_folders_and_devices(tmp_path):
    with pytest.raises(ReadError, match="cannot be opened: No such file"):
        read_file(tmp_path / "none.txt")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(ReadError, match="is not a regular file"):
        read_file(tmp_path / "folder.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(ReadError, match="is not a regular file"):
        read_file(tmp_path / "pipe.txt")


def test_an_ending_that_no_reader_knows():
    assert "the ending '.pages'" in refusal("a.pages", b"x")


def test_a_table_without_text_lists_its_columns_and_asks_for_a_choice():
    with pytest.raises(ColumnsNeeded) as caught:
        read_source("a.csv", b"date,Rating\n1,2\n")
    assert "“date”, “Rating”" in str(caught.value)
    assert "--column text=" in str(caught.value)
    assert (caught.value.header, caught.value.sample) == (["date", "Rating"], [["1", "2"]])
    assert "“colour”" in refusal("a.json", b'[{"colour": "red"}]')


def test_too_many_columns():
    header = ",".join(["insight", *(f"c{n}" for n in range(1000))])
    assert "has 1,001 columns; at most 1,000" in refusal("a.csv", f"{header}\n".encode())
    wide = json.dumps({f"k{n}": n for n in range(1001)})
    assert row_refusals("a.jsonl", b'{"insight": "x"}\n' + wide.encode()) == [
        (2, "1,001 keys; at most 1,000 are read")
    ]


def test_a_repeated_column_is_read_each_time():
    content = read_source("a.csv", b"text,id,text\nOne is here.,7,Two is here.\n")
    assert [one.text for one in content.documents] == ["One is here.", "Two is here."]


def test_a_header_without_rows():
    assert "no rows below its header" in refusal("a.csv", b"insight\n\n")


def test_rows_with_too_many_or_too_few_cells():
    found = row_refusals("a.csv", b'insight,page\n"a\nb",1\nc,2,3\nd\n')
    assert [(line, message.split(" than")[0]) for line, message in found] == [
        (4, "3 cells, more"),
        (5, "1 cell, fewer"),
    ]


def test_a_quotation_mark_that_is_never_closed_is_found_where_it_opens():
    message = refusal("a.csv", b'insight,page\nOne,1\n"Two,2\nThree,3\n')
    assert "a.csv, line 3: a quotation mark opens a cell and is never closed" in message


def test_text_after_a_closing_quotation_mark():
    assert "a.csv, line 2: " in refusal("a.csv", b'insight,page\n"One" two,1\n')


def test_statements_that_are_too_long_or_no_text():
    lines = ['{"insight": "%s"}' % ("a" * 2001), '{"insight": 7}', "[]", "3"]
    lines += ['{"insight": "a\\u0000b"}', '{"insight": "a\\ud800b"}']
    found = row_refusals("a.jsonl", "\n".join(lines).encode())
    assert found[0][1].startswith("the insight has 2,001 characters; at most 2,000")
    assert found[1] == (2, "the insight holds no words")
    assert [line for line, _ in found] == list(range(1, 7))
    assert "NUL" in dict(found)[5]
    assert "surrogate" in dict(found)[6]


def test_rows_without_text_are_passed_over_and_counted():
    content = read_source("a.csv", b"id,text\n1,Two is here\n2, \n")
    assert [one.text for one in content.documents] == ["Two is here"]
    assert content.blank_rows == 1
    lines = ['{"insight": ""}', '{"insight": null}', "{}", '{"insight": "One is here"}']
    assert read_source("a.jsonl", "\n".join(lines).encode()).blank_rows == 3


def test_broken_json_says_line_and_column():
    assert refusal("a.json", b'[\n {"insight": "a"},\n {"insight" "b"}\n]').startswith(
        "a.json, line 3, column 13: not valid JSON"
    )


def test_a_broken_line_of_json_lines_keeps_its_number():
    found = row_refusals("a.jsonl", b'{"insight": "a"}\n\n{"insight": \n')
    assert [line for line, _ in found] == [3]
    assert found[0][1].startswith("column 13: not valid JSON")
    content = read_source(
        "a.jsonl", b'{"insight": "a"}\n\n{"insight": \n', Options(keep_good_rows=True)
    )
    assert len(content.documents) == 1


@pytest.mark.parametrize("depth", [101, 100_000])
def test_deep_json_is_refused_with_its_depth(depth):
    text = '{"insight": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
    assert f"nested {depth:,} deep" in refusal("a.json", text.encode())
    assert f"nested {depth:,} deep" in row_refusals("a.jsonl", text.encode())[0][1]


def test_brackets_inside_strings_are_no_depth():
    text = json.dumps([{"insight": "So it is" + "[" * 500 + '"{\\' + "{" * 500}])
    assert len(read_source("a.json", text.encode()).documents) == 1


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[]", "an empty list"),
        ("3", "a single value"),
        ('"text"', "a single value"),
        ("{}", "no list of objects and no text"),
        ("[1, 2]", "No row is good"),
        ("[" + "1" * 5000 + "]", "a number is too long"),
    ],
)
def test_json_of_the_wrong_shape(text, part):
    assert part in refusal("a.json", text.encode())
