"""JSON and JSON Lines: messages, transcripts, or lists of objects that are read as tables."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from insights.ingest.readers.content import (
    ColumnsNeeded,
    Document,
    File,
    Limits,
    ReadError,
    SourceContent,
)
from insights.ingest.readers.decoding import lines_of, text_of
from insights.ingest.readers.packed import Packed
from insights.ingest.readers.registry import reads
from insights.ingest.readers.tables.columns import INSIGHT_COLUMNS, listed, names_by_role
from insights.ingest.readers.tables.records import (
    MOST_LISTS,
    Lists,
    collect_comments,
    flat,
    record_lists,
    unwrapped,
    with_answers,
)
from insights.ingest.readers.tables.table import Row, RowErrors, Table, finish, read_table
from insights.ingest.readers.talk.chats import read_messages
from insights.ingest.readers.talk.speech import read_speech
from insights.ingest.readers.values import one_line

Items = Iterable[tuple[int, str, object]]
"""(line, label, item) of each object or statement."""

# A string or a bracket. The string's closing mark is optional, so that one that never ends is
# skipped once.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}
SHAPES = (
    "a list of objects, a list of statements, an object with such a list inside, or one document"
)
# A list whose first items are neither a chat nor a transcript is read item by item.
_FIRST = 200


@reads(".json", title="JSON")
def read_json(file: File) -> SourceContent:
    content = SourceContent(file.title)
    text = _TWICE_ENCODED.sub(_once_decoded, text_of(file, content, limit_lines=False))
    _refuse_unusable(text, file.options.limits, where=file.name)
    at = _skip_space(text, 0)
    if text[at : at + 1] == "[":
        try:
            first = [item for _, item in islice(_list_items(text, at), _FIRST)]
            if first and not _documents(file, first) and not _is_nested(first):
                items = enumerate(_list_items(text, at), 1)
                listed = ((line, f"item {n}", item) for n, (line, item) in items)
                return _read_items(file, content, listed)
        except ValueError:  # the whole text tells better what is wrong with it
            content = SourceContent(file.title, encoding=content.encoding, notes=content.notes)
    return read_value(file, content, _loaded(text, where=file.name))


@reads(".jsonl", ".ndjson", title="JSON Lines")
def read_json_lines(file: File) -> SourceContent:
    content = SourceContent(file.title)
    text = text_of(file, content)
    errors = RowErrors(file.options.limits)

    def items() -> Iterator[tuple[int, str, object]]:
        for number, line in enumerate(lines_of(text), 1):
            if line.strip():
                try:
                    item = _parse(line.rstrip("\n"), file.options.limits)
                    yield number, f"line {number}", item
                except ReadError as error:
                    errors.add(number, str(error))

    return _read_items(file, content, items(), errors)


def read_value(file: File, content: SourceContent, value: object) -> SourceContent:
    """Read a chat, a transcript, or the lists of records in a JSON value."""
    if documents := _documents(file, value):
        content.documents = documents
        return content
    if not isinstance(value, dict | list):
        raise ReadError(f"{file.name} holds a single value. What can be read: {SHAPES}.")
    if value == []:
        raise ReadError(f"{file.name} holds an empty list. Check that it was exported whole.")
    if isinstance(value, dict) and isinstance(value.get("title"), str):
        content.title = one_line(value["title"])[:200] or content.title
    lists = record_lists(value)
    if not lists:
        raise ReadError(
            f"{file.name} has no list of objects and no text. What can be read: {SHAPES}; keys for "
            f"insights: {', '.join(INSIGHT_COLUMNS)}; for texts: "
            f"{', '.join(names_by_role()['text'][:8])}."
        )
    errors = RowErrors(file.options.limits)
    _read_lists(file, content, lists, errors)
    return finish(file, content, errors)


def _read_items(
    file: File, content: SourceContent, items: Items, errors: RowErrors | None = None
) -> SourceContent:
    """Read records one at a time, and then the comments on them."""
    errors = errors or RowErrors(file.options.limits)
    comments = Lists()

    def records() -> Iterator[tuple[int, str, object]]:
        for line, label, item in items:
            item = with_answers(unwrapped(item), {})
            collect_comments("", [item], comments)
            yield line, label, item

    read_table(file, content, _as_table(records(), errors, "", file), errors)
    _read_lists(file, content, comments, errors, many=True)
    return finish(file, content, errors)


def _read_lists(
    file: File, content: SourceContent, lists: Lists, errors: RowErrors, *, many: bool = False
) -> None:
    needed: ColumnsNeeded | None = None
    without_text: list[str] = []
    many = many or len(lists) > 1
    for path, found in lists.items():
        items = ((n, f"item {n}", item) for n, item in enumerate(found, 1))
        try:
            table = _as_table(items, errors, path if many else "", file)
            read_table(file, content, table, errors)
        except ColumnsNeeded as error:
            if not many:
                raise
            needed = needed or error
            without_text.append(path)
    if needed and not content.documents:
        raise needed
    if without_text:
        content.notes.append(f"Skipped, for want of a key of text: {listed(without_text)}.")
    if lists.left_out:
        content.notes.append(
            f"Read the first {MOST_LISTS} lists in it and left out {lists.left_out:,} more. "
            "Export their records as one list to read them all."
        )
    if lists.by_staff:
        content.notes.append(f"Skipped {lists.by_staff:,} replies and notes of staff.")


def _is_nested(items: list[object]) -> bool:
    """Return True if the items hold records rather than being some."""
    lists = record_lists(items)
    return bool(lists) and "" not in lists


# A backslash of its own, a whole surrogate pair, or what no database can store.
ESCAPE = re.compile(
    r"\\\\|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(?P<unusable>\\u(?:0000|[dD][89a-fA-F]\w\w))"
)


def json_depth(text: str) -> int:
    """Return how deep lists and objects are nested, in one pass and without recursion."""
    depth = deepest = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        depth += _STEP.get(text[match.start()], 0)
        deepest = max(deepest, depth)
    return deepest


def _parse(text: str, limits: Limits) -> object:
    """Parse a line; the caller names its number."""
    _refuse_unusable(text, limits, where="")
    return _loaded(text, where="")


def _refuse_unusable(text: str, limits: Limits, *, where: str) -> None:
    """Refuse JSON that is too large, too deep or not storable. `where` is the file's name."""
    at = f"{where}: " if where else ""
    count = text.count("{") + text.count("[")
    if count > limits.max_json_objects:
        raise ReadError(
            f"{at}it holds {count:,} lists and objects; at most {limits.max_json_objects:,} are "
            "read. Split it into smaller files"
        )
    # Few brackets cannot be deep: that holds for nearly every line of a file.
    depth = json_depth(text) if count > limits.max_json_depth else 0
    if depth > limits.max_json_depth:
        raise ReadError(
            f"{at}lists and objects are nested {depth:,} deep; at most {limits.max_json_depth} "
            "levels are read. Write the rows as one flat list of objects"
        )
    for escape in ESCAPE.finditer(text):
        if escape["unusable"]:
            line = text.count("\n", 0, escape.start()) + 1
            place = f"{where}, line {line}: " if where else ""
            raise ReadError(
                f"{place}the escape {escape[0]} is not a character that can be stored (NUL or half "
                "a surrogate pair). Remove it"
            )


