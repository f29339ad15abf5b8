"""Mail: .eml, .mbox and Outlook's .msg. One document a message, as its author wrote it."""

import email
import email.policy
import email.utils
import re
import struct
from datetime import UTC
from email.message import EmailMessage, Message

import olefile

from insights.ingest.readers.content import About, Document, File, ReadError, SourceContent
from insights.ingest.readers.decoding import guess_encoding
from insights.ingest.readers.documents.markup import page_text
from insights.ingest.readers.documents.replies import without_quoted_html, without_quotes
from insights.ingest.readers.registry import reads
from insights.ingest.readers.values import one_line

MOST_PARTS = 2000
_PART = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)
_MBOX_START = re.compile(rb"^From [^\r\n]{0,200}\d{4}[^\r\n]{0,20}\r?\n", re.MULTILINE)
# Properties of an Outlook message, as Unicode: subject, sender, its address, body, headers.
_SUBJECT, _SENDER, _ADDRESS, _BODY, _HEADERS, _ID = "0037", "0C1A", "5D01", "1000", "007D", "1035"


@reads(".eml", title="Mail")
def read_eml(file: File) -> SourceContent:
    documents = _messages(file.data, "")
    if not documents:
        raise ReadError(f"{file.name} is a mail without any text. Check that it was saved whole.")
    return SourceContent(documents[0].title or file.title, documents=documents)


@reads(".mbox", title="Mailbox")
def read_mbox(file: File) -> SourceContent:
    starts = [match.start() for match in _MBOX_START.finditer(file.data)]
    if not starts:
        raise ReadError(f"{file.name} is not a mailbox: no line in it begins with “From ”.")
    content = SourceContent(file.title)
    for number, (start, end) in enumerate(
        zip(starts, [*starts[1:], len(file.data)], strict=True), 1
    ):
        raw = file.data[file.data.index(b"\n", start) + 1 : end]
        plain = re.sub(rb"^>(>*From )", rb"\1", raw, flags=re.MULTILINE)
        documents = _messages(plain, f"mail {number}")
        content.documents.extend(documents)
        content.blank_rows += not documents
    if not content.documents:
        raise ReadError(f"{file.name} has {len(starts):,} mails, none of them with text.")
    if content.blank_rows:
        content.notes.append(f"Skipped {content.blank_rows:,} mails without text.")
    return content


@reads(".msg", title="Outlook mail", signature=olefile.MAGIC)
def read_msg(file: File) -> SourceContent:
    try:
        with olefile.OleFileIO(file.data) as ole:
            text = {
                name: _property(ole, name)
                for name in (_SUBJECT, _SENDER, _ADDRESS, _BODY, _HEADERS, _ID)
            }
            html = _stream(ole, "__substg1.0_10130102") if not text[_BODY] else b""
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise ReadError(f"{file.name} cannot be read as an Outlook mail: {error}.") from error
    message = EmailMessage(policy=email.policy.default)
    headers = email.message_from_string(text[_HEADERS], policy=email.policy.default)
    message["Date"], message["Message-ID"] = headers.get("Date", ""), one_line(text[_ID])
    message["Subject"] = one_line(text[_SUBJECT])
    body = text[_BODY] or html.decode("utf-8", "replace")
    message.set_content(body, subtype="plain" if text[_BODY] else "html")
    document = _message(message, "", person=one_line(text[_SENDER] or text[_ADDRESS]))
    if document is None:
        raise ReadError(f"{file.name} is a mail without any text. Check that it was saved whole.")
    return SourceContent(document.title or file.title, documents=[document])


def _messages(data: bytes, locator: str) -> list[Document]:
    """Return the mail, and those that it forwards as attachments."""
    parts = len(_PART.findall(data))
    if parts > MOST_PARTS:
        raise ReadError(
            f"{locator or 'The mail'} has {parts:,} parts; at most {MOST_PARTS:,} are read. Save "
            "its text as a .txt file."
        )
    message = email.message_from_bytes(data.lstrip(), EmailMessage, policy=email.policy.default)
    forwarded = (part for part in message.walk() if part.get_content_type() == "message/rfc822")
    inner = [one for part in forwarded for one in part.get_payload() if isinstance(one, Message)]
    all_of_them = [message, *(one for one in inner if isinstance(one, EmailMessage))]
    return [one for mail in all_of_them if (one := _message(mail, locator))]


def _message(message: EmailMessage, locator: str, *, person: str = "") -> Document | None:
    text = _body(message)
    text = without_quotes(text.replace("\r\n", "\n").replace("\0", ""))
    if not text:
        return None
    sender = _header(message, "From")
    name, address = email.utils.parseaddr(sender)
    return Document(
        _header(message, "Subject")[:200],
        text,
        locator,
        kind="answer",
        about=About(
            external_id=_header(message, "Message-ID").strip("<> "),
            date=_date(_header(message, "Date")),
            person=person or one_line(name or address),
            attributes={"address": address} if name and address else {},
        ),
        series="mail",
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = str(message.get(name, ""))
    except (ValueError, IndexError, TypeError, AttributeError):
        value = ""  # a header that the library cannot parse says nothing
    return one_line(value.encode("utf-8", "replace").decode("utf-8").replace("\0", ""))


def _body(message: EmailMessage) -> str:
    """Return the plain part; the HTML one where there is no plain text."""
    for kind in ("plain", "html"):
        part = message.get_body(preferencelist=(kind,))
        if part is None:
            continue
        raw = part.get_payload(decode=True)
        text = _decoded(raw, part.get_content_charset()) if isinstance(raw, bytes) else ""
        text = page_text(without_quoted_html(text))[1] if kind == "html" else text
        if text.strip():
            return text
    return ""


def _decoded(raw: bytes, charset: str | None) -> str:
    """Decode by the charset that the mail names, unless the bytes are UTF-8 after all."""
    for name in ("utf-8", charset or "utf-8", guess_encoding(raw)):
        try:
            return raw.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("utf-8", "replace")


def _date(value: str) -> str:
    try:
        moment = email.utils.parsedate_to_datetime(value)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return utc.isoformat(sep=" ", timespec="minutes").removesuffix("+00:00") + " UTC"
    except (ValueError, TypeError, IndexError, OverflowError):
        return one_line(value)[:64]


def _property(ole: olefile.OleFileIO, name: str) -> str:
    """Return a text property of the message, in whichever of the two forms it was saved."""
    if raw := _stream(ole, f"__substg1.0_{name}001F"):
        return raw.decode("utf-16-le", "replace").rstrip("\0")
    return _stream(ole, f"__substg1.0_{name}001E").decode("cp1252", "replace").rstrip("\0")


def _stream(ole: olefile.OleFileIO, name: str) -> bytes:
    if not ole.exists(name):
        return b""
    data: bytes = ole.openstream(name).read()
    return data
