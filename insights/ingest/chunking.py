"""A document to chunks: one paragraph, list item or turn of a conversation, with its locator."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from insights.ingest.extraction.sentences import split_sentences
from insights.ingest.readers.content import Document

MAX_CHUNK_CHARS = 2000

_TIME = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_BARE_NAME = r"[^\W\d_][\w.'’-]{0,30}(?:\ [\w(&][\w.'’()&-]{0,30}){0,3}"
_LABEL = rf"[*_]{{0,3}}(?P<name>{_BARE_NAME})[*_]{{0,3}}"
TURNS = tuple(
    re.compile(pattern, re.VERBOSE)
    for pattern in (
        # [00:12:31] Maria Keller: ...     00:12 MK: ...
        rf"[*_]{{0,3}}[\[(]?(?P<time>{_TIME})[\])]?[*_]{{0,3}}\s*[-–—]?\s*{_LABEL}\s?:[*_]{{0,3}}(?:\s+|$)",
        # Maria Keller (00:12:31): ...     Maria Keller 00:12:31
        rf"{_LABEL}\s?[\[(](?P<time>{_TIME})[\])]\s?:?[*_]{{0,3}}(?:\s+|$)",
        rf"{_LABEL}\s{{1,3}}(?P<time>{_TIME})\s*$",
        # [00:12:31] ...
        rf"[\[(](?P<time>{_TIME})[\])]\s*(?P<name>)",
        rf"(?P<time>{_TIME})\s*$(?P<name>)",
    )
)
SPEAKER = re.compile(rf"{_LABEL}\s?:[*_]{{0,3}}(?:\s+|$)", re.VERBOSE)
CUE = re.compile(rf"(?P<time>{_TIME})\s{{1,8}}-->\s{{1,8}}{_TIME}")
VOICE = re.compile(r"<v(?:\.[\w.]{1,40})?\s(?P<name>[^<>]{1,60})>")

HEADING = re.compile(r"#{1,6}\s+(?P<text>\S.{0,199})$")
UNDERLINE = re.compile(r"(?:={3,}|-{3,})\s*$")
RULE = re.compile(r"(?:\*\s?){3,60}$|(?:-\s?){3,60}$|(?:_\s?){3,60}$|(?:=\s?){3,60}$")
PAGE = re.compile(
    r"[-=\[(\s]{1,12}page\s{1,3}(?P<page>\d{1,5})(?:\s(?:of|/)\s\d{1,5})?[-=\])\s]{1,12}$",
    re.IGNORECASE,
)
LIST_ITEM = re.compile(r"(?:[-*+•‣◦▪–—]|\(?\d{1,3}[.)]|[a-z][.)])\s+(?:\[[ xX]?\]\s+)?")
FENCE = re.compile(r"(?:```|~~~)")
METADATA = re.compile(r"[\w-]{1,40}:(?:\s|$)|-\s|$")
STOPPED = re.compile(r"[.!?…:;]['\"”’»)*_]{0,4}$")

INTERVIEWER_ROLES = frozenset("interviewer moderator facilitator int i q question iv".split())
ROLES = INTERVIEWER_ROLES | frozenset("a answer participant respondent interviewee speaker".split())
# Labels before a colon that name no one.
NOT_SPEAKERS = frozenset(
    """
    note notes date time place finding insight update summary action todo result problem issue
    example conclusion warning tip quote step status resolution workaround impact background
    context observation pro con pros cons title subject from to cc
    """.split()
)
QUESTION_SHARE = 0.6
WRAPPED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document. `text` is the document's `text[start:end]`, markup and all.

    `interviewer` is true when the speaker asks the questions.
    """

    text: str
    locator: str
    start: int
    end: int
    speaker: str | None
    heading: str | None
    interviewer: bool = False


