"""Web pages: the text of the article, and its tables of answers row by row."""

from insights.ingest.readers.content import About, Document, File, ReadError, SourceContent
from insights.ingest.readers.decoding import text_of
from insights.ingest.readers.documents.markup import page_parts
from insights.ingest.readers.registry import reads
from insights.ingest.readers.tables.embedded import read_embedded


@reads(".html", ".htm", ".xhtml", title="Web page")
def read_html(file: File) -> SourceContent:
    content = SourceContent(file.title)
    markup = text_of(file, content, limit_lines=False)
    try:
        title, text, tables, date = page_parts(markup)
    except ReadError as error:
        raise ReadError(f"{file.name}: {error}") from error
    content.title = title or file.title
    for number, rows in enumerate(tables, 1):
        if not read_embedded(file, content, rows, number):
            text += "\n\n" + "\n\n".join(cell for row in rows for cell in row)
    if text.strip():
        about = About(date=date)
        content.documents = [Document(content.title, text.strip(), about=about), *content.documents]
    if not content.documents:
        raise ReadError(
            f"{file.name} shows no text: it may be built by scripts in the browser. Save the page "
            "as PDF or copy its text into a .txt file."
        )
    return content
