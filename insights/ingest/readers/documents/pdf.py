"""PDF by pypdf, in its own process: a page that never ends is stopped, and memory is bounded."""

import json
import math
import os
import re
import resource
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from insights.ingest.readers.content import About, Document, File, ReadError, SourceContent
from insights.ingest.readers.documents.broken_words import join_broken_words
from insights.ingest.readers.registry import reads

if TYPE_CHECKING:
    from pypdf import PageObject

# A footnote's number: small digits or marks behind a word or the end of a sentence.
_NOTE_MARK = re.compile(r"\s?(?:\d{1,3}(?:[,–-]\s?\d{1,3})*|[*†‡§]{1,3})\s?")
_BEFORE_NOTE = re.compile(r"[^\W\d_]{3}$|[.,;:!?)\]”’»\"']$")
# SurveyMonkey's summary: an answer's number, its words, and when it was given.
_ANSWER = re.compile(
    r"^(?P<number>\d{1,4})\n(?P<text>(?:(?!\d{1,4}\n|DATE\n).{1,500}\n){1,20}?)"
    r"(?P<date>\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d [AP]M)$",
    re.MULTILINE,
)
NOTE_SIZE = 0.8
MOST_MEMORY = 600 * 2**20
MOST_SECONDS = 600
_PAGE_NUMBER = re.compile(r"(?:page\s)?\d{1,4}(?:\s?(?:/|of)\s?\d{1,4})?", re.IGNORECASE)


@reads(".pdf", title="PDF with a text layer", signature=b"%PDF-")
def read_pdf(file: File) -> SourceContent:
    if b"%PDF-" not in file.data[:1024]:
        raise ReadError(f"{file.name} is no PDF inside. Save or download it again.")
    pages: list[str] = []
    title = ""
    for message in _pages(file):
        if error := message.get("error"):
            raise ReadError(f"{file.name} {error}")
        title = message.get("title") or title
        if "text" in message:
            pages.append(message["text"])
    if not any(page.strip() for page in pages):
        raise ReadError(
            f"{file.name} has {len(pages):,} pages and no text on them: it is scanned. Run text "
            "recognition (OCR) over it, or copy its text into a .txt file."
        )
    shown = ["\n".join(lines) for lines in _without_running_heads(pages)]
    text = "\f".join(_page(_ANSWER.sub("", page).split("\n")) for page in shown)
    content = SourceContent(file.title)
    if empty := sum(not page.strip() for page in pages):
        content.notes.append(f"{empty:,} of {len(pages):,} pages have no text (pictures or scans).")
    if text.strip():
        content.documents = [Document(content.title, join_broken_words(text))]
    for number, page in enumerate(shown, 1):
        for answer in _ANSWER.finditer(page):
            said = join_broken_words(answer["text"].strip())
            where = f"p. {number}, answer {answer['number']}"
            about = About(date=answer["date"])
            content.documents.append(
                Document(content.title, " ".join(said.split()), where, kind="answer", about=about)
            )
    return content


def _pages(file: File) -> Iterator[dict[str, str]]:
    """Yield what the child process sends: a title, page after page, or an error."""
    longest_wait = file.options.limits.max_pdf_seconds
    command = [sys.executable, "-m", __spec__.name if __spec__ else __name__]
    with subprocess.Popen(  # noqa: S603 - this module, with no argument from outside
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        if child.stdin is None or child.stdout is None:
            return
        try:
            try:
                child.stdin.write(file.data)
                child.stdin.close()
            except BrokenPipeError:
                pass
            end = time.monotonic() + MOST_SECONDS
            buffer = b""
            while time.monotonic() < end:
                if not select.select([child.stdout], [], [], longest_wait)[0]:
                    break
                piece = os.read(child.stdout.fileno(), 2**16)
                if not piece:
                    if child.wait(longest_wait) != 0:
                        yield {"error": "is damaged beyond reading. Save or print it as PDF again."}
                    return
                *lines, buffer = (buffer + piece).split(b"\n")
                yield from map(json.loads, lines)
            yield {"error": "never ends (it contains a loop). Print it as a new PDF."}
        finally:
            child.kill()


def _without_running_heads(pages: list[str]) -> list[list[str]]:
    """Drop page numbers and the lines that most pages begin or end with."""
    split = [[line.strip() for line in page.split("\n")] for page in pages]
    split = [[*lines] if any(lines) else [] for lines in split]
    edges: dict[str, int] = {}
    for lines in split:
        filled = [line for line in lines if line]
        for line in {*filled[:1], *filled[-1:]}:
            key = re.sub(r"\d+", "0", line)
            edges[key] = edges.get(key, 0) + 1
    often = {key for key, count in edges.items() if count > 2 and count > 0.5 * len(pages)}
    for lines in split:
        for at in (0, -1):
            while lines and not lines[at]:
                lines.pop(at)
            if lines and (
                re.sub(r"\d+", "0", lines[at]) in often or _PAGE_NUMBER.fullmatch(lines[at])
            ):
                lines.pop(at)
    return split


def _page(lines: list[str]) -> str:
    """Return a page's text; where each line holds hardly more than a word, the lines are joined."""
    filled = [line for line in lines if line]
    words = [len(line.split()) for line in filled]
    if len(filled) > 20 and sum(count <= 1 for count in words) > 0.7 * len(words):
        return re.sub(r"\s*[●•▪■◦]\s*", "\n- ", " ".join(filled))
    return "\n".join(lines)


def _text(page: "PageObject") -> str:
    """Return the text of a page without the numbers of its footnotes inside it."""
    pieces: list[tuple[str, float]] = []

    def seen(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        pieces.append((text, size * math.hypot(*tm[2:4]) * math.hypot(*cm[2:4])))

    text = page.extract_text(visitor_text=seen)
    if "".join(piece for piece, _ in pieces) != text:
        return text  # the pieces do not tell what stands where
    lengths: Counter[float] = Counter()
    for piece, size in pieces:
        lengths[round(size, 1)] += len(piece)
    usual = max(lengths, key=lambda size: lengths[size], default=0.0)
    kept = ""
    for piece, size in pieces:
        is_small = size < NOTE_SIZE * usual and _NOTE_MARK.fullmatch(piece) is not None
        if not (is_small and _BEFORE_NOTE.search(kept[-4:])):
            kept += piece
    return kept


def _send(**message: str) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _child() -> None:
    """Read a PDF from standard input and write its pages as JSON lines."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(BytesIO(sys.stdin.buffer.read()))
        if reader.is_encrypted and not reader.decrypt(""):
            _send(error="is encrypted. Save it without a password.")
            return
        _send(title=str(reader.metadata.title or "") if reader.metadata else "")
        for page in reader.pages:
            _send(text=_text(page).encode("utf-8", "replace").decode().replace("\0", ""))
    except MemoryError:
        _send(error="takes more memory than a PDF may. Print it as a new PDF.")
    except (
        PyPdfError,
        RecursionError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OSError,
        AttributeError,
        AssertionError,
        NotImplementedError,
        OverflowError,
        ImportError,
    ) as error:
        kind = type(error).__name__
        _send(error=f"is damaged ({kind}: {str(error)[:200]}). Save or print it as PDF again.")


if __name__ == "__main__":
    _child()
