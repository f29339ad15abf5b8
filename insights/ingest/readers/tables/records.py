"""Find the lists of records in a JSON value: rows, the comments on them, and answers to forms."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from insights.ingest.days import day_of
from insights.ingest.readers.tables.columns import (
    INSIGHT_COLUMNS,
    column_name,
    names_by_role,
    people,
    recognise,
)
from insights.ingest.readers.values import cell_text, iso_time, one_line


class Lists(dict[str, list[object]]):
    """Lists of records by path.

    `by_staff` counts the comments that were skipped, `left_out` the lists beyond `MOST_LISTS`.
    """

    by_staff = 0
    left_out = 0


# Keys that only wrap a record: their content is read one level higher.
WRAPPERS = frozenset("fields attributes data properties node _source source item record".split())
COMMENT_TEXTS = ("body", "text", "comment", "content", "message", "value", "raw", "cooked")
# What staff and robots add to a conversation, by the keys that products mark it with.
_STAFF = re.compile(
    r"(?:^|[._])(?:is_admin|is_agent|is_private|private|is_internal|internal"
    r"|is_(?:team_?member|staff|official|employee))$"
)
_STAFF_TYPES = frozenset("admin bot agent teammate staff system operator".split())
MOST_LISTS = 200
# An object of more objects than this, which share a key, is a list of records by their ids.
_MOST_NAMED = 20
_DEEPEST = 8
MOST_SHORT = 200
# So many items are looked at to tell whether a list holds records.
_LOOKED_AT = 200
_TIMES = re.compile(
    r"(?:^|[._])(?:date|time|created|updated|modified|timestamp|ts|utc)(?:$|[._])|_at$|usec$"
)
# Keys of a form's answers, of the question that one answers, and of the answer itself.
_ANSWERS = ("answers", "responses")
_QUESTION = ("question", "question_title", "title", "label", "field", "question_id", "field_id")
_ANSWER = ("answer", "value", "text", "response", "choice", "choices", "number", "email", "date")


def flat(item: Mapping[str, object], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield a record's fields as text; those of objects inside it have a path: "user.name"."""
    for key, value in item.items():
        own = key.lower() in WRAPPERS and isinstance(value, dict)
        own = own or (prefix != "" and key == "rich_text")  # Notion
        own = own or (prefix != "" and key == "label" and len(item) < 3)  # Apple's feeds
        name = prefix if own else f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict) and depth < 4:
            yield from flat(value, name, depth + 1)
        elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
            # Comments are read as records of their own.
            rest = [one for one in value if not (isinstance(one, dict) and _is_comment(one))]
            if words := list(filter(None, map(cell_text, rest))):
                yield name, ", ".join(words)
        elif name and value is not None:
            yield name, iso_time(value) if _is_time(name) else cell_text(value)


@lru_cache(4096)
def _is_time(key: str) -> bool:
    return _TIMES.search(column_name(key)) is not None


def record_lists(value: object) -> Lists:
    """Return the lists whose objects have text, by path; the longest list when none has.

    Empty when there is no list at all.
    """
    titles = _question_titles(value)
    value = _listed_by_id(value)
    if isinstance(value, dict) and has_text(value) and not _only_titled(value):
        lists = Lists({"": [value]})
        collect_comments("", [value], lists)
        return lists
    lists = Lists()
    _collect("", value, lists, 0)
    forms = [path for path, items in lists.items() if any(map(_form_answers, items))]
    for path, items in lists.items():
        lists[path] = [with_answers(one, titles) for one in items]
    usable = forms or [path for path, items in lists.items() if _have_text(items)]
    if not usable and isinstance(value, dict) and has_text(value):
        return Lists({"": [value]})
    if not usable:
        strings = [p for p, items in lists.items() if all(isinstance(one, str) for one in items)]
        named = [path for path in strings if column_name(path).rstrip("s") in INSIGHT_COLUMNS]
        found = named or [path for path in lists if path not in strings] or strings
        usable = [max(found, key=lambda path: len(lists[path]))] if found else []
    lists.left_out = len(usable[MOST_LISTS:])
    for path in lists.keys() - usable[:MOST_LISTS]:
        del lists[path]
    return lists