def chunk_document(document: Document) -> Iterator[Chunk]:
    """Chunks in order, none overlapping, each at most about 2,000 characters.

    Locators: "¶ 3"; "§ Payroll, ¶ 2" below a heading; "p. 4, ¶ 2" where form feeds or lines such as
    "--- page 4 ---" mark pages; "00:12:31" in a transcript. The document's prefix comes first.
    Left out: headings, rules, code fences, front matter, speaker and time marks, and table cells
    that do not end with a full stop. Paragraphs are counted anew below each heading and page.
    """
    lines = _lines(document.text)
    survey = _survey(document.text, lines)
    yield from _Walk(document, lines, survey).chunks()


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    indented: bool
    after_form_feed: bool


@dataclass(frozen=True, slots=True)
class _Survey:
    """What only the whole document tells."""

    skipped: frozenset[int]
    speakers: frozenset[str]
    interviewers: frozenset[str]
    wrapped: bool
    width: int


def _lines(text: str) -> list[_Line]:
    lines = []
    start, mark = 0, ""
    breaks = [(m.start(), m[0]) for m in re.finditer(r"[\n\f]", text)]
    for end, next_mark in [*breaks, (len(text), "")]:
        raw = text[start:end]
        begin = start + len(raw) - len(raw.lstrip())
        bare = raw.strip()
        lines.append(_Line(begin, begin + len(bare), bare, begin - start > 1, mark == "\f"))
        start, mark = end + 1, next_mark
    return lines


def _survey(text: str, lines: list[_Line]) -> _Survey:
    skipped = _front_matter(lines) | _fenced(lines)
    labels: Counter[str] = Counter()
    speakers: set[str] = set()
    interviewers: set[str] = set()
    turns: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    current, last = "", ""
    continued = lower = 0
    previous = ""
    for number, line in enumerate(lines):
        if number in skipped or not line.text:
            previous = ""
            continue
        timed = _timed_turn(line.text)
        label = timed or SPEAKER.match(line.text) or VOICE.match(line.text)
        name = label["name"].strip("*_ ") if label else ""
        if label and name and (timed or label.re is VOICE or _looks_like_a_speaker(name)):
            labels[name] += 1
            rest = line.text[label.end() :]
            if timed or label.re is VOICE or _role(name) in ROLES:
                speakers.add(name)
            if _role(name) in INTERVIEWER_ROLES and not STOPPED.search(rest):
                interviewers |= _names_of(re.split(r"[(,;]", rest)[0])
            turns[current] += 1
            asked[current] += last.endswith("?")
            current, last = name, rest
        else:
            last = line.text
            if previous and not LIST_ITEM.match(line.text):
                continued += 1
                lower += line.text[0].islower()
        previous = line.text
    turns[current] += 1
    asked[current] += last.endswith("?")
    speakers |= {name for name, count in labels.items() if count > 1}
    for name in speakers:
        if turns[name] > 2 and asked[name] >= QUESTION_SHARE * turns[name] and len(speakers) > 1:
            interviewers.add(name)
    width = max((len(line.text) for line in lines), default=0)
    wrapped = continued > 0 and lower >= WRAPPED_SHARE * continued
    return _Survey(skipped, frozenset(speakers), frozenset(interviewers), wrapped, width)


def _timed_turn(line: str) -> re.Match[str] | None:
    if CUE.match(line):
        return None
    return next((match for pattern in TURNS if (match := pattern.match(line))), None)


def _looks_like_a_speaker(name: str) -> bool:
    words = name.split()
    return (
        words[0][0].isupper()
        and words[0].lower() not in NOT_SPEAKERS
        and all(not word[0].islower() for word in words)
    )


def _role(name: str) -> str:
    """ "Participant 3", "P3" and "Anna (Interviewer)" by what they are."""
    inner = re.search(r"\((\w+)\)", name)
    return (inner[1] if inner else re.sub(r"[\s\d.]+$", "", name)).lower()


