"""Dates as sources write them name the day on which something was said."""

from datetime import date

import pytest

from insights.ingest.days import Days, day_of

MARCH = date(2024, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05T23:00:00Z", "2024-03-05", "2024/03/05 3:12:01 PM GMT+1", "20240305",
        "05.03.2024", "5.3.24, 14:05", "3/5/24, 9:05 PM", "Mar 5, 2024", "5 March 2024",
        "Tue, 05 Mar 2024 10:11:12 +0100", "05-Mar-2024", "5. März 2024", "5 de março de 2024",
        "5 mars 2024 à 10:05", "2024年3月5日", "1709600400", "1709600400000", "1709600400.000200",
    ],
)  # fmt: skip
def test_a_date_is_read(text):
    assert day_of(text) == MARCH


@pytest.mark.parametrize(
    "text",
    ["", "00:14:05", "yesterday", "10", "2024", "Monday", "31.02.2024", "2999-01-01", "v2.10.2",
     "99/99/2024", "x" * 500],
)  # fmt: skip
def test_what_names_no_day_gives_none(text):
    assert day_of(text) is None


def test_a_month_alone_is_its_first_day():
    assert day_of("March 2024") == date(2024, 3, 1)


def test_one_clear_date_of_a_file_tells_which_number_is_the_day():
    assert Days(["05/03/2024", "13/03/2024"]).of("05/03/2024") == MARCH
    assert Days(["03/05/2024", "03/13/2024"]).of("03/05/2024") == MARCH
    assert Days(["03/05/2024"]).of("03/05/2024") == MARCH


def test_the_files_name_stands_in_for_a_row_without_a_date():
    days = Days([], name="interview-2024-03-05-anna.md")
    assert days.of("") == days.of("00:14:05") == MARCH
    assert days.of("2023-01-01") == date(2023, 1, 1)
    assert Days([], name="report-2024.md").of("") is None
