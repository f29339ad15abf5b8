"""JSON and JSON Lines: lists of objects or of statements, with the line each item starts on."""

import json
import re
from collections.abc import Iterator
from itertools import accumulate

from insights.ingest.readers.content import Limits, ReadError, SourceContent
from insights.ingest.readers.records import (
    INSIGHT_COLUMNS,
    TEXT_COLUMNS,
    Record,
    RowErrors,
    column_name,
    is_usable,
    no_usable_column,
    records_to_content,
)

# The closing mark is optional, so that a string that never ends is passed over once.
JSON_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
SPACE = re.compile(r"[ \t\n\r]*+")
STEP = {"[": 1, "{": 1, "]": -1, "}": -1}
SHAPES = (
    "a list of objects, a list of statements, an object with one such list inside, or one document"
)


def read_json(
    name: str, title: str, text: str, *, keep_good_rows: bool, limits: Limits
) -> SourceContent:
    value = _parse(text, limits, where=name)
    errors = RowErrors(limits)
    if isinstance(value, dict):
        title = next(
            (v for k, v in value.items() if column_name(k) == "title" and isinstance(v, str) and v),
            title,
        )
    if isinstance(value, dict) and is_usable(map(column_name, value)):
        items: Iterator[tuple[int, object]] = iter([(1, value)])
    else:
        items = _list_items(text, _list_offset(name, text, value))
    labelled = ((line, f"item {n}", item) for n, (line, item) in enumerate(items, 1))
    return _content(name, title, list(labelled), errors, keep_good_rows, limits)


def read_json_lines(
    name: str, title: str, text: str, *, keep_good_rows: bool, limits: Limits
) -> SourceContent:
    errors = RowErrors(limits)
    items: list[tuple[int, str, object]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            items.append((number, f"line {number}", _parse(line, limits, where="")))
        except ReadError as error:
            errors.add(number, str(error))
    return _content(name, title, items, errors, keep_good_rows, limits)


def json_depth(text: str) -> int:
    """How deep lists and objects are nested, in one pass and without recursion."""
    brackets = re.findall(r"[\[\]{}]", JSON_STRING.sub("", text))
    return max(accumulate(map(STEP.__getitem__, brackets)), default=0)


def _parse(text: str, limits: Limits, *, where: str) -> object:
    """The value of `text`. `where` is the file's name; "" when the caller names the line."""
    at = f"{where}: " if where else ""
    depth = json_depth(text)
    if depth > limits.max_json_depth:
        raise ReadError(
            f"{at}lists and objects are nested {depth:,} deep; at most {limits.max_json_depth} "
            "levels are read. Write the rows as one flat list of objects"
        )
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}, " if where else ""
        raise ReadError(
            f"{place}column {error.colno}: not valid JSON ({error.msg}). Export it again, or "
            "mend it there"
        ) from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise ReadError(f"{at}a number is too long to read ({error})") from error


def _content(
    name: str,
    title: str,
    items: list[tuple[int, str, object]],
    errors: RowErrors,
    keep_good_rows: bool,
    limits: Limits,
) -> SourceContent:
    records: list[Record] = []
    labels: dict[str, None] = {}
    for line, label, item in items:
        if isinstance(item, str):
            item = {INSIGHT_COLUMNS[0]: item}
        if not isinstance(item, dict):
            errors.add(line, "neither an object nor a statement in quotation marks")
        elif len(item) > limits.max_columns:
            errors.add(line, f"{len(item):,} keys; at most {limits.max_columns:,} are read")
        else:
            labels.update(dict.fromkeys(item))
            records.append(
                Record(line, label, {column_name(key): value for key, value in item.items()})
            )
    columns = [column_name(label) for label in labels]
    if not is_usable(columns) and records:
        raise no_usable_column(name, labels, word="key")
    return records_to_content(
        name,
        title,
        records,
        columns,
        errors=errors,
        keep_good_rows=keep_good_rows,
        limits=limits,
    )


def _list_offset(name: str, text: str, value: object) -> int:
    """Where the list of rows opens in `text`: the file itself, or the one list of its object."""
    start = _skip_space(text, 0)
    if isinstance(value, list):
        if not value:
            raise ReadError(f"{name} holds an empty list. Check that it was exported whole.")
        return start
    if not isinstance(value, dict):
        raise ReadError(f"{name} holds a single value. What can be read: {SHAPES}.")
    lists = [key for key, inner in value.items() if isinstance(inner, list) and inner]
    if not lists:
        raise no_usable_column(name, value, word="key")
    if len(lists) > 1:
        listed = ", ".join(map(repr, lists[:10]))
        raise ReadError(
            f"{name} has {len(lists)} lists ({listed}), so which one holds the rows is not "
            f"clear. Keep one of them. What can be read: {SHAPES}; keys for insights: "
            f"{', '.join(INSIGHT_COLUMNS)}; for texts: {', '.join(TEXT_COLUMNS)}."
        )
    return _value_offset(text, start, lists[0])


def _value_offset(text: str, at: int, wanted: str) -> int:
    """Where the last value of the key `wanted` starts in the object that opens at `at`."""
    decoder = json.JSONDecoder()
    found = at
    at = _skip_space(text, at + 1)
    while text[at] == '"':
        key, at = decoder.raw_decode(text, at)
        at = _skip_space(text, _skip_space(text, at) + 1)
        if key == wanted:
            found = at
        _, at = decoder.raw_decode(text, at)
        at = _skip_space(text, at)
        if text[at] == ",":
            at = _skip_space(text, at + 1)
    return found


def _list_items(text: str, at: int) -> Iterator[tuple[int, object]]:
    """Each item of the list that opens at `at`, with its line. `text` is known to be valid."""
    decoder = json.JSONDecoder()
    line, counted = 1, 0
    at = _skip_space(text, at + 1)
    while text[at] != "]":
        line += text.count("\n", counted, at)
        counted = at
        item, at = decoder.raw_decode(text, at)
        yield line, item
        at = _skip_space(text, at)
        if text[at] == ",":
            at = _skip_space(text, at + 1)


def _skip_space(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at
