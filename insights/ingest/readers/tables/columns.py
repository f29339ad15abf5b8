"""Roles of a table's columns, text or metadata: chosen, known or guessed."""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TypedDict

from insights.ingest.days import day_of
from insights.ingest.readers.content import ROLES, Columns, ReadError
from insights.text.wordlists import lines

# The first that a row fills is its insight; any of them makes the whole table one of insights.
INSIGHT_COLUMNS = ("insight", "statement", "finding", "claim")
# Columns of these names may be free text but are what the asking side wrote or a derived label.
NOT_TEXT = re.compile(
    r"(?:reply|response_text|preview|snippet|developer|internal|admin|agent|tags?|labels?|topics?|url|link|path|ip_|e-?mail"
    r"|user_?agent|device|version|file_?name|address|latitude|longitude|browser|(?:^|_)ids?$|hash"
    r"|(?:^|_)(?:first|last|middle|full|display)_?name$|(?:^|_)(?:time|date|at)$"
    r"|(?:vendor|owner|business|company|seller|host|manager|management|staff|public)_response)"
)
# Somebody's name, address or id under any longer name: "Consumer Username", "author.login".
_PERSON = re.compile(
    r"(?:^|[._])(?:created_by|posted_by|submitted_by|user|reviewer|customer|contact|requester"
    r"|requestor|author|respondent|recipient|visitor|consumer|participant|creator|submitter|sender|member"
    r"|guest|patient|reporter|caller|employee|commenter|interviewee|tenant|resident|person|your)"
    r"(?:[._](?P<kind>(?:full|user|display|nick|first)?_?name|first|login|handle|e_?mail"
    r"|e_?mail_address|(?:user_)?id))?$"
)
# Notion writes a related page as "Name (its address)".
RELATION = re.compile(r"(?<=\S) \(https?://[^()\s]{1,500}\)")
_FIGURE = re.compile(r"-?\d+(?:[.,]\d+)?")
_YES_OR_NO = re.compile(r"(?:do|does|did|is|are|was|were|has|have|can|would)_")
# "How easy was it? (1-7)", "del 1 al 5"
_SCALE = re.compile(r"\b[01]\s?(?:[-–]|to|bis|à|a|al)\s?(?:5|7|10|100)\b")
_NUMBER = re.compile(r"-?\d{1,3}(?:[.,]\d{1,2})?(?:\s?/\s?\d+)?")
# Beside a column of what people said, these hold what staff wrote about it.
_STAFF_TEXT = frozenset("notes note".split())
_SAID = frozenset("comment comments review answer response message feedback verbatim".split())
_NOBODY_ASKED = re.compile(
    r"owner|teammate|agent|assign|admin|editor|modif|update|moderat|interviewer|developer"
)
# Texts of records that have a name of their own: a feature, a card.
RECORD_TEXT = frozenset("description desc details detail body notes".split())
SAMPLE_ROWS = 2000
MOST_LABEL_CHARS = 60
FEWEST_WORDS = 3.0
MOST_REPEATED = 0.5


class _Export(TypedDict):
    name: str
    header: list[str]
    text: list[str]
    roles: dict[str, str]


@cache
def _exports() -> list[_Export]:
    text = resources.files(__package__).joinpath("exports.toml").read_text(encoding="utf-8")
    exports: list[_Export] = tomllib.loads(text)["export"]
    return exports


@cache
def names_by_role() -> dict[str, tuple[str, ...]]:
    return _listed("roles.txt")


def _listed(file: str) -> dict[str, tuple[str, ...]]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    lines = (line.partition(":") for line in text.splitlines() if line[:1] not in {"", "#"})
    return {role: tuple(names.split()) for role, _, names in lines}


@cache
def family_names() -> dict[str, str]:
    """Return, by the ending of a given name's column, that of the column which completes it."""
    pairs = (pair.partition("/") for pair in _listed("role_words.txt")["family"])
    return {given: family for given, _, family in pairs}


@cache
def _worded() -> dict[str, re.Pattern[str]]:
    """Return what tells a role within a longer name: its last word, or a word anywhere in it."""
    patterns: dict[str, re.Pattern[str]] = {}
    for role in ROLES:
        listed_words = _listed("role_words.txt").get(role, ())
        last = "|".join(re.escape(one) for one in listed_words if one[0] != "*")
        inside = "|".join(re.escape(one[1:]) for one in listed_words if one[0] == "*")
        begin = r"(?:^|[\W_])"
        endings = rf"{begin}(?:{last})$"
        patterns[role] = re.compile(f"{endings}|{begin}(?:{inside})" if inside else endings)
    return patterns


