"""JSON and JSON Lines: messages, transcripts, or lists of objects that are read as tables."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate

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
from insights.ingest.readers.tables.columns import (
    INSIGHT_COLUMNS,
    column_name,
    names_by_role,
    recognise,
)
from insights.ingest.readers.tables.table import Row, RowErrors, Table, finish, read_table
from insights.ingest.readers.talk.chats import read_messages
from insights.ingest.readers.talk.speech import read_speech
from insights.ingest.readers.values import cell_text, iso_time, one_line

# The closing mark is optional, so that a string that never ends is passed over once.
JSON_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
STEP = {"[": 1, "{": 1, "]": -1, "}": -1}
# Keys that only wrap a record: their content is read one level higher.
WRAPPERS = frozenset("fields attributes data properties node _source source item record".split())
SHAPES = (
    "a list of objects, a list of statements, an object with such a list inside, or one document"
)
_TIMES = re.compile(r"(?:^|[._])(?:date|time|created|updated|timestamp|ts)(?:$|[._])|_at$|usec$")
MOST_LISTS = 200
COMMENT_TEXTS = ("body", "text", "comment", "content", "message")


@reads(".json", title="JSON")
def read_json(file: File) -> SourceContent:
    content = SourceContent(file.title)
    text = text_of(file, content, limit_lines=False)
    value = _parse(text, file.options.limits, where=file.name)
    if documents := _documents(file, value):
        content.documents = documents
        return content
    if isinstance(value, dict) and isinstance(value.get("title"), str):
        content.title = one_line(value["title"])[:200] or content.title
    errors = RowErrors(file.options.limits)
    tables = list(_tables(file.name, value, text))
    del text, value
    if len(tables) == 1:
        read_table(file, content, _as_table(tables[0][1], errors, tables[0][0], file), errors)
        return finish(file, content, errors)
    needed: ColumnsNeeded | None = None
    for place, items in tables:
        try:
            read_table(file, content, _as_table(items, errors, place, file), errors)
        except ReadError as error:
            needed = needed or (error if isinstance(error, ColumnsNeeded) else None)
    if needed and not content.documents:
        raise needed
    return finish(file, content, errors)


@reads(".jsonl", ".ndjson", title="JSON Lines")
def read_json_lines(file: File) -> SourceContent:
    content = SourceContent(file.title)
    text = text_of(file, content)
    errors = RowErrors(file.options.limits)

    def items() -> Iterator[tuple[int, str, object]]:
        for number, line in enumerate(lines_of(text), 1):
            if line.strip():
                try:
                    item = _parse(line.rstrip("\n"), file.options.limits, where="")
                    yield number, f"line {number}", item
                except ReadError as error:
                    errors.add(number, str(error))

    read_table(file, content, _as_table(items(), errors, "", file), errors)
    return finish(file, content, errors)


# A backslash of its own, a whole surrogate pair, or what no database can store.
ESCAPE = re.compile(
    r"\\\\|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(?P<unusable>\\u(?:0000|[dD][89a-fA-F]\w\w))"
)


def json_depth(text: str) -> int:
    """Return how deep lists and objects are nested, in one pass and without recursion."""
    brackets = re.findall(r"[\[\]{}]", JSON_STRING.sub("", text))
    return max(accumulate(map(STEP.__getitem__, brackets)), default=0)


def _parse(text: str, limits: Limits, *, where: str) -> object:
    """Parse `text`. `where` is the file's name; "" when the caller names the line."""
    at = f"{where}: " if where else ""
    count = text.count("{") + text.count("[")
    if count > limits.max_json_objects:
        raise ReadError(
            f"{at}it holds {count:,} lists and objects; at most {limits.max_json_objects:,} are "
            "read. Split it into smaller files"
        )
    depth = json_depth(text)
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
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}, " if where else ""
        raise ReadError(
            f"{place}column {error.colno}: not valid JSON ({error.msg}). Export it again, or "
            "fix it there"
        ) from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise ReadError(f"{at}a number is too long to read ({error})") from error


def _documents(file: File, value: object) -> list[Document]:
    """Find a chat or a transcript in the value."""
    if (messages := read_messages(file.title, value)) is not None:
        return messages
    talk = read_speech(file.title, value)
    return [talk] if talk else []


def _as_table(
    items: Iterator[tuple[int, str, object]], errors: RowErrors, place: str, file: File
) -> Table:
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
        for key, value in _flat(item):
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


def _flat(
    item: Mapping[str, object], prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, str]]:
    for key, value in item.items():
        own = key.lower() in WRAPPERS and isinstance(value, dict)
        own = own or (prefix != "" and key == "label" and len(item) < 3)  # Apple's feeds
        name = prefix if own else f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict) and depth < 4:
            yield from _flat(value, name, depth + 1)
        elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
            if words := list(filter(None, map(cell_text, value))):
                yield name, ", ".join(words)
        elif name and value is not None:
            is_time = _TIMES.search(column_name(name)) is not None
            yield name, iso_time(value) if is_time else cell_text(value)


