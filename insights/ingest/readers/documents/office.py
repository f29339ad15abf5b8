"""Word, PowerPoint, OpenDocument text, RTF and EPUB to text with headings, lists and tables."""

import re
import zipfile
from collections.abc import Iterator
from posixpath import dirname, join, normpath
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from striprtf.striprtf import rtf_to_text

from insights.ingest.readers.archives import open_archive, open_office, read_member
from insights.ingest.readers.content import (
    About,
    Document,
    File,
    Kind,
    ReadError,
    SourceContent,
)
from insights.ingest.readers.documents.markup import page_text
from insights.ingest.readers.documents.text import stated_date
from insights.ingest.readers.registry import reads
from insights.ingest.readers.tables.columns import names_a_text
from insights.ingest.readers.tables.embedded import read_embedded
from insights.ingest.readers.talk.captions import captions_content
from insights.ingest.readers.values import one_line

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
# Older Word's copy of what stands beside it, and text that was moved away or deleted.
_UNSEEN = {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    f"{W}moveFrom",
    f"{W}del",
}
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_SLIDE = re.compile(r"ppt/(slides/slide|notesSlides/notesSlide)(\d+)\.xml")


@reads(".docx", ".docm", title="Word document")
def read_docx(file: File) -> SourceContent:
    """Read paragraphs, headings, lists, table cells and comments, or a Teams transcript."""
    with open_office(file, what="Word document") as archive:
        body = _xml(file, archive, "word/document.xml").find(f"{W}body")
        parts = {
            name: _xml(file, archive, f"word/{name}.xml")
            for name in ("comments", "footnotes", "endnotes")
            if f"word/{name}.xml" in archive.namelist()
        }
    content = SourceContent(file.title)
    if body is not None:
        _read_tables(file, content, body)
    paragraphs = list(_word_blocks(body)) if body is not None else []
    text = "\n\n".join(paragraphs)
    if talk := captions_content(file, text):
        content.documents = [*talk.documents, *content.documents]
    elif text.strip():
        content.title = _title(paragraphs, file.title)
        about = About(date=stated_date(text))
        content.documents = [Document(content.title, text, about=about), *content.documents]
    for name, root in parts.items():
        for number, note in enumerate(root.findall(f"{W}{name[:-1]}"), 1):
            if not (words := "\n".join(_word_blocks(note)).strip()):
                continue
            where = f"{name[:-1]} {number}"
            about = About(person=note.get(f"{W}author", ""), date=note.get(f"{W}date", ""))
            kind: Kind = "answer" if name == "comments" else "prose"
            content.documents.append(Document(content.title, words, where, kind=kind, about=about))
    return _filled(file, content)


@reads(".pptx", title="Slides")
def read_pptx(file: File) -> SourceContent:
    """Read each slide's texts, table cells and notes, with the slide's number as its page."""
    content = SourceContent(file.title)
    with open_office(file, what="presentation") as archive:
        parts = [match for name in archive.namelist() if (match := _SLIDE.fullmatch(name))]
        for part in sorted(parts, key=lambda match: (int(match[2]), match[1])):
            root = _xml(file, archive, part[0])
            notes = "notes" in part[1]
            texts = [_slide_text(node) for node in root.iter(f"{A}p") if not _is_number(node)]
            text = "\n\n".join(filter(None, texts))
            if text:
                place = f"slide {part[2]}{' notes' if notes else ''}"
                content.documents.append(Document(file.title, text, place))
    return _filled(file, content)


@reads(".odt", title="OpenDocument text")
def read_odt(file: File) -> SourceContent:
    with open_office(file, what="document") as archive:
        body = _xml(file, archive, "content.xml").find(f"{OFFICE}body/{OFFICE}text")
    paragraphs = []
    for node in body.iter() if body is not None else []:
        if node.tag in {f"{TEXT}p", f"{TEXT}h"} and (words := _odt_text(node).strip()):
            level = int(node.get(f"{TEXT}outline-level", "1") or 1)
            paragraphs.append(
                "#" * min(level, 6) + " " + words if node.tag.endswith("h") else words
            )
    content = SourceContent(file.title)
    if paragraphs:
        content.documents = [Document(_title(paragraphs, file.title), "\n\n".join(paragraphs))]
    return _filled(file, content)


@reads(".rtf", title="RTF document", signature=b"{\\rtf")
def read_rtf(file: File) -> SourceContent:
    try:
        text = rtf_to_text(file.data.decode("latin-1"), errors="replace")
    except (ValueError, IndexError, KeyError, RecursionError, UnicodeError) as error:
        raise ReadError(f"{file.name} is damaged ({error}). Save it again, or as .docx.") from error
    # A line of RTF is a paragraph; cells of a table stand between bars.
    text = "\n\n".join(line.strip() for line in re.split(r"[\n|]+", text) if line.strip())
    content = SourceContent(file.title)
    content.documents = [Document(file.title, text.replace("\0", ""))] if text else []
    return _filled(file, content)


@reads(".epub", title="E-book")
def read_epub(file: File) -> SourceContent:
    """Return the chapters in the order of the book's spine; navigation is left out."""
    content = SourceContent(file.title)
    with open_archive(file, what="e-book") as archive:
        container = _xml(file, archive, "META-INF/container.xml")
        root = next((n.get("full-path", "") for n in container.iter() if n.get("full-path")), "")
        package = _xml(file, archive, root)
        items = {n.get("id"): n for n in package.iter() if n.tag.endswith("}item")}
        title = next((n.text for n in package.iter() if n.tag.endswith("}title") and n.text), "")
        content.title = one_line(title or file.title)
        for reference in (n for n in package.iter() if n.tag.endswith("}itemref")):
            item = items.get(reference.get("idref"))
            if item is None or "nav" in (item.get("properties") or "").split():
                continue
            path = normpath(join(dirname(root), unquote(item.get("href", ""))))
            if path in archive.namelist():
                markup = read_member(file, archive, path).decode("utf-8", "replace")
                chapter, text = page_text(markup)
                if text:
                    place = one_line(chapter) or path
                    content.documents.append(Document(content.title, text, place[:100]))
    return _filled(file, content)


def _filled(file: File, content: SourceContent) -> SourceContent:
    if not content.documents:
        raise ReadError(
            f"{file.name} holds no text, only pictures or nothing. Run text recognition (OCR) over "
            "it, or type its text into a .txt file."
        )
    return content


def _xml(file: File, archive: zipfile.ZipFile, path: str) -> Element:
    try:
        data = read_member(file, archive, path)
        root: Element = ElementTree.fromstring(data)
        return root
    except KeyError as error:
        raise ReadError(
            f"{file.name} lacks its part {path}: it is damaged. Save it again."
        ) from error
    except DefusedXmlException as error:
        raise ReadError(
            f"{file.name} defines XML entities; it is refused. Save it again."
        ) from error
    except (ParseError, ValueError, RecursionError) as error:
        raise ReadError(f"{file.name}: {path} is damaged ({error}). Save it again.") from error


def _title(paragraphs: list[str], default: str) -> str:
    heading = next((p for p in paragraphs[:5] if p.startswith("#")), "")
    return one_line(heading.lstrip("# "))[:200] or default


def _read_tables(file: File, content: SourceContent, body: Element) -> None:
    """Read tables whose first row names a column of text, and take them out of the text."""
    for number, table in enumerate(body.findall(f"{W}tbl"), 1):
        rows = [
            ["\n".join(_word_blocks(cell)) for cell in row.findall(f"{W}tc")]
            for row in table.findall(f"{W}tr")
        ]
        is_one = len(rows) > 1 and names_a_text(rows[0])
        if is_one and read_embedded(file, content, rows, number):
            body.remove(table)


def _word_blocks(parent: Element) -> Iterator[str]:
    for node in parent:
        if node.tag == f"{W}p":
            if text := _word_text(node).strip():
                style = node.find(f"{W}pPr/{W}pStyle")
                name = (style.get(f"{W}val") or "").lower() if style is not None else ""
                if (level := re.search(r"(?:heading|title)\s?(\d?)", name)) and "toc" not in name:
                    text = "#" * min(int(level[1] or 1), 6) + " " + text
                elif node.find(f"{W}pPr/{W}numPr") is not None:
                    text = f"- {text}"
                yield text
            for inner in _word_nodes(node):
                if inner.tag == f"{W}txbxContent":
                    yield from _word_blocks(inner)
        elif node.tag == f"{W}tbl":
            for cell in node.iter(f"{W}tc"):
                yield from _word_blocks(cell)
        elif node.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"}:
            yield from _word_blocks(node)


def _word_text(paragraph: Element) -> str:
    """Return a paragraph's words without deleted, moved away and hidden ones, and text boxes."""
    pieces = []
    for node in _word_nodes(paragraph):
        if node.tag == f"{W}t":
            pieces.append(node.text or "")
        elif node.tag in {f"{W}br", f"{W}cr"}:
            pieces.append("\n")
        elif node.tag == f"{W}tab":
            pieces.append(" ")
        elif node.tag == f"{W}noBreakHyphen":
            pieces.append("-")
    return "".join(pieces)


def _word_nodes(parent: Element) -> Iterator[Element]:
    """Yield what lies in a paragraph, in order; of a text box only the box."""
    for node in parent:
        is_hidden = node.tag == f"{W}r" and _is_on(node.find(f"{W}rPr/{W}vanish"))
        if node.tag in _UNSEEN or is_hidden:
            continue
        yield node
        if node.tag != f"{W}txbxContent":
            yield from _word_nodes(node)


def _is_on(switch: Element | None) -> bool:
    return switch is not None and switch.get(f"{W}val", "1") not in {"0", "false", "off"}


def _slide_text(paragraph: Element) -> str:
    pieces = []
    for node in paragraph.iter():
        if node.tag == f"{A}t":
            pieces.append(node.text or "")
        elif node.tag == f"{A}br":
            pieces.append("\n")
    return "".join(pieces).strip()


def _is_number(paragraph: Element) -> bool:
    return any(node.get("type") == "slidenum" for node in paragraph.iter(f"{A}fld"))


def _odt_text(node: Element) -> str:
    pieces = [node.text or ""]
    for child in node:
        if child.tag == f"{TEXT}line-break":
            pieces.append("\n")
        elif child.tag in {f"{TEXT}s", f"{TEXT}tab"}:
            pieces.append(" ")
        elif child.tag not in {f"{OFFICE}annotation", f"{TEXT}note", f"{TEXT}p", f"{TEXT}h"}:
            pieces.append(_odt_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)
