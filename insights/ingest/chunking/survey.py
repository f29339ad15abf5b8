"""What only the whole document tells: who speaks, who asks, and whether its lines are wrapped."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from insights.ingest.chunking.lines import (
    FENCE,
    LIST_ITEM,
    METADATA,
    SPEAKER,
    STOPPED,
    VOICE,
    Line,
    timed_turn,
)

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
FEWEST_TURNS = 3


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
    skipped = _front_matter(lines) | _fenced(lines)
    shown = [Line(0, 0, "", False, False) if n in skipped else x for n, x in enumerate(lines)]
    turns = _turns(shown)
    counts = Counter(turn.name for turn in turns)
    asked = Counter(turn.name for turn in turns if turn.last.endswith("?"))
    speakers = {turn.name for turn in turns if turn.certain or counts[turn.name] > 1}
    interviewers = {
        name
        for name in speakers
        if counts[name] > 2 and asked[name] >= QUESTION_SHARE * counts[name] and len(speakers) > 1
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
    """Every line that a name may open, with the text that ends what was said."""
    turns: list[_Turn] = []
    for line in lines:
        certain = timed_turn(line.text) or VOICE.match(line.text)
        label = certain or SPEAKER.match(line.text)
        name = label["name"].strip("*_ ") if label else ""
        if label and name and (certain or _looks_like_a_speaker(name)):
            said = line.text[label.end() :]
            role = role_of(name) in ROLES and (not said or STOPPED.search(said) is not None)
            turns.append(_Turn(name, bool(certain) or role, said, said))
        elif turns and line.text:
            turns[-1].last = line.text
    return turns


def _is_wrapped(lines: list[Line]) -> bool:
    """Whether lines are broken to fit a width: most then go on with a lower-case letter."""
    continued = [
        line.text[0].islower()
        for previous, line in pairwise(lines)
        if previous.text and line.text and not LIST_ITEM.match(line.text)
    ]
    return bool(continued) and sum(continued) >= WRAPPED_SHARE * len(continued)


def _looks_like_a_speaker(name: str) -> bool:
    words = name.split()
    return (
        words[0][0].isupper()
        and words[0].lower() not in NOT_SPEAKERS
        and all(not word[0].islower() for word in words)
    )


def role_of(name: str) -> str:
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
