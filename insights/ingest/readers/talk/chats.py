"""Chats: WhatsApp and Zoom as text, Slack, Teams, Discord and Telegram as JSON.

Each message of a person is a document; joins, deletions, reactions and bots are not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from insights.ingest.readers.content import About, Document, File, SourceContent
from insights.ingest.readers.documents.markup import plain_text
from insights.ingest.readers.values import iso_time
from insights.text.wordlists import lines

_GAP = "[ \u202f\u00a0_]"
_WHATSAPP = re.compile(
    rf"[\u200e\u200f\ufeff]*\[?(?P<date>\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}})"
    rf"(?:,| à| um| a las)?{_GAP}{{1,2}}"
    rf"(?P<time>\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?(?:{_GAP}?[AaPp]\.?[Mm]\.?)?)"
    r"(?:\](?:\s|$)|\s[-–]\s)[\u200e\u200f]*(?P<rest>.*)"
)
_WHATSAPP_NAME = re.compile(r"~?\s?(?P<name>[^:]{1,60}?):\s(?P<text>.*)", re.DOTALL)
_NOTICE = re.compile(
    rf"[\u200e\u200f\s]*(?:{'|'.join(lines('chat_notices'))})[\s.]*$", re.IGNORECASE
)
_EDITED = re.compile(r"\s*<This message was edited>\s*$")
_ZOOM = re.compile(
    r"(?P<time>(?:\d{4}-\d\d-\d\d\s)?\d{1,2}:\d{2}:\d{2})\s+From\s+(?P<name>.{1,80}?)"
    r"(?:\s+to\s+(?P<to>.{1,80}?))?\s*:\s*(?P<text>.*)"
)
_REACTION = re.compile(
    r"\s*(?:Reacted to .{0,300} with .{1,20}|Removed an? .{1,30} reaction from .{0,300})\s*$"
)
_REPLY = re.compile(r'\s*Replying to ["“].{0,300}["”]\s*:?\s*(?:\n|$)')
LEAST_SHARE = 0.5
# Phones that show 24 hours write the day first; those that write the month first show AM and PM.
DAY_FIRST = "31/1/2000"


@dataclass(slots=True)
class _Message:
    date: str
    person: str
    text: str
    external_id: str = ""
    place: str = ""
    link: str = ""


def chat_content(file: File, text: str) -> SourceContent | None:
    """Return the chat in `text`, or None when its lines are not dated messages."""
    lines = text.split("\n")
    for pattern, read in ((_WHATSAPP, _whatsapp), (_ZOOM, _zoom)):
        dated = sum(pattern.match(line) is not None for line in lines)
        if dated >= 2 and dated >= LEAST_SHARE * _starts(lines):
            content = SourceContent(file.title)
            starts = [m for line in lines if (m := _WHATSAPP.match(line))]
            content.dates = [m["date"] for m in starts]
            if starts and not any(re.search("[AaPp]", m["time"]) for m in starts):
                content.dates.append(DAY_FIRST)  # unless one of the dates says otherwise
            series = read.__name__.strip("_")
            content.documents = list(_documents(file.title, read(lines), series))
            return content if content.documents else None
    return None


def _starts(lines: Sequence[str]) -> int:
    """Yield lines that may begin a message: those after a break, not indented ones."""
    return max(1, sum(bool(line.strip()) and not line[0].isspace() for line in lines) // 2)


def _whatsapp(lines: Sequence[str]) -> Iterator[_Message]:
    message: _Message | None = None
    for line in lines:
        if match := _WHATSAPP.match(line):
            if message:
                yield message
            message = None
            name = _WHATSAPP_NAME.match(match["rest"])
            # WhatsApp for iOS opens its own words, in any language, with a left-to-right mark.
            if name and not name["text"].startswith("\u200e"):
                date = f"{match['date']}, {match['time']}"
                person = name["name"].strip("~ \u200e\u202a\u202c")
                message = _Message(date, person, name["text"])
        elif message:
            message.text += f"\n{line}"
    if message:
        yield message


def _zoom(lines: Sequence[str]) -> Iterator[_Message]:
    message: _Message | None = None
    for line in lines:
        if match := _ZOOM.match(line):
            if message:
                yield message
            message = _Message(match["time"], match["name"].strip(), match["text"])
        elif message:
            message.text += f"\n{line.strip()}"
    if message:
        yield message


def _documents(title: str, messages: Iterable[_Message], series: str) -> Iterator[Document]:
    for message in messages:
        text = _EDITED.sub("", message.text).strip()
        text = _REPLY.sub("", text)
        text = "\n".join(x for x in text.split("\n") if not _REACTION.match(x)).strip()
        text = plain_text(text).strip()
        if not text or _NOTICE.match(text):
            continue
        parts = (message.place, message.date, message.person)
        yield Document(
            title,
            text,
            ", ".join(part for part in parts if part),
            kind="answer",
            about=About(
                external_id=message.external_id,
                date=message.date,
                person=message.person,
                segment=message.place.lstrip("#"),
                link=message.link,
            ),
            series=series,
        )


@dataclass(frozen=True, slots=True)
class _Chat:
    """Where a program keeps what a message says; of several places the first that is filled."""

    series: str
    keys: tuple[str, ...]
    text: tuple[str, ...]
    date: str
    people: tuple[str, ...]
    id: str = "id"
    link: str = "webUrl"
    types: tuple[object, ...] = (None,)
    """What `type` or `messageType` says of a message that somebody wrote."""
    unsaid: tuple[str, ...] = ()
    """A message with any of these is a bot's, a notice or deleted."""


