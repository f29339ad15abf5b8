"""XML: feeds and Evernote notes, whose items hold HTML, and any other list of records."""

from typing import cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from insights.ingest.readers.content import About, Document, File, ReadError, SourceContent
from insights.ingest.readers.documents.markup import page_text, plain_text
from insights.ingest.readers.registry import reads
from insights.ingest.readers.tables.json_rows import read_value
from insights.ingest.readers.tables.table import RowErrors, finish
from insights.ingest.readers.values import one_line

# The fullest text first.
_BODIES = ("encoded", "content", "description", "summary")


@reads(".enex", ".rss", ".atom", ".xml", title="Feed, Evernote notes, or a list of records")
def read_feed(file: File) -> SourceContent:
    try:
        # A DOCTYPE alone is harmless, and Evernote writes one; entities are not.
        root: Element = ElementTree.fromstring(file.data, forbid_entities=True)
    except DefusedXmlException as error:
        raise ReadError(
            f"{file.name} defines XML entities; it is refused. Export it again."
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise ReadError(f"{file.name} is not valid XML ({error}). Export it again.") from error
    is_feed = _name(root).lower() in {"rss", "feed", "rdf", "en-export"}
    items = [n for n in root.iter() if is_feed and _name(n) in {"item", "entry", "note"}]
    content = SourceContent(file.title)
    if not items:
        return read_value(file, content, {_name(root): _value(root)})
    if root.tag.endswith("rss") and (title := root.findtext("channel/title")):
        content.title = one_line(title)[:200]
    for number, item in enumerate(items, 1):
        fields: dict[str, str] = {}
        for child in item:
            value = child.text or child.get("href") or ""
            value = value or "".join(child.itertext())
            if value.strip():
                fields.setdefault(_name(child), value)
        title = one_line(fields.get("title", ""))[:200] or content.title
        place = f"item {number}"
        body = next((fields[name] for name in _BODIES if name in fields), "")
        about = About(
            external_id=_first(fields, "guid", "id", "key"),
            date=_first(fields, "pubDate", "created", "updated"),
            person=_first(fields, "creator", "author", "reporter"),
            link=_first(fields, "link"),
        )
        said = [(body, place, about)]
        for n, comment in enumerate(item.iterfind("comments/comment"), 1):  # Jira
            author = About(
                external_id=comment.get("id", ""),
                date=comment.get("created", ""),
                person=comment.get("author", ""),
            )
            said.append((comment.text or "", f"{place}, comment {n}", author))
        for markup, where, who in said:
            text = page_text(markup)[1] if "<" in markup else plain_text(markup).strip()
            if text:
                document = Document(title, text, where, about=who, series="feed")
                content.documents.append(document)
            else:
                content.blank_rows += where == place
    return finish(file, content, RowErrors(file.options.limits))


def _first(fields: dict[str, str], *names: str) -> str:
    return next((one_line(fields[name])[:500] for name in names if name in fields), "")


def _value(node: Element) -> object:
    """Return an element as JSON would hold it: its attributes, and a key for each kind of child.

    `<property name="body">` gives the key "body".
    """
    if not len(node) and (node.text or not node.attrib):
        return (node.text or "").strip()
    fields: dict[str, object] = {}
    for child in node:
        name = child.get("name") or _name(child)
        fields.setdefault(name, [])
        cast(list[object], fields[name]).append(_value(child))
    single = {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in fields.items()}
    return {**node.attrib, **single}


def _name(node: Element) -> str:
    return str(node.tag).rsplit("}", 1)[-1]