def _collect(
    path: str, value: object, lists: Lists, depth: int, above: Mapping[str, object] = {}
) -> None:
    """Add the lists of records in a value.

    What is known of a record whose parts alone have text, `above`, is known of each of them.
    """
    if depth > _DEEPEST:
        return
    value = _listed_by_id(value)
    if isinstance(value, dict):
        if depth and path and has_text(value):
            lists.setdefault(path, []).append(value)
            collect_comments(path, [value], lists)
            return
        for key, inner in value.items():
            _collect(f"{path}.{key}" if path else str(key), inner, lists, depth + 1, above)
    elif isinstance(value, list) and value:
        said = [item for item in value if not _is_of_staff(item)]
        lists.by_staff += len(value) - len(said)
        items = [{**above, **one} if isinstance(one, dict) else one for one in map(unwrapped, said)]
        if all(isinstance(item, str) for item in items) or any(map(_is_row, items)):
            lists.setdefault(path, []).extend(items)
            if _have_text(items) or any(map(_form_answers, items[:_LOOKED_AT])):
                collect_comments(path, items, lists)
                return
        for item in items:
            if isinstance(item, dict):
                short = {key: one for key, one in item.items() if _is_short(one)}
                _collect(path, item, lists, depth + 1, short)


def _listed_by_id(value: object) -> object:
    """Return the records of an object that holds them by their ids, each with its id."""
    if not isinstance(value, dict):
        return value
    records = list(value.values())
    if len(value) > 1 and all(map(day_of, map(str, value))):  # lists by day
        rows = {day: inner if isinstance(inner, list) else [inner] for day, inner in value.items()}
        dated = [
            (day, {"text": one} if isinstance(one, str) else one)
            for day, some in rows.items()
            for one in some
        ]
        if all(_is_row(one) for _, one in dated):
            return [{"entry": day, **one} for day, one in dated]
    if len(value) <= _MOST_NAMED:
        return value
    if not all(map(_is_row, records)) or not set(records[0]).intersection(*records[1:]):
        return value
    whole = zip(value, map(unwrapped, records), strict=True)
    return [{"entry": key, **one} for key, one in whole if isinstance(one, dict)]


def collect_comments(path: str, items: Iterable[object], lists: Lists, depth: int = 0) -> None:
    """Add the comments on records, and the replies to those: their statements count as well."""
    for item in items if depth < 4 * _DEEPEST else ():
        fields: dict[str, object] = item if isinstance(item, dict) else {}
        for key, inner in fields.items():
            # Replies are a list like the one that holds what they reply to.
            below = path if path.endswith(key) else f"{path}.{key}" if path else str(key)
            if isinstance(inner, dict):
                collect_comments(below, [inner], lists, depth + 1)
            elif isinstance(inner, list):
                said = {value for value in fields.values() if isinstance(value, str)}
                found = [one for one in map(unwrapped, inner) if isinstance(one, dict)]
                comments = list(filter(_is_comment, found))
                for one in comments:
                    if _by_staff(one):
                        lists.by_staff += 1
                    elif said.isdisjoint(one.get(name) for name in COMMENT_TEXTS if one.get(name)):
                        lists.setdefault(below, []).append(one)
                collect_comments(below, comments, lists, depth + 1)


def _is_short(value: object) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) < MOST_SHORT


def _is_of_staff(item: object) -> bool:
    """Return True for {"developerComment": {...}}."""
    keys = [column_name(key) for key in item] if isinstance(item, dict) else []
    return len(keys) == 1 and keys[0].startswith(("developer", "admin", "agent", "staff", "owner"))


def unwrapped(item: object) -> object:
    """Return the object in an envelope: {"note": {...}}, or {"kind": "t1", "data": {...}}."""
    if isinstance(item, dict) and len(item) <= 2:
        inside = [(key, inner) for key, inner in item.items() if isinstance(inner, dict)]
        if len(inside) == 1 and (len(item) == 1 or inside[0][0].lower() in WRAPPERS):
            key, inner = inside[0]
            return inner | {name: value for name, value in item.items() if name != key}
    return item


