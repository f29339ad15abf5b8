"""One pass over a document's lines that gathers them into chunks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from insights.ingest.chunking.lines import (
    HEADING,
    LIST_ITEM,
    PAGE,
    RULE,
    SPEAKER,
    STOPPED,
    UNDERLINE,
    Line,
    timed_turn,
)
from insights.ingest.chunking.survey import Survey
from insights.ingest.readers.content import Document, Kind, Marks, time_at
from insights.ingest.speakers import INTERVIEWER_ROLES, role_of
from insights.text.sentences import split_sentences

MAX_CHUNK_CHARS = 2000
# By how far a line fills the width: a short one was ended on purpose, a full one was wrapped.
SHORT_SHARE = 0.6
FULL_SHARE = 0.8
WRAP_WIDTHS = range(60, 121)


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
    kind: Kind = "prose"
    marks: Marks = ()
    """Those of each caption in it, or of the turn."""

    def locator_at(self, offset: int) -> str:
        """Return the locator of the statement that begins at `offset` of the document."""
        time = time_at(self.marks, offset)
        return ", ".join([*self.locator.split(", ")[:-1], time]) if time else self.locator


class Walk:
    """One pass over the lines; `open` is the span of the chunk that is being gathered."""

    def __init__(self, document: Document, lines: list[Line], survey: Survey) -> None:
        self.document = document
        self.lines = lines
        self.survey = survey
        self.open: tuple[int, int] | None = None
        self.page: int | None = 1 if "\f" in document.text else None
        self.heading: str | None = None
        self.paragraph = 0
        self.speaker: str | None = None
        self.time: str | None = None

    def chunks(self) -> Iterator[Chunk]:
        for number, line in enumerate(self.lines):
            if line.after_form_feed:
                yield from self._close()
                self.page, self.paragraph = (self.page or 0) + 1, 0
            if number in self.survey.skipped:
                yield from self._close()
            elif not line.text:
                yield from self._close()
                if self.time is None and not self.survey.is_dialogue:
                    self.speaker = None
            else:
                yield from self._line(number, line)
        yield from self._close()

    def _line(self, number: int, line: Line) -> Iterator[Chunk]:
        if page := PAGE.match(line.text):
            yield from self._close()
            self.page, self.paragraph = int(page["page"]), 0
        elif turn := self._turn(line.text):
            name = turn["name"].strip("*_ ") or self.speaker
            time = turn["time"] if "time" in turn.re.groupindex else None
            yield from self._close()
            self.speaker, self.time = name, time
            self._extend(line.start + turn.end(), line.end)
        elif (heading := self._heading(number, line.text)) is not None:
            yield from self._close()
            self.heading, self.paragraph = self._section(line.text, heading), 0
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

    def _turn(self, line: str) -> re.Match[str] | None:
        if timed := timed_turn(line):
            return timed
        label = SPEAKER.match(line)
        return label if label and label["name"].strip("*_ ") in self.survey.speakers else None

    def _heading(self, number: int, line: str) -> str | None:
        if heading := HEADING.match(line):
            return heading["text"].strip("#*_: ")
        if len(line) > 100:
            return None
        following = self.lines[number + 1].text if number + 1 < len(self.lines) else ""
        words = line.split()
        underlined = self.open is None and UNDERLINE.match(following) and line[0] != "|"
        if self.document.kind == "answer":
            return None  # a short answer in capitals is an answer
        label = line[-1] == ":" and len(words) <= 6 and not LIST_ITEM.match(line)
        bold = line[:2] in {"**", "__"} and line[-2:] == line[:2] and not STOPPED.search(line)
        shouted = line.isupper() and len(words) <= 8 and not STOPPED.search(line) and len(line) > 3
        return line.strip("*_: ") if underlined or label or bold or shouted else None

    def _section(self, line: str, heading: str) -> str | None:
        """Return the heading that locators name.

        A document's own title says nothing about the place.
        """
        is_title = line.startswith("# ") and heading == self.document.title
        return None if is_title else heading or self.heading

    def _continues(self, number: int, line: Line) -> bool:
        """Return True if the line continues the open paragraph: wrapped text, or a list item's."""
        if self.open is None or number == 0:
            return False
        previous = self.lines[number - 1].text
        if line.indented and not self.lines[number - 1].indented:
            return True
        if line.text[0].islower() and not STOPPED.search(previous):
            return True
        if line.text[0] == ">":
            return True
        stopped, width = STOPPED.search(previous), self.survey.width
        if self.survey.is_wrapped:
            return stopped is not None or len(previous) >= SHORT_SHARE * width
        return stopped is None and width in WRAP_WIDTHS and len(previous) >= FULL_SHARE * width

    def _cells(self, line: Line) -> Iterator[Chunk]:
        """Yield the cells of a Markdown table that are more than a label or a number."""
        for cell in re.finditer(r"(?:\\\||[^|])+", line.text):
            text = cell[0].strip()
            if STOPPED.search(text) or len(text.split()) > 3:
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
        for piece_start, piece_end in pieces(self.document.text, start, end):
            yield Chunk(
                self.document.text[piece_start:piece_end],
                self._locator(),
                piece_start,
                piece_end,
                self.speaker,
                self.heading,
                self._is_interviewer(),
                self.document.kind,
                marks=((piece_start, self._clock()),) if self.time is not None else (),
            )

    def _is_interviewer(self) -> bool:
        if self.speaker is None:
            return False
        return (
            self.speaker in self.survey.interviewers or role_of(self.speaker) in INTERVIEWER_ROLES
        )

    def _clock(self) -> str:
        return re.split(r"[.,]", self.time or "")[0]

    def _locator(self) -> str:
        parts = [self.document.locator_prefix] if self.document.locator_prefix else []
        if self.time is not None:
            return ", ".join([*parts, self._clock()])
        if self.page is not None:
            parts.append(f"p. {self.page}")
        elif self.heading is not None:
            parts.append(f"§ {self.heading[:80].rstrip()}")
        return ", ".join([*parts, f"¶ {self.paragraph}"])


def pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut `start` to `end` at sentence borders, or at a space where a sentence is too long."""
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