def column_name(label: str) -> str:
    """Normalise a name: "Ticket ID", "ticket-id" and "ticketId" become ticket_id."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label.strip("\ufeff \t\n").replace("\xa0", " "))
    return re.sub(r"[\s_-]+", "_", spaced).casefold()


def choose(name: str, word: str, header: Sequence[str], wanted: dict[str, list[str]]) -> Columns:
    """Return the columns that a person named; labels are compared without case and spaces.

    `wanted` has lists of labels by "text", "insight" and the `ROLES`. Raises `ReadError` when a
    column is not there.
    """
    by_name: dict[str, str] = {}
    for label in header:
        by_name.setdefault(column_name(label), label)

    def find(label: str) -> str:
        if found := by_name.get(column_name(label)):
            return found
        raise ReadError(
            f"{name} has no {word} {label!r}. It has: {listed(header)}. Choose among these."
        )

    roles = {role: find(wanted[role][0]) for role in ROLES if wanted.get(role)}
    text = tuple(map(find, wanted.get("text", [])))
    insight = tuple(map(find, wanted.get("insight", [])))
    if not text and not insight:
        raise ReadError(f"{name}: choose at least one {word} that holds text.")
    return Columns(text=text, insight=insight, roles=roles, source="chosen")


def recognise(header: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> Columns | None:
    """Return the columns of a known export, or of a table that names its insight column."""
    by_name = _by_name(header)
    if insight := tuple(by_name[name] for name in INSIGHT_COLUMNS if name in by_name):
        roles = roles_by_name(header, taken=insight)
        roles |= _worded_roles(header, rows, taken=[*insight, *roles.values()], known=roles)
        return Columns(insight=insight, roles=roles, source="known")
    for export in _exports():
        if all(name in by_name for name in export["header"]):
            text = tuple(by_name[name] for name in export["text"] if name in by_name)
            roles = {role: by_name[n] for role, n in export["roles"].items() if n in by_name}
            others = roles_by_name(header, taken=[*text, *roles.values()])
            others |= _worded_roles(
                header, rows, taken=[*text, *roles.values(), *others.values()], known=others | roles
            )
            for absent in {"title"} | {role for role, n in export["roles"].items() if not n}:
                others.pop(absent, None)
            return Columns(text=text, roles=others | roles, source="known", export=export["name"])
    return None


def guess(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns:
    """Return the columns by their names and contents. `text` may be empty.

    A column of a text's name is read whatever it holds; another one when it looks like open
    answers: several words, hardly repeated, neither ids nor choices nor links.
    """
    text_names = names_by_role()["text"]
    labels = list(dict.fromkeys(label for label in header if label))
    names = {label: column_name(label) for label in labels}
    if not set(text_names) & set(names.values()):  # keys in an object: "snippet.textDisplay"
        names = {label: column_name(label.rpartition(".")[2]) for label in labels}
    by_role = [label for label in labels if names[label] in text_names]
    named = [label for label in by_role if _holds_words(_values(header, rows, label))]
    open_ones = [label for label in labels if label in named or is_open(header, rows, label)]
    # In the table's order where the content decides; by the names' order where the names do.
    text = [one for one in open_ones or by_role if not _is_title(one)]
    text = text or _titles(header, rows) or open_ones
    if not _SAID.isdisjoint(map(column_name, text)):
        text = [label for label in text if column_name(label) not in _STAFF_TEXT]
    if all(label in by_role for label in text):
        text = sorted(text, key=lambda label: text_names.index(names[label]))
    roles = roles_by_name(header, taken=text)
    is_named = column_name(roles.get("title", "")) == "name" and text
    has_address = "mail" in column_name(roles.get("person", ""))
    is_somebody = is_named and column_name(text[0]) not in RECORD_TEXT
    if is_somebody and (has_address or "person" not in roles):
        called = _values(header, rows, roles["title"])
        if len(set(called)) > (not has_address) and sum(map(_is_name, called)) > 0.8 * len(called):
            roles["person"] = roles.pop("title")
    roles |= _worded_roles(header, rows, taken=[*text, *roles.values()], known=roles)
    if "date" not in roles and (date := _dates(header, rows, taken=[*text, *roles.values()])):
        roles["date"] = date
    return Columns(text=tuple(t for t in text if t != roles.get("title")), roles=roles)


def names_a_text(header: Sequence[str], *, with_source: bool = False) -> bool:
    """Return True if a header names a column of text, and `with_source` one of who or when."""
    known = {*names_by_role()["text"], *INSIGHT_COLUMNS}
    if len(header) < 2 or known.isdisjoint(map(column_name, header)):
        return False
    return not with_source or not {"person", "date", "rating"}.isdisjoint(
        roles_by_name(header, taken=())
    )


def _is_title(label: str) -> bool:
    name = _bare(label)
    is_one = name in names_by_role()["title"] or _worded()["title"].search(name) is not None
    return is_one and len(label.split()) < 4


def _bare(label: str) -> str:
    """Return a column's name without what it says in brackets and its last mark."""
    name = column_name(label)
    inner = re.fullmatch(r"custom_field_\((.+)\)", name)  # Jira
    return inner[1] if inner else re.sub(r"_?\([^)]*\)?", "", name).rstrip("?!:.*_")


