"""Join pieces of speech to one document: sentences run across cues, each with its own time."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from insights.ingest.readers.content import Document, Turn

STOPPED = re.compile(r"[.!?。！？][\"'”’»)\]]{0,3}$")
MOST_UNFINISHED = 600
MOST_UNPUNCTUATED = 240
LEAST_PUNCTUATED = 0.1
# Sounds that captions note down beside the words.
_SOUNDS = r"""(?:[\w\s]{0,20}\b)?(?:music|applause|laugh(?:s|ing|ter)?|chuckl(?:e|es|ing)
    |cough(?:s|ing)?|sigh(?:s|ing)?|cheer(?:s|ing)?|inaudible|unintelligible|crosstalk|silence|pause|noise|beep(?:ing)?
    |clears\sthroat|sneez(?:es|ing)|no\saudio|foreign(?:\slanguage)?|background|ringing|typing)\b
    [\w\s:.]{0,20}"""
SOUND = re.compile(
    rf"\[\s?{_SOUNDS}\]|\(\s?{_SOUNDS}\)|\*\s?{_SOUNDS}\*|^[\[(][^\])]{{1,60}}[\])]$|[♪♫][^♪♫\n]*[♪♫]?",
    re.IGNORECASE | re.VERBOSE,
)


class Piece(NamedTuple):
    """The text of one cue.

    `apart`: it never continues the piece before it. `pause`: it does not where only pauses tell
    sentences apart.
    """

    speaker: str
    time: str
    text: str
    apart: bool = False
    pause: bool = False


def clock(time: str) -> str:
    """Format "0:0:5.830" as 0:00:05: no fraction, two digits after each colon."""
    first, *rest = re.split(r"[.,](?=\d{1,3}$)", time.strip())[0].split(":")
    return ":".join([first, *(part.zfill(2) for part in rest)])


def seconds_of(time: str) -> float:
    """Return the seconds of "1:02:13.5", "62:13,5" or "13"."""
    seconds = 0.0
    for part in time.replace(",", ".").split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def seconds_clock(seconds: float) -> str:
    """Format seconds as 0:05, or as 1:02:13 from an hour up."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def without_sounds(text: str) -> str:
    return " ".join(SOUND.sub(" ", text).split())


def talk_document(title: str, pieces: Iterable[Piece]) -> Document | None:
    """Return the pieces as turns of one document; None when nothing is said.

    Pieces of one speaker are joined until a sentence ends. Where hardly any does (captions without
    punctuation), they are joined while they go on in lower case and without a pause.
    """
    said = [p._replace(text=t) for p in pieces if (t := without_sounds(p.text))]
    if not said:
        return None
    stopped = sum(STOPPED.search(piece.text) is not None for piece in said)
    goes_on = _goes_on if stopped >= LEAST_PUNCTUATED * len(said) else _flows_on
    groups: list[list[Piece]] = []
    for piece in said:
        if groups and goes_on(groups[-1], piece):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    text, turns = _composed(groups)
    return Document(title, text, turns=tuple(turns))


def _goes_on(group: list[Piece], piece: Piece) -> bool:
    last = group[-1]
    if piece.apart or piece.speaker != last.speaker:
        return False
    if STOPPED.search(last.text):
        return last.text.endswith(("...", "…")) and piece.text[:1].islower()
    return sum(len(one.text) for one in group) < MOST_UNFINISHED


def _flows_on(group: list[Piece], piece: Piece) -> bool:
    is_apart = piece.apart or piece.pause or piece.speaker != group[-1].speaker
    length = sum(len(one.text) for one in group)
    return not is_apart and piece.text[0].islower() and length < MOST_UNPUNCTUATED


def _composed(groups: Sequence[Sequence[Piece]]) -> tuple[str, list[Turn]]:
    parts: list[str] = []
    turns: list[Turn] = []
    length = 0
    for group in groups:
        speaker = group[0].speaker
        opening = f"{speaker}: " if speaker else ""
        parts.append(opening)
        length += len(opening)
        start, marks = length, []
        for number, piece in enumerate(group):
            joined = piece.text + (" " if number < len(group) - 1 else "")
            if piece.time:
                marks.append((length, piece.time))
            parts.append(joined)
            length += len(joined)
        turns.append(Turn(start, length, speaker, tuple(marks)))
        parts.append("\n\n")
        length += 2
    return "".join(parts).rstrip(), turns
