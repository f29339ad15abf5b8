"""Captions and meeting transcripts with cue times: WebVTT, SubRip, SubViewer, Teams' text."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from insights.ingest.readers.content import File, ReadError, SourceContent
from insights.ingest.readers.decoding import text_of
from insights.ingest.readers.documents.markup import decode_entities
from insights.ingest.readers.registry import reads
from insights.ingest.readers.talk.turns import SOUND, Piece, clock, seconds_of, talk_document
from insights.ingest.speakers import ROLES, looks_like_a_speaker, role_of

_TIME = r"\d{1,3}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,3})?"
_CUE = re.compile(
    rf"\s*(?P<time>{_TIME})\s{{0,8}}(?:-{{2,3}}>|→)\s{{0,8}}(?P<end>{_TIME})(?:\s.*)?$"
)
_SBV_CUE = re.compile(
    r"(?P<time>\d{1,2}:\d{2}:\d{2}\.\d{3}),(?P<end>\d{1,2}:\d{2}:\d{2}\.\d{3})\s*$"
)
# Seconds without a cue after which somebody begins anew.
LEAST_PAUSE = 1.5
_COMMENT = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_VOICE = re.compile(r"<v(?:\.[\w.]{1,40})?\s+(?P<name>[^<>]{1,80})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<\d[\d:.]{3,12}>|\{\\[^{}]{1,60}\}")
_ID = re.compile(r"\d{1,6}$|[0-9a-fA-F-]{8,}(?:/\d+-\d+)?$|cue[-_ ]?\d+$", re.IGNORECASE)
_NAMED_ID = re.compile(r'\d{1,6} "(?P<name>[^"<>]{1,60})" \(\d{1,20}\)')  # Webex
_LABEL = re.compile(r"(?P<name>[^\W\d_][\w .'’()/-]{0,48}?)\s?:\s+(?=\S)")
_BRACKETED = re.compile(r"\[([A-ZÀ-Ý][\w .'’-]{0,30})\]\s+(?=\S)")
_NAMED_TIME = re.compile(
    r"(?:\d+\s(?:hours?|minutes?|seconds?)\s?)+(?P<time>\d{1,2}:\d{2}(?::\d{2})?)\s*$"
)


class _Cue(NamedTuple):
    """`apart`: a pause lies before it."""

    time: str
    lines: list[str]
    apart: bool


@reads(".vtt", ".srt", ".sbv", title="Captions")
def read_captions(file: File) -> SourceContent:
    text = text_of(file, plain := SourceContent(file.title))
    content = captions_content(file, text)
    if content is None:
        raise ReadError(
            f"{file.name} has no line with cue times, such as 00:00:05.000 --> 00:00:08.000. Check "
            "that it was exported whole, or give it the ending .txt."
        )
    content.encoding, content.notes = plain.encoding, plain.notes
    return content


def captions_content(file: File, text: str) -> SourceContent | None:
    """Return the transcript in `text`, or None when its lines bear no cue times."""
    lines = text.lstrip("\ufeff").split("\n")
    if sum(_NAMED_TIME.match(line) is not None for line in lines) >= 2:
        pieces = list(_named_times(lines))
    elif any(map(_cue_time, lines)):
        # Text without a time in a Word file is a note on who saved it.
        cues = list(_cues(lines, keep_untimed=not file.name.lower().endswith(".docx")))
        pieces = list(_pieces(_unrolled(cues)))
    else:
        return None
    document = talk_document(file.title, pieces)
    if document is None:
        raise ReadError(f"{file.name} has cues without words. Check that it was exported whole.")
    return SourceContent(file.title, documents=[document])


def _cue_time(line: str) -> re.Match[str] | None:
    return _CUE.match(line) or _SBV_CUE.match(line)


def _cues(lines: list[str], *, keep_untimed: bool) -> Iterator[_Cue]:
    """Yield each cue without header, notes, styles and ids."""
    time, said, started, in_comment = "", list[str](), False, False
    voice = ""
    end, apart = 0.0, False
    for number, line in enumerate(lines):
        line = line.strip()
        following = lines[number + 1] if number + 1 < len(lines) else ""
        after_blank = number == 0 or not lines[number - 1].strip()
        if found := _cue_time(line):
            if said:
                yield _Cue(time, said, apart)
            time, said, started, in_comment = clock(found["time"]), [], True, False
            apart, end = seconds_of(found["time"]) - end >= LEAST_PAUSE, seconds_of(found["end"])
        elif not line:
            in_comment = False
            if said:
                yield _Cue(time, said, apart)
                said = []
        elif in_comment or (after_blank and _COMMENT.match(line)):
            in_comment = True
        elif not started or (_cue_time(following) and (after_blank or _ID.match(line))):
            named = _NAMED_ID.fullmatch(line)
            voice = f"<v {named['name']}>" if named else ""  # the header, or a cue's id
        elif after_blank and not _cue_time(lines[number - 1]) and _is_untimed_id(line, following):
            continue
        elif said or not after_blank or keep_untimed:
            said.append(voice + line)
            voice = ""
    if said:
        yield _Cue(time, said, apart)


def _is_untimed_id(line: str, following: str) -> bool:
    return re.fullmatch(r"\d{1,6}", line) is not None and bool(following.strip())


def _unrolled(cues: list[_Cue]) -> Iterator[_Cue]:
    """Yield only what is new: rolling captions show each line again in the next cue."""
    shown: list[str] = []
    for time, lines, apart in cues:
        plain = [" ".join(_TAG.sub("", line).split()) for line in lines]
        kept = [(line, bare) for line, bare in zip(lines, plain, strict=True) if bare]
        overlap = next(
            (
                size
                for size in range(min(len(shown), len(kept)), 0, -1)
                if shown[-size:] == [bare for _, bare in kept[:size]]
            ),
            0,
        )
        new = [line for line, _ in kept[overlap:]]
        if new and not overlap and shown and kept[0][1].startswith(f"{shown[-1]} "):
            new[0] = kept[0][1][len(shown[-1]) :].lstrip()  # the line grows word by word
        shown = [bare for _, bare in kept] or shown
        if new:
            yield _Cue(time, new, apart)


def _pieces(cues: Iterator[_Cue]) -> Iterator[Piece]:
    found = list(cues)
    names_above = _has_names_above(found)
    labels = _labels(found)
    speaker = ""
    for time, lines, pause in found:
        if names_above:
            yield Piece(lines[0].rstrip(":"), time, _words(" ".join(lines[1:])))
            continue
        for line, apart in _said_apart(lines):
            voice = _VOICE.search(line)
            words = _words(line)
            label = _LABEL.match(words)
            if voice:
                speaker = decode_entities(voice["name"]).strip()
            elif label and label["name"] in labels:
                speaker, words = label["name"], words[label.end() :]
            elif apart:
                speaker = ""
            yield Piece(speaker, time, words, apart, pause)


def _said_apart(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Join a cue's lines, but not those that a dash, ">>" or a voice gives to someone else."""
    joined = ""
    apart = False
    for line in lines:
        bare = _words(line)
        opens = re.match(r"(?:[-–—]\s?|>>\s?)(?=\S)", bare) is not None
        if joined and (opens or _VOICE.search(line) or _LABEL.match(bare)):
            yield joined, apart
            joined = ""
        if not joined:
            apart = opens
        joined = f"{joined} {line}".strip()
    if joined:
        yield joined, apart


