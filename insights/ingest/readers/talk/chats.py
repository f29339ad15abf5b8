"""Chats: WhatsApp and Zoom as text, Slack, Teams, Discord and Telegram as JSON.

Each message of a person is a document; joins, deletions, reactions and bots are not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from insights.ingest.readers.content import About, Document, File, SourceContent
from insights.ingest.readers.documents.markup import page_text, plain_text
from insights.ingest.readers.values import iso_time, one_line
from insights.text.wordlists import lines

_GAP = "[ \u202f\u00a0_]"
_WHATSAPP = re.compile(
    rf"[\u200e\u200f\ufeff]*\[?(?P<date>\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}),?{_GAP}{{1,2}}"
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


@dataclass(slots=True)
class _Message:
    date: str
    person: str
    text: str
    external_id: str = ""
    place: str = ""


def chat_content(file: File, text: str) -> SourceContent | None:
    """Return the chat in `text`, or None when its lines are not dated messages."""
    lines = text.split("\n")
    for pattern, read in ((_WHATSAPP, _whatsapp), (_ZOOM, _zoom)):
        dated = sum(pattern.match(line) is not None for line in lines)
        if dated >= 2 and dated >= LEAST_SHARE * _starts(lines):
            content = SourceContent(file.title)
            content.dates = [m["date"] for line in lines if (m := _WHATSAPP.match(line))]
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
            about=About(external_id=message.external_id, date=message.date, person=message.person),
            series=series,
        )


def read_slack_days(
    users: Sequence[Mapping[str, object]],
    days: Iterable[tuple[str, Sequence[Mapping[str, object]]]],
) -> list[Document]:
    """Read the messages of people in a Slack export: entries with text and without a subtype."""
    names = {str(user.get("id")): _slack_name(user) for user in users}

    def messages() -> Iterator[_Message]:
        for channel, entries in days:
            for entry in entries:
                subtype = entry.get("subtype")
                if (subtype and subtype != "thread_broadcast") or entry.get("bot_id"):
                    continue
                user, stamp = str(entry.get("user", "")), str(entry.get("ts", ""))
                text = str(entry.get("text") or "") or _block_text(entry.get("blocks"))
                yield _Message(
                    iso_time(stamp),
                    names.get(user, user),
                    slack_text(text, names),
                    f"{channel}/{stamp}",
                    f"#{channel}",
                )

    return list(_documents("Slack", messages(), "slack"))


def _slack_name(user: Mapping[str, object]) -> str:
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    found = (profile.get("real_name"), user.get("real_name"), user.get("name"), user.get("id"))
    return next((str(name) for name in found if name), "")


def _block_text(block: object) -> str:
    """Return the words of a message that has blocks and no text."""
    if isinstance(block, list):
        return "".join(map(_block_text, block))
    if not isinstance(block, dict):
        return ""
    if user := block.get("user_id"):
        return f"<@{user}>"
    text = block.get("text")
    if isinstance(text, str):
        return text
    end = "\n" if str(block.get("type", "")).startswith("rich_text_") else ""
    return _block_text(text) + _block_text(block.get("elements")) + end


def slack_text(text: str, names: Mapping[str, str]) -> str:
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
    for series, is_one, read in (
        ("teams", _is_teams, _teams),
        ("discord", _is_discord, _discord),
        ("telegram", _is_telegram, _telegram),
        ("slack", _is_slack, _slack),
    ):
        if all(map(is_one, items)):
            messages = [m for item in items if (m := read(item)) is not None]
            for message in messages:
                message.place = message.place or place
            return list(_documents(title, messages, series))
    return None


def _folded(item: object) -> dict[str, object]:
    """Return an object's keys with a small first letter; empty when it is none."""
    pairs = item.items() if isinstance(item, Mapping) else ()
    return {key[:1].lower() + key[1:]: value for key, value in pairs}


def _is_teams(item: Mapping[str, object]) -> bool:
    body = _folded(item).get("body")
    return isinstance(body, dict) and "content" in _folded(body)


def _teams(item: Mapping[str, object]) -> _Message | None:
    one = _folded(item)
    user = _folded(_folded(one.get("from")).get("user"))
    body = _folded(one["body"])
    if one.get("messageType", "message") != "message" or one.get("deletedDateTime") or not user:
        return None
    html = str(body.get("content") or "")
    # A mention alone says nothing.
    if not re.sub(r"<at\b[^>]*>.*?</at>|<[^>]*>|&nbsp;|\s", "", html):
        return None
    text = page_text(html)[1] if "<" in html else html
    return _Message(
        str(one.get("createdDateTime") or ""),
        str(user.get("displayName") or ""),
        text,
        str(one.get("id") or ""),
    )


def _is_discord(item: Mapping[str, object]) -> bool:
    return {"author", "content", "timestamp"} <= item.keys() and isinstance(item["author"], dict)


def _discord(item: Mapping[str, object]) -> _Message | None:
    author = item["author"] if isinstance(item["author"], dict) else {}
    if (
        author.get("isBot")
        or author.get("bot")
        or item.get("type") not in {"Default", "Reply", 0, 19, None}
    ):
        return None
    name = author.get("nickname") or author.get("global_name") or author.get("name")
    text = re.sub(r"<[@#][!&]?\w+>", " ", str(item["content"]))
    return _Message(
        str(item["timestamp"]),
        str(name or author.get("username", "")),
        one_lines(text),
        str(item.get("id", "")),
    )


def _is_telegram(item: Mapping[str, object]) -> bool:
    return "text" in item and "date" in item and ("from" in item or item.get("type") == "service")


def _telegram(item: Mapping[str, object]) -> _Message | None:
    if item.get("type") != "message":
        return None
    text = item["text"]
    if isinstance(text, list):
        text = "".join(str(p.get("text", "")) if isinstance(p, dict) else str(p) for p in text)
    return _Message(
        str(item["date"]), str(item.get("from") or ""), str(text), str(item.get("id", ""))
    )


def _is_slack(item: Mapping[str, object]) -> bool:
    return "ts" in item and "text" in item


def _slack(item: Mapping[str, object]) -> _Message | None:
    if item.get("subtype") or item.get("bot_id"):
        return None
    profile = item.get("user_profile")
    name = profile.get("real_name") if isinstance(profile, dict) else ""
    return _Message(
        iso_time(str(item["ts"])),
        str(name or item.get("user", "")),
        slack_text(str(item["text"]), {}),
        str(item["ts"]),
    )


def one_lines(text: str) -> str:
    return "\n".join(one_line(line) for line in text.split("\n"))