def _worded_roles(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    taken: Iterable[str],
    known: Mapping[str, str],
) -> dict[str, str]:
    """Return further roles, which the words of a longer name and the cells below it tell.

    Examples: "Requester organization", "Score (1-5)", "In welcher Abteilung arbeiten Sie?". Of
    several ratings the one that most rows have is taken.
    """
    roles: dict[str, str] = {}
    used = set(taken)
    for role in ROLES:
        labels = dict.fromkeys(one for one in header if one and one not in used)
        fitting = [one for one in labels if _fits(role, one, header, rows)]
        if role == "rating" and known.get(role):
            fitting.insert(0, known[role])
        elif role in known:
            continue
        if fitting:
            counts = [len(_values(header, rows, one)) for one in fitting]
            roles[role] = fitting[counts.index(max(counts))] if role == "rating" else fitting[0]
            used.add(roles[role])
    return roles


def _fits(role: str, label: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return True if a column's name and its cells are those of the role."""
    name = _bare(label)
    is_named = _worded()[role].search(name) is not None or (
        (role == "id" and name.endswith("id"))
        or (role == "rating" and _SCALE.search(label) is not None)
    )
    if not is_named or role == "date" or (role == "title" and not _is_title(label)):
        return False
    if not (values := _values(header, rows, label)):
        return False
    if role == "rating":
        return all(map(_NUMBER.fullmatch, values))
    if role == "link":
        return any("://" in value for value in values) and not people([name.rpartition(".")[0]])
    if role == "id":
        is_first = label in header[:2] and not people([name])
        return is_first and len(values) == len(set(values))
    if role in {"person", "segment", "company"}:
        longest = max(len(RELATION.sub("", value)) for value in values)
        are_words = not any(map(_FIGURE.fullmatch, values))
        is_asked = _YES_OR_NO.match(name) or (role == "person" and _NOBODY_ASKED.search(name))
        return longest <= MOST_LABEL_CHARS and are_words and not is_asked
    return True


def _dates(header: Sequence[str], rows: Sequence[Sequence[str]], *, taken: list[str]) -> str:
    """Return the first further column whose cells are dates, whatever it is called."""
    created_first = sorted(dict.fromkeys(header), key=lambda one: "creat" not in column_name(one))
    for label in created_first:
        values = _values(header, rows, label) if label and label not in taken else []
        is_named = re.search(
            r"time|dat[aeo]|sent|creat|submit|respon|receiv|entry|start|modif", column_name(label)
        )
        is_count = any(map(str.isdigit, values)) and not is_named
        if values and not is_count and all(map(day_of, values)):
            return label
    return ""


def left_out(columns: Columns, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the columns of open answers that are left out."""
    used = {*columns.text, *columns.insight, *columns.roles.values()}
    return [
        label
        for label in dict.fromkeys(header)
        if label and label not in used and is_open(header, rows, label)
    ]


def roles_by_name(header: Sequence[str], *, taken: Iterable[str]) -> dict[str, str]:
    by_name, used = _by_name(header), set(taken)
    roles: dict[str, str] = {}
    for role in ROLES:
        free = {name: label for name, label in by_name.items() if label not in used}
        names = people(free) if role == "person" else names_by_role()[role]
        if name := next((n for n in names if n in free), None):
            roles[role] = free[name]
            used.add(free[name])
    return roles


def people(names: Iterable[str]) -> list[str]:
    """Return the names of columns that tell who said it: names first, then addresses, then ids."""
    listed_names = names_by_role()["person"]
    address = listed_names.index("email")

    def rank(name: str) -> float:
        if name in listed_names:
            return listed_names.index(name)
        found = _PERSON.search(name)
        if not found or _NOBODY_ASKED.search(name):
            return math.inf
        kind = found["kind"] or ""
        if kind.endswith("id"):
            return len(listed_names)
        return address + (0.1 if "mail" in kind else -0.2 if kind else -0.1)

    return sorted((name for name in names if rank(name) < math.inf), key=rank)


def is_open(header: Sequence[str], rows: Sequence[Sequence[str]], label: str) -> bool:
    """Return True if a column looks like answers in people's own words."""
    if NOT_TEXT.search(column_name(label)) and len(label.split()) < 5:
        return False
    values = _values(header, rows, label)
    values = [value for value in values if value.casefold().rstrip(".!") not in _nothing_said()]
    # A choice repeats its own label: "4. Data engineer." holds "Data engineer.".
    prose = [value for value in values if _is_words(value) and value not in label]
    if not prose or len(prose) < 0.4 * len(values):
        return False
    words = sum(len(value.split()) for value in prose) / len(prose)
    least = FEWEST_WORDS if len(label.split()) < 5 else 2.0
    if words < least or len(set(prose)) < (1 - MOST_REPEATED) * len(prose):
        return False
    # Choices of a multi-select: few parts, again and again.
    parts = [part.strip() for value in prose for part in re.split(r"[,;]\s|\n", value) if part]
    if len(prose) >= 8 and len(set(parts)) < 0.4 * len(parts):
        return False
    if sum(map(_is_name, prose)) > 0.5 * len(prose):
        return False
    sentences = sum(len(value.split()) >= 4 for value in prose) / len(prose)
    return sentences >= (0.4 if len(prose) < 20 else 0.25)


def _titles(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the title column of records that have nothing else to read."""
    by_name = _by_name(header)
    found = next((by_name[name] for name in ("title", "subject", "summary") if name in by_name), "")
    return [found] if found and _holds_words(_values(header, rows, found)) else []


@cache
def _nothing_said() -> frozenset[str]:
    return frozenset(lines("nothing_said"))


def _is_name(value: str) -> bool:
    """Return True for names of people, places and things: capitalised words, no full stop."""
    words = [word for word in value.split() if word[0].isalpha() and len(word) > 3]
    capital = sum(word[0].isupper() for word in words)
    return capital >= 0.8 * len(words) and not value.rstrip().endswith((".", "!", "?"))


def _values(header: Sequence[str], rows: Sequence[Sequence[str]], label: str) -> list[str]:
    places = [at for at, other in enumerate(header) if other == label]
    cells = (row[at] for row in rows[:SAMPLE_ROWS] for at in places if at < len(row))
    return [cell.strip() for cell in cells if cell and cell.strip()]


def _holds_words(values: list[str]) -> bool:
    return any(_is_words(value) for value in values)


def _is_words(value: str) -> bool:
    """Return True unless it is a number, date, link, address, JSON, or one word such as an id."""
    if value[:1] in "[{" or re.match(r"https?://\S+$|\S+@\S+\.\w+$", value):
        return False
    letters = sum(char.isalpha() for char in value)
    wide = any(char >= "\u3040" for char in value)
    return letters >= 0.5 * len(value.replace(" ", "")) and (" " in value or (wide and letters > 5))


def _by_name(header: Sequence[str]) -> dict[str, str]:
    """Return the labels by their names; "board.name" is called "board" as well."""
    by_name: dict[str, str] = {}
    names = {label: column_name(label) for label in header if label}
    for label, name in names.items():
        by_name.setdefault(name, label)
    for label, name in names.items():
        by_name.setdefault(name.removesuffix(".name"), label)
        by_name.setdefault(name.rpartition("/")[2], label)  # "visitor/role"
    return by_name


def listed(labels: Iterable[str]) -> str:
    """List up to 20 labels in quotation marks, each cut to 60 characters."""
    names = [label if len(label) <= 60 else label[:59] + "…" for label in labels]
    shown = ", ".join(f"“{name}”" for name in names[:20] if name) or "none"
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown
