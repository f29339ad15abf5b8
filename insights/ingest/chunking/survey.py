"""Survey a whole document: who speaks, who asks, and whether its lines are wrapped."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from insights.ingest.chunking.lines import (
    ATTENDEES,
    FENCE,
    LIST_ITEM,
    MACHINE_NOTICE,
    METADATA,
    SPEAKER,
    STOPPED,
    Line,
    timed_turn,
)
from insights.ingest.speakers import (
    INTERVIEWER_ROLES,
    ROLES,
    asks_questions,
    looks_like_a_speaker,
    role_of,
)

WRAPPED_SHARE = 0.5
FEWEST_TURNS = 3
DIALOGUE_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Survey:
    """`skipped` are line numbers from 0; `width` is the length of the longest line."""

    skipped: frozenset[int]
    speakers: frozenset[str]
    interviewers: frozenset[str]
    is_dialogue: bool
    is_wrapped: bool
    width: int


def survey_lines(lines: list[Line]) -> Survey:
    notices = {n for n, line in enumerate(lines) if MACHINE_NOTICE.match(line.text)}
    skipped = _front_matter(lines) | _fenced(lines) | notices
    shown = [Line(0, 0, "", False, False) if n in skipped else x for n, x in enumerate(lines)]
    turns = _turns(shown)
    counts = Counter(turn.name for turn in turns)
    asked = Counter(turn.name for turn in turns if turn.last.endswith("?"))
    speakers = {turn.name for turn in turns if turn.certain or counts[turn.name] > 1}
    speakers |= _attendees(shown) & counts.keys()
    if speakers and len(turns) >= DIALOGUE_SHARE * sum(bool(line.text) for line in shown):
        # Most lines are turns: a full name that speaks once is a speaker, too.
        speakers |= {name for name in counts if len(name.split()) > 1}
    interviewers = {
        name
        for name in speakers
        if asks_questions(name, turns=counts[name], questions=asked[name], speakers=len(speakers))
    }
    for turn in turns:  # "Interviewer: Anna Roth" among the first lines
        if role_of(turn.name) in INTERVIEWER_ROLES and not STOPPED.search(turn.first):
            interviewers |= _names_of(re.split(r"[(,;]", turn.first)[0])
    return Survey(
        skipped,
        frozenset(speakers),
        frozenset(interviewers),
        sum(turn.name in speakers for turn in turns) >= FEWEST_TURNS,
        _is_wrapped(shown),
        max(len(line.text) for line in lines),
    )


@dataclass(slots=True)
class _Turn:
    name: str
    certain: bool
    first: str
    last: str


def _turns(lines: list[Line]) -> list[_Turn]:
    """Yield the lines that a name may open, with the text that ends what was said."""
    turns: list[_Turn] = []
    for line in lines:
        certain = timed_turn(line.text)
        label = certain or SPEAKER.match(line.text)
        name = label["name"].strip("*_ ") if label else ""
        if label and name and (certain or looks_like_a_speaker(name)):
            said = line.text[label.end() :]
            role = role_of(name) in ROLES and (not said or STOPPED.search(said) is not None)
            turns.append(_Turn(name, bool(certain) or role, said, said))
        elif turns and line.text:
            turns[-1].last = line.text
    return turns


def _attendees(lines: list[Line]) -> set[str]:
    """Return the names that are listed below "Attendees" or "Speakers"."""
    at = next((n for n, line in enumerate(lines) if ATTENDEES.match(line.text)), len(lines))
    names = next((line.text for line in lines[at + 1 :] if line.text), "")
    return set(re.split(r",\s+", names))


def _is_wrapped(lines: list[Line]) -> bool:
    """Return True if lines are broken to fit a width: most then continue in lower case."""
    continued = [
        line.text[0].islower()
        for previous, line in pairwise(lines)
        if previous.text and line.text and not LIST_ITEM.match(line.text)
    ]
    return bool(continued) and sum(continued) >= WRAPPED_SHARE * len(continued)


def _names_of(person: str) -> set[str]:
    """Return the names a transcript may use for "Anna Roth": in full, "Anna" or "AR"."""
    words = person.split()
    if not 0 < len(words) <= 3 or not all(word[0].isupper() for word in words):
        return set()
    names = {" ".join(words), words[0]}
    return names | {"".join(word[0] for word in words)} if len(words) > 1 else names


def _front_matter(lines: list[Line]) -> frozenset[int]:
    if lines[0].text != "---":
        return frozenset()
    for number, line in enumerate(lines[1:60], 1):
        if line.text in {"---", "..."}:
            return frozenset(range(number + 1))
        if not (line.indented or METADATA.match(line.text)):
            break
    return frozenset()


def _fenced(lines: list[Line]) -> frozenset[int]:
    """Return the lines of code between two fences; an unclosed fence hides nothing."""
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