_CHATS = (
    _Chat("teams", ("body.content",), ("body.content",), "createdDateTime",
          ("from.user.displayName",), types=(None, "message"), unsaid=("deletedDateTime",)),
    _Chat("discord", ("author", "content", "timestamp"), ("content",), "timestamp",
          ("author.nickname", "author.global_name", "author.name", "author.username"),
          types=("Default", "Reply", 0, 19, None), unsaid=("author.isBot", "author.bot")),
    _Chat("telegram", ("text", "date", "date_unixtime|from|type"), ("text",), "date", ("from",),
          types=("message",)),
    _Chat("slack", ("ts", "text"), ("text", "blocks"), "ts", ("user_profile.real_name", "user"),
          id="ts", types=("message", None), unsaid=("subtype", "bot_id")),
)  # fmt: skip
_SLACK = _CHATS[-1]


def read_slack_days(
    users: Sequence[Mapping[str, object]],
    days: Iterable[tuple[str, Sequence[Mapping[str, object]]]],
) -> list[Document]:
    """Read the messages of people in a Slack export: entries with text and without a subtype."""
    names = {str(user.get("id")): _slack_name(user) for user in users}
    found: list[_Message] = []
    for channel, entries in days:
        for message in _messages(_SLACK, entries, names):
            message.place = f"#{channel}"
            message.external_id = f"{channel}/{message.external_id}"
            found.append(message)
    return list(_documents("Slack", found, "slack"))


def _slack_name(user: Mapping[str, object]) -> str:
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    found = (profile.get("real_name"), user.get("real_name"), user.get("name"), user.get("id"))
    return next((str(name) for name in found if name), "")


def _words(part: object) -> str:
    """Return the words of a text, of a list of pieces, or of Slack's blocks."""
    if isinstance(part, list):
        return "".join(map(_words, part))
    if not isinstance(part, dict):
        return part if isinstance(part, str) else ""
    if user := part.get("user_id"):
        return f"<@{user}>"
    if isinstance(part.get("text"), str):
        return str(part["text"])
    end = "\n" if str(part.get("type", "")).startswith("rich_text_") else ""
    return _words(part.get("text")) + _words(part.get("elements")) + end


