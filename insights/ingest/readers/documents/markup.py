"""HTML to plain text: whole pages by a parser, and the tags and entities in a cell or a cue."""

import html
import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from insights.ingest.readers.content import ReadError
from insights.ingest.readers.tables.columns import names_a_text
from insights.text.wordlists import named

_TAGS = {kind: tags.split() for kind, tags in named("html_tags").items()}
BLOCKS, HIDDEN = frozenset(_TAGS["blocks"]), frozenset(_TAGS["hidden"])
_NAMES = "|".join(sorted({*BLOCKS, *_TAGS["inline"], "br"}, key=len, reverse=True))
_TAG = re.compile(
    # Namespaces are those of Office and Confluence.
    rf"<(?P<close>/?)(?P<tag>{_NAMES}|(?:ac|ri|[ovwm]):[a-z-]{{1,40}})"
    r"(?P<rest>(?:\s[^<>]{0,2000})?)\s?/?>",
    re.IGNORECASE,
)
_UNSEEN = re.compile(
    r"<!--.{0,20000}?-->|<(script|style|aside)\b[^>]{0,500}>.{0,200000}?</\1\s*>|<!doctype[^<>]{0,300}>",
    re.DOTALL | re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


MOST_HERE = 200_000
MOST_SECONDS = 30
MOST_CPU_SECONDS = 6
MOST_MEMORY = 600 * 2**20


def decode_entities(text: str) -> str:
    """Turn `&amp;`, `&#39;` and `&nbsp;` into characters, only where a semicolon ends them."""
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text).replace("\xa0", " ")


_CARRIER = re.compile(r"<(?:script|img|input)\b", re.IGNORECASE)


def cell_text(text: str) -> str:
    """Return a cell's plain text; a cell that is only a script or an image stays as written.

    Somebody typed or pasted it, so the row must not pass for an empty one. Bare layout such as
    `<p></p>` is empty.
    """
    shown = plain_text(text).strip()
    return shown or (text.strip() if _CARRIER.search(text) else "")


def plain_text(text: str) -> str:
    """Return text without HTML tags. Block tags separate paragraphs; `<0` stays."""
    if "<" in text:
        text = _TAG.sub(_break, _UNSEEN.sub(" ", text))
    return decode_entities(text)


def _break(tag: re.Match[str]) -> str:
    name = tag["tag"].lower()
    if name == "br":
        return "\n"
    if name == "li" and not tag["close"]:
        return "\n\n- "
    return "\n\n" if name in BLOCKS else ""


def page_text(markup: str) -> tuple[str, str]:
    """Return title and text of an HTML page: its article or main part if it has one.

    Navigation, footers, forms, scripts and styles are left out. Headings get "#" marks, list items
    "- ", and each table cell is a paragraph of its own. A long page is read in a process of its
    own: the parser takes quadratic time for deep nesting and for many attributes. Raises
    `ReadError` when it is stopped.
    """
    title, text, _, _ = page_parts(markup, with_tables=False)
    return title, text


Parts = tuple[str, str, list[list[list[str]]], str]


def page_parts(markup: str, *, with_tables: bool = True) -> Parts:
    """Return title, text and, apart from the text, tables that may be read row by row.

    And the day on which it was published, as the page says; else "".
    """
    if len(markup) <= MOST_HERE:
        return _page_parts(markup, with_tables)
    module = __spec__.name if __spec__ else __name__
    command = [sys.executable, "-m", module, *(["tables"] if with_tables else [])]
    try:
        done = subprocess.run(  # noqa: S603 - this module, with no argument from outside
            command,
            input=markup.encode("utf-8", "replace"),
            capture_output=True,
            timeout=MOST_SECONDS,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise ReadError(
            "The HTML is nested too deep or too long to read. Save the page as PDF, or copy its "
            "text into a .txt file."
        ) from error
    title, text, tables, date = json.loads(done.stdout)
    return title, text, tables, date


def _child() -> None:
    """Read a page from standard input and write its parts as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    json.dump(_page_parts(sys.stdin.buffer.read().decode(), len(sys.argv) > 1), sys.stdout)


def _page_parts(markup: str, with_tables: bool) -> Parts:
    tree = LexborHTMLParser(markup)
    title_node = tree.css_first("title") or tree.css_first("h1")
    title = " ".join(title_node.text().split()) if title_node else ""
    articles = (
        tree.css("article")
        or tree.css("main")
        or tree.css("[role=main]")
        or tree.css("#main-content")  # Confluence
    )
    outermost = [node for node in articles if not _has_ancestor(node, {"article"})]
    roots = outermost or ([tree.body] if tree.body else [])
    tables = [table for root in roots for table in _tables_in(root)] if with_tables else []
    date = next((found for one in _DATED for node in tree.css(one) if (found := _date(node))), "")
    return title[:200], "\n\n".join(filter(None, map(_text_below, roots))), tables, date


_DATED = (
    "meta[property='article:published_time']",
    "meta[name='date']",
    "meta[itemprop='datePublished']",
    "article time[datetime]",
    "main time[datetime]",
    "header time[datetime]",
)


def _date(node: LexborNode) -> str:
    return str(node.attributes.get("content") or node.attributes.get("datetime") or "")[:64]


def _tables_in(root: LexborNode) -> Iterator[list[list[str]]]:
    """Yield the tables of rows that somebody wrote, and take them out of the page."""
    for table in root.css("table"):
        rows = [
            [_text_below(cell) for cell in row.css("td, th")] for row in table.css("tr")
        ]  # fmt: skip
        is_plain = len(rows) > 1 and table.css_first("table table") is None
        if is_plain and names_a_text(rows[0], with_source=True):
            yield rows
            table.decompose()


def _text_below(root: LexborNode) -> str:
    pieces: list[str] = []
    _collect(root, pieces)
    text = re.sub(r"[ \t]+", " ", "".join(pieces).replace("\xa0", " "))
    text = re.sub(r" ?\n ?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _has_ancestor(node: LexborNode, tags: set[str]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in tags:
            return True
        parent = parent.parent
    return False


def _collect(root: LexborNode, pieces: list[str]) -> None:
    """Add the texts below `root`, in order and without recursion: a page may nest deep."""
    waiting: list[LexborNode | str] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            pieces.append(node)
            continue
        if node is not root:
            waiting.extend(_after(node))
            tag = node.tag
            if tag == "-text":
                # White space in the source is layout, but in <pre>.
                text = node.text_content or ""
                parent = node.parent
                is_kept = parent is not None and parent.tag == "pre"
                pieces.append(text if is_kept else re.sub(r"\s+", " ", text))
                continue
            if tag == "br":
                pieces.append("\n")
                continue
            if tag is None or tag in HIDDEN or tag.startswith(("-", "!", "_")):
                continue
            pieces.append(_opening(tag))
        if node.child is not None:
            waiting.append(node.child)


def _after(node: LexborNode) -> Iterator[LexborNode | str]:
    """Yield what follows a node, the last first: its next sibling, and before it its end."""
    if node.next is not None:
        yield node.next
    if node.tag in BLOCKS and node.tag not in HIDDEN:
        yield "\n\n"


def _opening(tag: str) -> str:
    mark = "- " if tag == "li" else ""
    if re.fullmatch("h[1-6]", tag):
        mark = "#" * int(tag[1]) + " "
    return "\n\n" + mark if tag in BLOCKS else mark


if __name__ == "__main__":
    _child()