def _is_comment(item: Mapping[str, object]) -> bool:
    """Return True for a text that has an author or a date."""
    names = {column_name(key): value for key, value in flat(item)}
    said = any(" " in names.get(name, "").strip() for name in COMMENT_TEXTS)
    return said and bool(people(names) or not names.keys().isdisjoint(names_by_role()["date"]))


def _by_staff(comment: Mapping[str, object]) -> bool:
    for key, value in flat(comment):
        name = column_name(key)
        if name in {"incoming", "public"} and value == "no":
            return True
        if _STAFF.search(name) and value == "yes":
            return True
        if name.endswith((".type", "_type")) and value in _STAFF_TYPES:
            return True
    return False


def _is_row(item: object) -> bool:
    return isinstance(item, dict) and bool(item)


def _have_text(items: list[object]) -> bool:
    return any(isinstance(item, dict) and has_text(item) for item in items[:_LOOKED_AT])


def has_text(item: Mapping[str, object]) -> bool:
    """Return True if an object has a key for text or insights, with text in it."""
    fields = dict(flat(item))
    if recognise(list(fields)):
        return True
    texts = _text_names()
    if any(column_name(key) in texts and " " in value.strip() for key, value in fields.items()):
        return True
    # A title is enough where the object is surely a record: it has an id, a link or a date.
    names = set(map(column_name, fields))
    return bool({"title", "subject"} & names) and bool({"number", "url", "id", "name"} & names)


def _only_titled(item: Mapping[str, object]) -> bool:
    """Return True for a topic, which has a title itself and its texts in a list inside."""
    fields = dict(flat(item))
    if not _text_names().isdisjoint(map(column_name, fields)) or recognise(list(fields)):
        return False
    inside = Lists()
    _collect("", {k: v for k, v in item.items() if isinstance(v, dict | list)}, inside, 0)
    return any(map(_have_text, inside.values()))


def _text_names() -> set[str]:
    return {*names_by_role()["text"], *INSIGHT_COLUMNS}


def with_answers(item: object, titles: Mapping[str, str]) -> object:
    """Return a form's response with a field for each question, in place of a list of answers."""
    answers = _form_answers(item)
    if not isinstance(item, dict) or not answers:
        return item
    others = {key: value for key, value in item.items() if key not in _ANSWERS}
    for asked, value in answers.items():
        others[_unused(titles.get(asked, asked), others)] = value
    return others


def _unused(name: str, taken: Mapping[str, object]) -> str:
    """Return the name, with a number if another question has the same wording."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _form_answers(item: object) -> dict[str, object]:
    """Return the answers by question, or by the question's id."""
    if not isinstance(item, dict):
        return {}
    for key in _ANSWERS:
        inner = item.get(key)
        parts = list(inner.values()) if isinstance(inner, dict) else inner
        if not isinstance(parts, list) or not all(map(_is_row, parts)):
            continue
        found: dict[str, object] = {}
        for part in parts:
            fields = {column_name(name): value for name, value in part.items()}
            asked = next((fields[name] for name in _QUESTION if fields.get(name)), None)
            if isinstance(asked, dict):
                asked = asked.get("title") or asked.get("ref") or asked.get("id")
            if asked is None and "answer" in fields:  # Jotform
                asked = fields.pop("text", None)
            if isinstance(asked, str):
                answer = next(
                    (fields[n] for n in _ANSWER if fields.get(n) not in (None, asked)), ""
                )
                found[_unused(one_line(asked), found)] = answer
        if found:
            return found
    return {}


def _question_titles(value: object, depth: int = 0) -> dict[str, str]:
    """Return the wording of a form's questions by their ids."""
    titles: dict[str, str] = {}
    for key, inner in value.items() if isinstance(value, dict) and depth < 4 else ():
        if key in {"questions", "fields"} and isinstance(inner, list):
            for one in inner:
                title = one.get("title") or one.get("label") if isinstance(one, dict) else None
                if isinstance(title, str):
                    ids = (one.get("id"), one.get("ref"))
                    titles |= {str(name): one_line(title) for name in ids if name}
        else:
            titles |= _question_titles(inner, depth + 1)
    return titles
