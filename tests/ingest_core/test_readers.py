"""Good files of every format: what they hold, and where each row stood."""

import json

import pytest

from insights.ingest.readers import Limits, Options, ReadError, RowError, read_source

KEEP_GOOD = Options(keep_good_rows=True)


def read(name, text, **options):
    return read_source(name, text.encode(), Options(**options)).documents


def rows(name, text, **options):
    found = read(name, text, **options)
    assert {row.kind for row in found} == {"statement"}
    return [(row.text, row.locator_prefix) for row in found]


def documents(name, text, **options):
    return [(one.title, one.text, one.locator_prefix) for one in read(name, text, **options)]


def test_a_text_file_is_one_document():
    content = read_source("notes/week 1.txt", b"One.\r\nTwo.\rThree.\n")
    assert (content.title, content.format, content.encoding) == ("week 1", "txt", "utf-8")
    assert [(one.kind, one.text) for one in content.documents] == [
        ("prose", "One.\nTwo.\nThree.\n")
    ]


def test_a_markdown_file_is_named_by_its_first_heading():
    assert read_source("a.md", b"---\nx: y\n---\n# Payroll  call #\n\nOne.").title == "Payroll call"
    assert read_source("a.md", b"## Deep\n\nOne.").title == "a"


@pytest.mark.parametrize("column", ["insight", "Statement", "FINDING", "claim"])
def test_rows_with_an_insight_column_are_insights(column):
    text = f"id,{column}\n7,The export is slow.\n8,The  import\tis fast.\n"
    assert rows("a.csv", text) == [
        ("The export is slow.", "id 7"),
        ("The import is fast.", "id 8"),
    ]


@pytest.mark.parametrize(
    "column", ["text", "body", "content", "answer", "review", "comment", "notes", "transcript"]
)
def test_rows_with_a_text_column_are_documents(column):
    text = f"Ticket ID,Subject,{column}\nRF-1042,Export,It is slow. It fails.\n"
    assert documents("a.csv", text) == [
        ("Export", "Export", "ticket RF-1042"),
        ("Export", "It is slow. It fails.", "ticket RF-1042"),
    ]


def test_an_insight_column_goes_before_a_text_column():
    assert rows("a.csv", "insight,comment\nThe export is slow,really\n")


def test_each_text_column_is_read_at_a_place_of_its_own():
    assert documents("a.csv", "notes,body\nB is b.,A is a.\n,C is c.\n") == [
        ("a", "A is a.", "row 2, body"),
        ("a", "B is b.", "row 2, notes"),
        ("a", "C is c.", "row 3, body"),
    ]


@pytest.mark.parametrize(
    ("header", "cells", "locator"),
    [
        ("x", "y", "row 2"),
        ("id", "12", "id 12"),
        ("ticketId", "RF-1", "ticket RF-1"),
        ("page,section", "4,Tax", "p. 4, § Tax"),
        ("Time,Speaker", "00:12:31,Maria", "00:12:31, Maria"),
        ("id,locator", "12,p. 9", "p. 9"),
        ("title", "Payroll", "Payroll"),
        ("id", "", "row 2"),
    ],
)
def test_the_columns_that_make_a_locator(header, cells, locator):
    (row,) = rows("a.csv", f"{header},insight\n{cells},The export is slow\n")
    assert row[1] == locator


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    lines = [["id", "insight"], ["1", "Slow; very slow, really"], ["2", "Fine"]]
    if delimiter in ",;":
        lines[1][1] = f'"{lines[1][1]}"'
    text = "\n".join(delimiter.join(line) for line in lines)
    assert [row[0] for row in rows("a.csv", text)] == ["Slow; very slow, really", "Fine"]


def test_one_column_may_hold_commas_without_quotation_marks():
    assert [row[0] for row in rows("a.csv", "insight\nThe export, at last, works\n")] == [
        "The export, at last, works"
    ]


def test_a_tsv_file_is_read_by_tabs_though_it_holds_commas():
    assert rows("a.tsv", "id\tinsight\n1\tOne, two, three\n")[0][0] == "One, two, three"


