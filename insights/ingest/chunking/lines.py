"""The lines of a document, and the marks that show what a line is."""

import re
from dataclasses import dataclass

_TIME = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_UNTIL = rf"(?:\s?[-–—]\s?{_TIME})?"
_STAMP = rf"[*_]{{0,3}}[\[(]?(?P<time>{_TIME}){_UNTIL}[\])]?[*_]{{0,3}}"
_BARE_NAME = r"[^\W\d_][\w.'’-]{0,30}(?:\ [\w(&][\w.'’()&-]{0,30}){0,3}"
_CAPITALISED = r"[^\W\d_a-zà-ÿ][\w.'’-]{1,30}"
_FULL_NAME = rf"{_CAPITALISED}(?:\ {_CAPITALISED}){{1,2}}"
_LABEL = rf"[*_]{{0,3}}(?P<name>{_BARE_NAME})[*_]{{0,3}}"
TURNS = tuple(
    re.compile(pattern, re.VERBOSE)
    for pattern in (
        # [00:12:31] Maria Keller: ...     00:12 MK: ...
        rf"{_STAMP}\s{{0,3}}[-–—]?\s{{0,3}}{_LABEL}\s?:[*_]{{0,3}}(?:\s+|$)",
        # Maria Keller (00:12:31): ...     Maria Keller 00:12:31
        rf"{_LABEL}\s?[\[(](?P<time>{_TIME})[\])]\s?:?[*_]{{0,3}}(?:\s+|$)",
        rf"{_LABEL}(?:\s?[:–—-])?\s{{1,3}}(?P<time>{_TIME})\s*$",
        # [Maria Keller] 10:01:22, and what she said below
        rf"\[(?P<name>{_BARE_NAME})\]\s{{1,3}}(?P<time>{_TIME})\s*$",
        # [10:01] Maria Keller, and what she said below
        rf"[\[(](?P<time>{_TIME})[\])]\s(?P<name>{_FULL_NAME})\s*$",
        # 0:41 - Maria Keller (Acme), and what she said below
        rf"(?P<time>{_TIME})\s[-–—]\s(?P<name>{_FULL_NAME}(?:\ \([\w\ .&'-]{{1,40}}\))?)\s*$",
        # [00:12:31] ...
        rf"[\[(](?P<time>{_TIME}){_UNTIL}[\])]\s*(?P<name>)",
        rf"(?P<time>{_TIME})\s*$(?P<name>)",
    )
)
SPEAKER = re.compile(rf"{_LABEL}\s?:[*_]{{0,3}}(?:\s+|$)", re.VERBOSE)

HEADING = re.compile(r"#{1,6}\s+(?P<text>\S.{0,199})$")
UNDERLINE = re.compile(r"(?:={3,}|-{3,})\s*$")
RULE = re.compile(r"(?:\*\s?){3,60}$|(?:-\s?){3,60}$|(?:_\s?){3,60}$|(?:=\s?){3,60}$")
PAGE = re.compile(
    r"[-=\[(\s]{0,12}page\s{1,3}(?P<page>\d{1,5})(?:\s(?:of|/)\s\d{1,5})?[-=\])\s]{0,12}$",
    re.IGNORECASE,
)
LIST_ITEM = re.compile(r"(?:[-*+•‣◦▪–—]|\(?\d{1,3}[.)]|[a-z][.)])\s+(?:\[[ xX]?\]\s+)?")
FENCE = re.compile(r"(?:```|~~~)")
METADATA = re.compile(r"[\w-]{1,40}:(?:\s|$)|-\s|$")
ATTENDEES = re.compile(
    r"(?:attendees|participants|speakers|teilnehmer|teilnehmende)\W*$", re.IGNORECASE
)
# Written by the tool that transcribed it.
MACHINE_NOTICE = re.compile(
    r"(?:This editable transcript was computer generated|Transcription ended after"
    r"|Transcribed by http|VIEW RECORDING\b|This meeting (?:is|was) being (?:recorded|transcribed))"
)
STOPPED = re.compile(r"[.!?…:;]['\"”’»)*_]{0,4}$")


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is the document's `text[start:end]`, without the white space around it."""

    start: int
    end: int
    text: str
    indented: bool
    after_form_feed: bool


def split_lines(text: str) -> list[Line]:
    lines = []
    start, mark = 0, ""
    breaks = [(m.start(), m[0]) for m in re.finditer(r"[\n\f]", text)]
    for end, next_mark in [*breaks, (len(text), "")]:
        raw = text[start:end]
        begin = start + len(raw) - len(raw.lstrip())
        bare = raw.strip()
        lines.append(Line(begin, begin + len(bare), bare, begin - start > 1, mark == "\f"))
        start, mark = end + 1, next_mark
    return lines


def timed_turn(line: str) -> re.Match[str] | None:
    """Return the `time` and the `name` (which may be "") that open the line."""
    return next((match for pattern in TURNS if (match := pattern.match(line))), None)