def _names_of(person: str) -> set[str]:
    """How a transcript may call "Anna Roth": in full, "Anna" or "AR"."""
    words = person.split()
    if not 0 < len(words) <= 3 or not all(word[0].isupper() for word in words):
        return set()
    names = {" ".join(words), words[0]}
    return names | {"".join(word[0] for word in words)} if len(words) > 1 else names


def _front_matter(lines: list[_Line]) -> frozenset[int]:
    if lines[0].text != "---":
        return frozenset()
    for number, line in enumerate(lines[1:60], 1):
        if line.text in {"---", "..."}:
            return frozenset(range(number + 1))
        if not (line.indented or METADATA.match(line.text)):
            break
    return frozenset()


def _fenced(lines: list[_Line]) -> frozenset[int]:
    """Lines of code between two fences; a fence that is never closed hides nothing."""
    skipped: set[int] = set()
    opened: int | None = None
    for number, line in enumerate(lines):
        if FENCE.match(line.text):
            if opened is None:
                opened = number
            elif line.text[:3] == lines[opened].text[:3]:
                skipped.update(range(opened, number + 1))
                opened = None
    return frozenset(skipped)


class _Walk:
    """One pass over the lines; `open` is the span of the chunk that is being gathered."""

    def __init__(self, document: Document, lines: list[_Line], survey: _Survey) -> None:
        self.document = document
        self.lines = lines
        self.survey = survey
        self.open: tuple[int, int] | None = None
        self.page: int | None = 1 if "\f" in document.text else None
        self.heading: str | None = None
        self.paragraph = 0
        self.speaker: str | None = None
        self.time: str | None = None
        self.in_cues = False

    def chunks(self) -> Iterator[Chunk]:
        for number, line in enumerate(self.lines):
            if line.after_form_feed:
                yield from self._close()
                self.page, self.paragraph = (self.page or 0) + 1, 0
            if number in self.survey.skipped:
                yield from self._close()
            elif not line.text:
                if not (self.in_cues and self._is_unfinished()):
                    yield from self._close()
            elif self._is_cue_part(number, line):
                if self.open is None or not self._is_unfinished():
                    yield from self._close()
                    if cue := CUE.match(line.text):
                        self.time = cue["time"]
            else:
                yield from self._line(number, line)
        yield from self._close()

    def _line(self, number: int, line: _Line) -> Iterator[Chunk]:
        if page := PAGE.match(line.text):
            yield from self._close()
            self.page, self.paragraph = int(page["page"]), 0
        elif turn := self._turn(line.text):
            name = turn["name"].strip("*_ ") or self.speaker
            time = turn["time"] if "time" in turn.re.groupindex else None
            if not (self.in_cues and name == self.speaker and self._is_unfinished()):
                yield from self._close()
            self.speaker = name
            self.time = time or (self.time if self.in_cues else None)
            self._extend(line.start + turn.end(), line.end)
        elif (heading := self._heading(number, line.text)) is not None:
            yield from self._close()
            self.heading, self.paragraph = heading or self.heading, 0
            self.speaker = self.time = None
        elif RULE.match(line.text) or UNDERLINE.match(line.text):
            yield from self._close()
        elif line.text[0] == "|":
            yield from self._close()
            yield from self._cells(line)
        elif item := LIST_ITEM.match(line.text):
            yield from self._close()
            self._extend(line.start + item.end(), line.end)
        else:
            if not self._continues(number, line):
                yield from self._close()
            self._extend(line.start, line.end)

    def _extend(self, start: int, end: int) -> None:
        if start < end:
            self.open = (self.open[0] if self.open else start, end)

    def _is_unfinished(self) -> bool:
        return self.open is not None and not STOPPED.search(
            self.document.text, max(self.open[0], self.open[1] - 8), self.open[1]
        )

    def _is_cue_part(self, number: int, line: _Line) -> bool:
        if CUE.match(line.text) or line.text.startswith("WEBVTT"):
            self.in_cues = True
            return True
        following = self.lines[number + 1].text if number + 1 < len(self.lines) else ""
        return len(line.text) <= 40 and CUE.match(following) is not None

    def _turn(self, line: str) -> re.Match[str] | None:
        if timed := _timed_turn(line):
            return timed
        label = SPEAKER.match(line) or VOICE.match(line)
        return label if label and label["name"].strip("*_ ") in self.survey.speakers else None

    def _heading(self, number: int, line: str) -> str | None:
        if heading := HEADING.match(line):
            return heading["text"].strip("#*_: ")
        if len(line) > 100:
            return None
        following = self.lines[number + 1].text if number + 1 < len(self.lines) else ""
        words = line.split()
        underlined = self.open is None and UNDERLINE.match(following) and line[0] != "|"
        label = line[-1] == ":" and len(words) <= 6 and not LIST_ITEM.match(line)
        bold = line[:2] in {"**", "__"} and line[-2:] == line[:2] and not STOPPED.search(line)
        shouted = line.isupper() and len(words) <= 8 and not STOPPED.search(line) and len(line) > 3
        return line.strip("*_: ") if underlined or label or bold or shouted else None

    def _continues(self, number: int, line: _Line) -> bool:
        """Whether the line goes on with the open paragraph: wrapped text, or a list item's."""
        if self.open is None or number == 0:
            return False
        previous = self.lines[number - 1].text
        if line.indented and not self.lines[number - 1].indented:
            return True
        if line.text[0].islower() and not STOPPED.search(previous):
            return True
        if self.in_cues or line.text[0] == ">":
            return True
        short = len(previous) < 0.6 * self.survey.width and not STOPPED.search(previous)
        return self.survey.wrapped and not short

    def _cells(self, line: _Line) -> Iterator[Chunk]:
        for cell in re.finditer(r"[^|]+", line.text):
            text = cell[0].strip()
            if STOPPED.search(text):
                start = line.start + cell.start() + len(cell[0]) - len(cell[0].lstrip())
                self.open = (start, start + len(text))
                yield from self._close()

    def _close(self) -> Iterator[Chunk]:
        if self.open is None:
            return
        start, end = self.open
        self.open = None
        if self.time is None:
            self.paragraph += 1
        for piece_start, piece_end in _pieces(self.document.text, start, end):
            yield Chunk(
                self.document.text[piece_start:piece_end],
                self._locator(),
                piece_start,
                piece_end,
                self.speaker,
                self.heading,
                self._is_interviewer(),
            )

    def _is_interviewer(self) -> bool:
        name = self.speaker or ""
        return name in self.survey.interviewers or _role(name) in INTERVIEWER_ROLES

    def _locator(self) -> str:
        parts = [self.document.locator_prefix] if self.document.locator_prefix else []
        if self.time is not None:
            return ", ".join([*parts, re.split(r"[.,]", self.time)[0]])
        if self.page is not None:
            parts.append(f"p. {self.page}")
        elif self.heading is not None:
            parts.append(f"§ {self.heading[:80].rstrip()}")
        return ", ".join([*parts, f"¶ {self.paragraph}"])


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """`start` to `end` cut at sentence borders, or at a space where a sentence is too long."""
    if end - start <= MAX_CHUNK_CHARS:
        yield start, end
        return
    piece_start = piece_end = start
    for sentence_start, sentence_end in split_sentences(text[start:end]):
        if piece_end > piece_start and start + sentence_end - piece_start > MAX_CHUNK_CHARS:
            yield piece_start, piece_end
            piece_start = start + sentence_start
        piece_end = start + sentence_end
        while piece_end - piece_start > MAX_CHUNK_CHARS:
            space = text.rfind(" ", piece_start + 1, piece_start + MAX_CHUNK_CHARS)
            cut = space if space > 0 else piece_start + MAX_CHUNK_CHARS
            yield piece_start, cut
            piece_start = cut + (space > 0)
    if piece_end > piece_start:
        yield piece_start, piece_end