def test_cells_over_several_lines_keep_the_line_numbers_right():
    text = 'insight,page\n"The export\nis\nslow",1\n\nThe import is fast\n'
    content = read_source("a.csv", text.encode(), KEEP_GOOD)
    assert [row.text for row in content.documents] == ["The export is slow"]
    assert [error.line for error in content.row_errors] == [6]


def test_a_cell_longer_than_the_csv_modules_own_limit_is_read():
    text = "word " * 40_000
    assert len(documents("a.csv", f"text\n{text}\n")[0][1]) == len(text.strip())


LIST = '[\n {"insight": "One is slow", "page": 3},\n\n {"insight": "Two is fast"}\n]'


def test_a_json_list_of_objects_knows_the_lines_of_its_items():
    assert rows("a.json", LIST) == [
        ("One is slow", "p. 3"),
        ("Two is fast", "item 2"),
    ]
    content = read_source("a.json", LIST.replace("]", ",\n 7]").encode(), KEEP_GOOD)
    assert [error.line for error in content.row_errors] == [6]


def test_a_json_list_of_strings_is_one_of_insights():
    assert rows("a.json", '["One is",\n"Two is"]') == [("One is", "item 1"), ("Two is", "item 2")]


def test_a_json_object_with_one_list_inside():
    text = f'{{"title": "Survey", "count": [],\n "data": {{"a": [1]}},\n "rows": {LIST}}}'
    content = read_source("a.json", text.encode())
    assert content.title == "Survey"
    assert [row.text for row in content.documents] == ["One is slow", "Two is fast"]


def test_a_json_object_with_a_text_is_one_document():
    text = json.dumps({"title": "Call", "text": "It is slow.", "tags": ["a"]})
    assert documents("a.json", text) == [
        ("Call", "Call", "item 1"),
        ("Call", "It is slow.", "item 1"),
    ]


def test_json_lines():
    text = '{"review": "It is slow.", "id": 4}\n\n{"review": "It is fast.", "Speaker": "Al"}\n'
    assert documents("a.jsonl", text) == [
        ("a", "It is slow.", "id 4"),
        ("a", "It is fast.", "Al"),
    ]
    assert rows("a.jsonl", '"One is slow"\n{"claim": "Two is fast"}\n') == [
        ("One is slow", "line 1"),
        ("Two is fast", "line 2"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_names_the_encoding(encoding):
    content = read_source("a.csv", "insight\nCafé is full\n".encode(encoding))
    assert content.documents[0].text == "Café is full"
    assert content.encoding.startswith(encoding[:5])


def test_another_encoding_when_it_is_named():
    content = read_source("a.txt", "Café".encode("latin-1"), Options(encoding="latin-1"))
    assert (content.documents[0].text, content.encoding) == ("Café", "latin-1")
    assert read_source("a.txt", "Café".encode("utf-16-le"), Options(encoding="utf-16-le"))


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp932", "エクスポートに一時間かかります。印刷も遅いです。"),
        ("euc_jp", "駅の案内板が見にくい"),
        ("euc_kr", "보내기가 한 시간이나 걸립니다. 인쇄도 느립니다."),
        ("gb18030", "导出需要一个小时，打印也很慢。我们的报表总是错的。"),
        ("cp1251", "Экспорт занимает час, и печать медленная."),
        ("koi8_r", "Экспорт занимает час, и печать медленная."),
        ("cp1253", "Η εξαγωγή διαρκεί μία ώρα και η εκτύπωση είναι αργή."),
        ("cp1254", "Dışa aktarma bir saat sürüyor, baskı da çok yavaş ve ağır."),
        ("cp1255", "היצוא נמשך שעה וההדפסה איטית"),
        ("cp1256", "التصدير يستغرق ساعة والطباعة بطيئة"),
        ("mac_roman", "L’impression est très lente à l’entrée."),
        ("cp1250", "Az export egy óráig tart, a nyomtatás lassú és őrjítő."),
        ("cp1252", "Die Türen öffnen sich für Rollstühle nicht von selbst."),
        ("cp1252", "O botão não está à mão e às vezes não há ninguém."),
        ("cp1250", "Eksport trwa godzinę, a drukowanie też jest wolne. Źle działa też łącze."),
        ("cp1252", "L’impression est très lente à l’entrée, même le matin. Où êtes-vous passés ?"),
    ],
)
def test_a_legacy_encoding_is_guessed_and_named(encoding, words):
    plain = "A line of ASCII stands above it.\n" * 4000
    for text in (words, plain + words, words * 5000):
        content = read_source("a.txt", text.encode(encoding))
        assert (content.documents[0].text, content.encoding) == (text, encoding)
        assert any(f"was read as {encoding}" in note for note in content.notes)