def _tables(
    name: str, value: object, text: str
) -> Iterator[tuple[str, Iterator[tuple[int, str, object]]]]:
    """Yield the lists whose objects have text, with their paths; the longest when none has."""
    if isinstance(value, list):
        if not value:
            raise ReadError(f"{name} holds an empty list. Check that it was exported whole.")
        numbered = enumerate(_list_items(text, _skip_space(text, 0)), 1)
        yield "", ((line, f"item {n}", item) for n, (line, item) in numbered)
        inner: dict[str, list[object]] = {}
        _collect_comments("", value, inner)
        for path, items in inner.items():
            yield path, ((n, f"item {n}", item) for n, item in enumerate(items, 1))
        return
    if not isinstance(value, dict):
        raise ReadError(f"{name} holds a single value. What can be read: {SHAPES}.")
    if _has_text(value):
        yield "", iter([(1, "item 1", value)])
        return
    lists: dict[str, list[object]] = {}
    _collect("", value, lists, 0)
    usable = {
        path: items
        for path, items in lists.items()
        if any(isinstance(item, dict) and _has_text(item) for item in items[:200])
    }
    strings = {p: i for p, i in lists.items() if all(isinstance(one, str) for one in i)}
    if not usable:
        named = {p: i for p, i in strings.items() if column_name(p).rstrip("s") in INSIGHT_COLUMNS}
        objects = {p: i for p, i in lists.items() if p not in strings}
        found = named or objects or strings
        if not found:
            raise ReadError(
                f"{name} has no list of objects and no text. What can be read: {SHAPES}; keys for "
                f"insights: {', '.join(INSIGHT_COLUMNS)}; for texts: "
                f"{', '.join(names_by_role()['text'][:8])}."
            )
        longest = max(found, key=lambda path: len(found[path]))
        usable = {longest: found[longest]}
    for path, items in usable.items():
        place = path if len(usable) > 1 else ""
        yield place, ((n, f"item {n}", item) for n, item in enumerate(items, 1))


def _collect(path: str, value: object, lists: dict[str, list[object]], depth: int) -> None:
    if depth > 8 or len(lists) >= MOST_LISTS:
        return
    if isinstance(value, dict):
        if depth and path and _has_text(value):
            lists.setdefault(path, []).append(value)
            return
        for key, inner in value.items():
            _collect(f"{path}.{key}" if path else str(key), inner, lists, depth + 1)
    elif isinstance(value, list) and value:
        if all(isinstance(item, str) for item in value) or any(map(_is_row, value)):
            lists.setdefault(path, []).extend(value)
            if any(isinstance(item, dict) and _has_text(item) for item in value[:200]):
                _collect_comments(path, value, lists)
                return
        for item in value:
            if isinstance(item, dict):
                _collect(path, item, lists, depth + 1)


def _collect_comments(path: str, items: list[object], lists: dict[str, list[object]]) -> None:
    """Add the comments on records: their statements count as well."""
    for item in items:
        for key, inner in item.items() if isinstance(item, dict) else ():
            below = f"{path}.{key}" if path else str(key)
            if isinstance(inner, dict):
                _collect_comments(below, [inner], lists)
            elif isinstance(inner, list) and any(map(_is_comment, inner)):
                lists.setdefault(below, []).extend(filter(_is_comment, inner))


def _is_comment(item: object) -> bool:
    """Return True for words of somebody, or of some time."""
    if not isinstance(item, dict):
        return False
    names = {column_name(key): value for key, value in _flat(item)}
    roles = names_by_role()
    said = any(" " in names.get(name, "").strip() for name in COMMENT_TEXTS)
    return said and any(name in names for role in ("person", "date") for name in roles[role])


def _is_row(item: object) -> bool:
    return isinstance(item, dict) and bool(item)


def _has_text(item: Mapping[str, object]) -> bool:
    """Return True if an object has a key for text or insights, with text in it."""
    texts = {*names_by_role()["text"], *INSIGHT_COLUMNS}
    flat = dict(_flat(item))
    if recognise(list(flat)):
        return True
    if any(column_name(key) in texts and " " in value.strip() for key, value in flat.items()):
        return True
    # A title is enough where the object is surely a record: it has an id, a link or a date.
    names = set(map(column_name, flat))
    return bool({"title", "subject"} & names) and bool({"number", "url", "id", "name"} & names)


def _list_items(text: str, at: int) -> Iterator[tuple[int, object]]:
    """Yield the items of the list that opens at `at`, with their lines. `text` is valid JSON."""
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


_SPACE = re.compile(r"[ \t\n\r]*+")


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
