"""Plain text and Markdown; a text that is a transcript, a chat or a mail is read as one."""

import re

from insights.ingest.days import day_of
from insights.ingest.readers.content import About, Document, File, SourceContent
from insights.ingest.readers.decoding import text_of
from insights.ingest.readers.documents.broken_words import join_broken_words
from insights.ingest.readers.documents.markup import plain_text
from insights.ingest.readers.documents.replies import own_words
from insights.ingest.readers.registry import reads
from insights.ingest.readers.talk.captions import captions_content
from insights.ingest.readers.talk.chats import chat_content

# Obsidian's and GitHub's "> [!note] Title": the text below it is a paragraph of its own.
_CALLOUT = re.compile(r"^>\s?\[!\w{1,20}\][+-]?[ \t]*(.*)$", re.MULTILINE)

_DATED = re.compile(r"(?:date|datum|fecha|recorded(?: on)?)\s*:[*_]*\s*(\S.{5,40})$", re.IGNORECASE)


@reads(".txt", ".md", ".markdown", ".text", title="Text")
def read_text(file: File) -> SourceContent:
    content = SourceContent(file.title)
    text = text_of(file, content)
    if talk := captions_content(file, text) or chat_content(file, text):
        talk.encoding, talk.notes = content.encoding, content.notes + talk.notes
        return talk
    if file.name.lower().endswith((".md", ".markdown")):
        content.title = _markdown_title(text) or file.title
        text = _CALLOUT.sub(r"> \1\n", text)
    elif own := own_words(text):
        text = own
    text = join_broken_words(plain_text(text))
    about = About(date=stated_date(text))
    content.documents = [Document(content.title, text, about=about)]
    return content


def stated_date(text: str) -> str:
    """Return the date that a document gives among its first lines: alone, or after "Date:"."""
    for number, line in enumerate(text[:3000].lstrip().split("\n")[:15]):
        stated = _DATED.match(line.strip("#*_ \t"))
        alone = re.split("[•|·]", line)[0].strip()
        is_title = number == 0 and len(line) < 100 and not alone.endswith((".", "!", "?"))
        date = stated[1].strip("*_ \"'") if stated else alone
        if (stated or is_title or len(alone) < 40) and day_of(date):
            return date
    return ""


def _markdown_title(text: str) -> str:
    """Return the first heading, if it is among the first lines."""
    for line in text[:5000].split("\n"):
        if line.startswith("# "):
            return " ".join(line.strip("# \t").split())[:200]
    return ""