def _words(line: str) -> str:
    """Return a cue's words without tags, word times, entities and the dash of a new speaker."""
    text = decode_entities(_TAG.sub("", line)).strip()
    if (name := _BRACKETED.match(text)) and not SOUND.match(name[0]):
        text = f"{name[1]}: {text[name.end() :]}"
    return re.sub(r"^(?:[-–—]\s?|>>\s?)(?=\S)", "", " ".join(text.split()))


def _labels(cues: list[_Cue]) -> set[str]:
    """Return the labels before a colon that name speakers: two words, a role, or repeated."""
    names = Counter(
        match["name"]
        for cue in cues
        for line in cue.lines
        if (match := _LABEL.match(_words(line))) and looks_like_a_speaker(match["name"])
    )
    is_dialogue = 2 * names.total() >= len(cues) > 2
    return {
        name
        for name, count in names.items()
        if is_dialogue
        or count > 1
        or len(name.split()) == 2
        or role_of(name) in ROLES
        or _is_shouted(name)
    }


def _is_shouted(name: str) -> bool:
    """Return True for a name in capitals: subtitles write speakers off the screen so."""
    return len(name) > 2 and name.isupper()


def _has_names_above(cues: list[_Cue]) -> bool:
    """Return True for older Teams transcripts, where each cue's first line is a name."""
    firsts = [cue.lines[0] for cue in cues if len(cue.lines) > 1]
    return (
        len(firsts) == len(cues)
        and all(
            len(name.split()) <= 5 and looks_like_a_speaker(name) and name[-1:] not in ".,!?;<>"
            for name in firsts
        )
        and any(len(name.split()) > 1 for name in firsts)
    )


def _named_times(lines: list[str]) -> Iterator[Piece]:
    """Read Teams on the web: a name, "0 minutes 5 seconds0:05", name with time, and text."""
    speaker, time, said = "", "", list[str]()
    lines = [line.strip() for line in lines if line.strip()]
    for number, line in enumerate(lines):
        match = _NAMED_TIME.match(line)
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if match:
            speaker, time = lines[number - 1] if number else "", match["time"]
        elif _NAMED_TIME.match(following):
            if said:
                yield Piece(speaker, time, " ".join(said))
            said = []
        elif time and not re.match(rf"{re.escape(speaker)}\s(?:\d+\s\w+\s?)+$", line):
            said.append(line)
    if said:
        yield Piece(speaker, time, " ".join(said))
