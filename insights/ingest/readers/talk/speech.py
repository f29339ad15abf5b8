"""Transcripts as JSON: Whisper, WhisperX, Deepgram, AssemblyAI, Otter, Rev, YouTube, podcasts."""

import re
from collections.abc import Iterator
from dataclasses import replace

from insights.ingest.days import day_of
from insights.ingest.readers.content import About, Document
from insights.ingest.readers.talk.turns import Piece, clock, seconds_clock, talk_document
from insights.ingest.readers.values import iso_time
from insights.types import JSONMapping

_LISTS = (
    "segments", "utterances", "callTranscripts", "transcript", "sentences", "paragraphs",
    "transcription", "transcripts", "cues", "monologues", "audio_segments", "subtitles", "captions",
    "turns", "entries",
)  # fmt: skip
_TEXTS = ("text", "transcript", "body", "sentence", "content", "elements", "sentences", "words")
_STARTS = (
    "start", "startTime", "start_time", "start_offset", "offset", "begin", "from", "timestamp",
    "timestamps", "time", "ts",
)  # fmt: skip
_SPEAKERS = (
    "speaker",
    "speaker_name",
    "speakerName",
    "speaker_label",
    "speaker_id",
    "speakerId",
    "channel_tag",
)
_RECORDED = ("recorded_at", "date", "created", "created_at", "createdAt", "start_time", "timestamp")
_DEEPEST = 7


def read_speech(title: str, value: object) -> Document | None:
    """Return the transcript in a JSON value, or None when it holds no timed speech."""
    items = _events(value) or _timed(value, 0)
    if items is None:
        return None
    in_milliseconds = _in_milliseconds([part for item in items for part in _sentences(item)])
    pieces = list(_pieces(items, in_milliseconds))
    words = sum(len(piece.text.split()) == 1 for piece in pieces)
    if words > 0.7 * len(pieces):  # a word a segment: join all that one speaker says
        pieces = list(_joined(pieces))
    document = talk_document(title, pieces)
    return replace(document, about=About(date=_recorded(value))) if document else None


def _recorded(value: object) -> str:
    """Return when it was recorded, as the file or its `metadata` says."""
    whole = value if isinstance(value, dict) else {}
    inner = whole.get("metadata")
    for fields in (whole, inner if isinstance(inner, dict) else {}):
        for key in _RECORDED:
            if day_of(when := iso_time(fields.get(key))):
                return when
    return ""


def _events(value: object) -> list[JSONMapping]:
    """Return the pieces of YouTube's own format (json3), whose events hold words in `segs`."""
    events = value.get("events") if isinstance(value, dict) else None
    return [
        {
            "text": "".join(str(seg.get("utf8", "")) for seg in event["segs"]),
            "start": event.get("tStartMs", 0) / 1000,
        }
        for event in (events if isinstance(events, list) else [])
        if isinstance(event, dict) and isinstance(event.get("segs"), list)
        if all(isinstance(seg, dict) for seg in event["segs"])
        if isinstance(event.get("tStartMs", 0), int | float)
    ]


def _timed(value: object, depth: int) -> list[JSONMapping] | None:
    """Return the list of timed pieces that lies nearest to the top, sentences before words."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value) and all(map(_is_piece, value)):
            return value
        inside = (_timed(item, depth + 1) for item in value[:20])
        return next((items for items in inside if items is not None), None)
    if isinstance(value, dict):
        for key in _LISTS:
            if key in value and (found := _timed(value[key], depth + 1)) is not None:
                return found
        for key, inner in value.items():
            if key not in {"words", "word_segments", "metadata"} and isinstance(inner, dict | list):
                if isinstance(inner, list) and key not in {"channels", "alternatives", "results"}:
                    continue
                if (found := _timed(inner, depth + 1)) is not None:
                    return found
    return None


def _is_piece(item: object) -> bool:
    if not isinstance(item, dict) or not any(key in item for key in _TEXTS):
        return False
    return any(key in item for key in _STARTS) or "sentences" in item or "elements" in item


def _pieces(items: list[JSONMapping], in_milliseconds: bool) -> Iterator[Piece]:
    for item in items:
        speaker = next((item[key] for key in _SPEAKERS if item.get(key) is not None), "")
        if isinstance(speaker, dict):
            speaker = speaker.get("name", "")
        if isinstance(speaker, int | float):
            speaker = f"Speaker {int(speaker)}"
        for part in _sentences(item):
            yield Piece(str(speaker), _time(part, in_milliseconds), _text(part))


def _sentences(item: JSONMapping) -> list[JSONMapping]:
    """Return the sentences of a turn or paragraph, or the item itself."""
    inner = item.get("sentences")
    parts: list[JSONMapping] = []
    if isinstance(inner, list):
        parts = [one for one in inner if isinstance(one, dict)]
    return parts or [item]


def _text(item: JSONMapping) -> str:
    for key in _TEXTS:
        value = item.get(key)
        if isinstance(value, str):
            return value.strip()
        if key == "elements" and isinstance(value, list):  # Rev: words and marks in turn
            return "".join(str(e.get("value", "")) for e in value if isinstance(e, dict)).strip()
    return ""


def _start(item: JSONMapping) -> object:
    value = next((item[key] for key in _STARTS if item.get(key) is not None), None)
    if isinstance(value, dict):
        return value.get("from")
    if isinstance(value, list):
        return value[0] if value else None
    if value is None and isinstance(item.get("elements"), list):
        return next((e["ts"] for e in item["elements"] if isinstance(e, dict) and "ts" in e), None)
    return value


def _time(item: JSONMapping, in_milliseconds: bool) -> str:
    start = _start(item)
    if isinstance(start, str):
        if ":" in start:
            return clock(start)
        start = float(start[:-1]) if re.fullmatch(r"\d+(?:\.\d+)?s", start) else None
    if isinstance(start, bool) or not isinstance(start, int | float) or start < 0:
        return ""
    if "start_offset" in item:  # Otter counts samples, 16,000 a second
        return seconds_clock(start / 16_000)
    return seconds_clock(start / 1000 if in_milliseconds else start)


def _in_milliseconds(items: list[JSONMapping]) -> bool:
    starts = [s for item in items if isinstance(s := _start(item), int) and s > 0]
    fractions = any(isinstance(_start(item), float) for item in items)
    spans = [
        item["end"] - s
        for item in items
        if isinstance(s := _start(item), int) and isinstance(item.get("end"), int)
    ]
    return not fractions and bool(starts) and (sum(spans) > 100 * len(spans) if spans else False)


def _joined(pieces: list[Piece]) -> Iterator[Piece]:
    group: list[Piece] = []
    for piece in pieces:
        if group and piece.speaker != group[-1].speaker:
            yield group[0]._replace(text=" ".join(p.text for p in group))
            group = []
        group.append(piece)
    if group:
        yield group[0]._replace(text=" ".join(p.text for p in group))
