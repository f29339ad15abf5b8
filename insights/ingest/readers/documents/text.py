"""Plain text and Markdown; a text that is a transcript, a chat or a mail is read as one."""

import re

from insights.ingest.readers.content import Document, File, SourceContent
from insights.ingest.readers.decoding import text_of
from insights.ingest.readers.documents.broken_words import join_broken_words
from insights.ingest.readers.documents.markup import plain_text
from insights.ingest.readers.documents.replies import own_words
from insights.ingest.readers.registry import reads
from insights.ingest.readers.talk.captions import captions_content
from insights.ingest.readers.talk.chats import chat_content

# Obsidian's and GitHub's "> [!note] Title": the text below it is a paragraph of its own.
_CALLOUT = re.compile(r"^>\s?\[!\w{1,20}\][+-]?[ \t]*(.*)$", re.MULTILINE)


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
    content.documents = [Document(content.title, text)]
    return content


def _markdown_title(text: str) -> str:
    """Return the first heading, if it is among the first lines."""
    for line in text[:5000].split("\n"):
        if line.startswith("# "):
            return " ".join(line.strip("# \t").split())[:200]
    return ""