def test_a_byte_order_mark_is_surer_than_a_named_encoding():
    assert (
        read_source("a.txt", "Café".encode("utf-8-sig"), Options(encoding="latin-1")).encoding
        == "utf-8"
    )


BROKEN = "id,insight\n1,Good is here\n2\n3,\n4,Also good here\n4,A repeated id\n"


def test_the_good_rows_are_kept_on_request_and_blank_ones_counted():
    content = read_source("a.csv", BROKEN.encode(), KEEP_GOOD)
    assert [row.locator_prefix for row in content.documents] == ["id 1", "id 4", "id 4"]
    assert content.row_error_count == 1
    assert [error.line for error in content.row_errors] == [3]
    assert content.blank_rows == 1
    assert "Skipped 1 row without text." in content.notes


@pytest.mark.parametrize("column", ["insight", "comment"])
def test_a_row_that_is_only_a_script_or_an_image_is_kept_and_bare_layout_is_blank(column):
    script, image = "<script>document.forms[0].submit()</script>", "<img src=x onerror=alert(1)>"
    cells = [script, image, "<p>&nbsp;</p>", "<p>The <b>rota</b> is late every week</p>"]
    rows = json.dumps([{column: cell} for cell in cells]).encode()

    content = read_source("rows.json", rows)

    kept = [document.text for document in content.documents]
    assert kept == [script, image, "The rota is late every week"]
    assert content.blank_rows == 1


def test_one_row_error_refuses_the_whole_file():
    with pytest.raises(ReadError) as caught:
        read_source("a.csv", BROKEN.encode())
    error = caught.value
    assert error.row_errors == [
        RowError(
            3,
            "1 cell, fewer than the 2 columns of the header (a delimiter inside a cell needs "
            "quotation marks around the cell)",
        ),
    ]
    assert str(error).startswith("a.csv: 1 row cannot be read: line 3: 1 cell,")
    assert "keep only what is good (--keep-good-rows): 3 rows." in str(error)


def test_a_file_without_a_good_row_is_refused_even_on_request():
    with pytest.raises(ReadError, match="holds no text"):
        read_source("a.csv", b"insight,x\n,1\n", KEEP_GOOD)


def test_of_very_many_row_errors_the_first_are_kept_and_all_are_counted():
    text = "insight,x\na is a,1\n" + "a\n" * 500
    with pytest.raises(ReadError) as caught:
        read_source("a.csv", text.encode(), Options(limits=Limits(max_row_errors=10)))
    assert (len(caught.value.row_errors), caught.value.row_error_count) == (10, 500)


def test_answers_listed_by_day_are_read_and_turns_without_sentences():
    days = {"2024-01-01": ["The export is slow."], "2024-01-02": ["The lift is stuck."]}
    found = read_source("a.json", json.dumps(days).encode())
    assert [one.text for one in found.documents] == ["The export is slow.", "The lift is stuck."]
    turns = [
        {"speaker": name, "start": at, "text": text, "sentences": []}
        for name, at, text in (("Ann", 1, "The lift is stuck."), ("Bob", 4, "It was on Monday."))
    ]
    (talk,) = read_source("b.json", json.dumps({"segments": turns}).encode()).documents
    assert talk.text.startswith("Ann: The lift is stuck.")


def test_a_text_that_differs_in_white_space_only_is_read_once():
    table = 'text,body_text\n"The export is slow.  Always.","The export is slow.\nAlways."\n'
    assert len(read_source("a.csv", table.encode()).documents) == 1