def _slack_text(text: str, names: Mapping[str, str]) -> str:
    """Put Slack's marks in words: <@U1> a name, <#C1|general> a channel, <url|label> a label."""

    def word(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        if target[:1] == "@":
            return "@" + (label or names.get(target[1:], target[1:]))
        if target[:1] in "#!":
            return target[0].replace("!", "@") + (label or target[1:])
        return label or target

    text = re.sub(r"(?<!\S):[a-z0-9_+-]{2,40}:(?!\S)", "", text)  # :bus:
    return re.sub(r"<([@#!]?[^<>\s][^<>]*)>", word, text)


def read_messages(title: str, value: object) -> list[Document] | None:
    """Return the messages of a Slack, Teams, Discord or Telegram JSON.

    None if `value` is not a chat.
    """
    place = ""
    items = value
    if isinstance(value, dict):
        items = next((value[k] for k in ("messages", "value", "Messages") if k in value), None)
        channel = value.get("channel")
        place = str(channel.get("name", "")) if isinstance(channel, dict) else ""
        place = place or str(value.get("name", "") or "")
    if not isinstance(items, list) or not items or not all(isinstance(i, dict) for i in items):
        return None
    items = [one for item in items for one in (item, *_replies(item))]
    for chat in _CHATS:
        if all(_has(item, key) for item in items for key in chat.keys):
            found = list(_messages(chat, items, {}))
            for message in found:
                message.place = place
            return list(_documents(title, found, chat.series))
    return None


def _messages(
    chat: _Chat, items: Iterable[Mapping[str, object]], names: Mapping[str, str]
) -> Iterator[_Message]:
    items = list(items)
    own = ((_text(one, "user"), _text(one, "user_profile.real_name")) for one in items)
    names = {**{user: name for user, name in own if name}, **names}
    for item in items:
        kind = _at(item, "type") if "type" in item else _at(item, "messageType")
        is_thread = _at(item, "subtype") == "thread_broadcast"
        unsaid = any(_at(item, path) for path in chat.unsaid) and not is_thread
        person = next(filter(None, (_text(item, path) for path in chat.people)), "")
        text = next(filter(None, (_words(_at(item, path)) for path in chat.text)), "")
        if kind not in chat.types or unsaid or not person or not _MENTIONS.sub("", text).strip():
            continue
        if chat is _SLACK:
            text, person = _slack_text(text, names), names.get(person, person)
        else:
            text = re.sub(r"<[@#][!&]?\w+>", " ", text)
        date, key = iso_time(_at(item, chat.date)), _text(item, chat.id)
        yield _Message(date, person, text, key, link=_text(item, chat.link))


# A mention alone says nothing.
_MENTIONS = re.compile(r"<at\b[^>]*>.*?</at>|<[^>]*>|&nbsp;")


def _replies(item: Mapping[str, object]) -> list[Mapping[str, object]]:
    replies = item.get("replies")
    listed = replies if isinstance(replies, list) else []
    return [one for one in listed if isinstance(one, dict) and one.keys() & {"body", "text"}]


def _at(item: object, path: str) -> object:
    """Return what lies at a path such as "from.user"; Teams writes some keys with capitals."""
    for key in path.split("."):
        pairs = item.items() if isinstance(item, Mapping) else ()
        item = next((inner for name, inner in pairs if name[:1].lower() + name[1:] == key), None)
    return item


def _text(item: object, path: str) -> str:
    value = _at(item, path)
    return str(value) if isinstance(value, str | int | float) else ""


def _has(item: object, keys: str) -> bool:
    """Return True if the item has one of the keys, whose parents are objects."""
    *above, last = keys.rsplit(".", 1)
    parent = _at(item, above[0]) if above else item
    names = last.split("|")
    return isinstance(parent, Mapping) and any(k[:1].lower() + k[1:] in names for k in parent)
