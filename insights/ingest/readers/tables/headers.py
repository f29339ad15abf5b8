"""Find a table's header: below blank rows and titles, and in the two or three rows of surveys."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from insights.ingest.days import day_of

# What SurveyMonkey writes below a question that takes words.
OPEN_ENDED = frozenset({"response", "open-ended response"})
LOOK_AHEAD = 10
_QUALTRICS_TEXT = re.compile(r'"QID\d+(?:_\d+)*_TEXT"')


@dataclass(slots=True)
class Heading:
    """A table's header: its first `rows`; `names` are the first header row's own codes."""

    rows: int
    labels: list[str]
    names: list[str]
    export: str = ""
    title: str = ""
    text: list[str] = field(default_factory=list)
    """Labels of the columns that the export marks as open questions."""
    notes: list[str] = field(default_factory=list)


def find_heading(rows: Sequence[Sequence[str]]) -> Heading:
    """Return the header among the first rows, none of which is blank."""
    if not rows:
        return Heading(0, [], [])
    start = _first_header_row(rows)
    title = next((cell.strip() for row in rows[:start] for cell in row if cell.strip()), "")
    if _is_record(rows[start]):
        labels = [f"Column {number}" for number in range(1, len(rows[start]) + 1)]
        heading = _heading(start, labels, labels, "", title)
        heading.notes = ["It has no header: its columns are numbered."]
        return heading
    names = _trimmed(rows[start])
    following = [list(row) for row in rows[start + 1 : start + 3]]
    if third := next((n for n, row in enumerate(following) if _is_qualtrics_ids(row)), None):
        questions = [cell.strip() for cell in following[0]]
        labels = [q or name for q, name in zip(_padded(questions, len(names)), names, strict=True)]
        heading = _heading(start + 2 + third, labels, names, "qualtrics", title)
        pairs = zip(labels, following[third], strict=False)
        heading.text = [label for label, cell in pairs if _QUALTRICS_TEXT.search(cell)]
        return heading
    if following and _is_qualtrics_ids(following[0]):
        return _heading(start + 2, names, names, "qualtrics", title)
    if following and _is_second_header(names, following[0]):
        second = _trimmed(following[0])  # the last question may have no cell above its options
        width = max(len(names), len(second))
        names = _padded(names, width)
        labels = _combined(names, _padded(second, width))
        return _heading(start + 2, labels, names, "surveymonkey", title)
    return _heading(start + 1, names, names, "", title)


def _heading(rows: int, labels: list[str], names: list[str], export: str, title: str) -> Heading:
    notes = [f"The first {rows} rows were read as its header."] if rows > 1 else []
    return Heading(rows, labels, names, export, title, notes=notes)


def _first_header_row(rows: Sequence[Sequence[str]]) -> int:
    """Skip titles and lines such as "Exported on, 2024-05-01" above a wider table."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    width = max(filled[: 2 * LOOK_AHEAD])
    if width < 2 or filled[0] > max(1, min(2, width // 2)):
        return 0
    for at in range(1, min(LOOK_AHEAD, len(rows) - 1) + 1):
        if filled[at] > max(1, min(2, width // 2)):
            # Short first rows without their delimiters: surely titles only above a real table.
            is_padded = all(len(row) > 1 for row in rows[:at])
            is_table = filled[at] > 2 and at + 1 < len(rows) and len(rows[at]) == len(rows[at + 1])
            return at if is_padded or is_table else 0
    return 0


def _is_record(row: Sequence[str]) -> bool:
    """Return True for a row with a full date and a sentence: no header has both."""
    return any(
        day_of(cell) for cell in row if len(cell) < 40 and any(map(str.isdigit, cell))
    ) and any(len(cell.split()) > 3 and cell.rstrip()[-1:] in ".!" for cell in row)


def _is_qualtrics_ids(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.strip()]
    return bool(filled) and all(cell.lstrip().startswith('{"ImportId"') for cell in filled)


def _is_second_header(first: Sequence[str], second: Sequence[str]) -> bool:
    """Return True for options and "Response" below questions, which fill gaps of the first row."""
    if not second or second[0].strip() or len(second) < len(first) - 1:
        return False
    gaps = [at for at, cell in enumerate(first) if not cell and at < len(second)]
    lowered = {cell.strip().lower() for cell in second}
    return not OPEN_ENDED.isdisjoint(lowered) and (
        not gaps or sum(bool(second[at].strip()) for at in gaps) >= 0.8 * len(gaps)
    )


def _combined(first: list[str], second: list[str]) -> list[str]:
    labels: list[str] = []
    question = ""
    for upper, lower in zip(first, second, strict=True):
        question = upper or question
        own = lower if lower.lower() not in OPEN_ENDED else ""
        labels.append(" – ".join(part for part in (question, own) if part))
    return labels


def _trimmed(row: Sequence[str]) -> list[str]:
    labels = [cell.strip("\ufeff \t\n").replace("\xa0", " ") for cell in row]
    while labels and not labels[-1]:
        labels.pop()
    return labels


def _padded(cells: list[str], width: int) -> list[str]:
    return (cells + [""] * width)[:width]