def _loaded(text: str, *, where: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}, " if where else ""
        raise ReadError(
            f"{place}column {error.colno}: not valid JSON ({error.msg}). Export it again, or "
            "fix it there"
        ) from error
    except ValueError as error:  # an integer of more digits than Python converts
        at = f"{where}: " if where else ""
        raise ReadError(f"{at}a number is too long to read ({error})") from error


def _documents(file: File, value: object) -> list[Document]:
    """Find a chat or a transcript in the value."""
    if (messages := read_messages(file.title, value)) is not None:
        return messages
    talk = read_speech(file.title, value)
    return [talk] if talk else []


def _as_table(items: Items, errors: RowErrors, place: str, file: File) -> Table:
    """Turn objects into rows, with their keys, in the order of appearance, as the header."""
    places: dict[str, int] = {}
    rows: Packed[Row] = Packed()
    limits = file.options.limits
    for line, label, item in items:
        if isinstance(item, str):
            item = {INSIGHT_COLUMNS[0]: item}
        if not isinstance(item, dict):
            errors.add(line, "neither an object nor a statement in quotation marks")
            continue
        if len(item) > limits.max_columns:
            errors.add(line, f"{len(item):,} keys; at most {limits.max_columns:,} are read")
            continue
        cells = [""] * len(places)
        for key, value in flat(item):
            at = places.setdefault(key, len(places))
            if at >= len(cells):
                cells += [""] * (at + 1 - len(cells))
            cells[at] = cells[at] or value  # the record's own id before that of what it wraps
        if len(places) > limits.max_columns:
            raise ReadError(
                f"{file.name} has more than {limits.max_columns:,} different keys by line "
                f"{line:,}; no more are read. Keep the keys that hold the text and its position, "
                "and export again."
            )
        rows.append(Row(line, label, cells))
    if not rows and errors.count:
        finish(file, SourceContent(""), errors)
    return Table(rows, header=list(places), word="key", place=place)


def _list_items(text: str, at: int) -> Iterator[tuple[int, object]]:
    """Yield the items of the list that opens at `at`, with their lines.

    Raises ValueError where the JSON is not valid.
    """
    decoder = json.JSONDecoder()
    line, counted = 1, 0
    mark, at = ",", _skip_space(text, at + 1)
    while mark == ",":
        line += text.count("\n", counted, at)
        counted = at
        item, at = decoder.raw_decode(text, at)
        yield line, item
        at = _skip_space(text, at)
        mark, at = text[at : at + 1], _skip_space(text, at + 1)
    if mark != "]" or at != len(text):
        raise json.JSONDecodeError("Expecting ',' delimiter", text, at)


_SPACE = re.compile(r"[ \t\n\r]*+")


# Facebook writes each byte of a letter's UTF-8 as an escape of its own.
_TWICE_ENCODED = re.compile(r"(?:\\u00[89a-f][0-9a-f]){2,}")


def _once_decoded(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match[0].replace("\\u00", "")).decode()
    except UnicodeDecodeError:
        return match[0]


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
