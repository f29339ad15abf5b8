"""ZIP archives, opened with limits: archives of files, exports, and Office files."""

import io
import json
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from insights.ingest.readers.content import ColumnsNeeded, Document, File, ReadError, SourceContent
from insights.ingest.readers.registry import format_of, read_source, reads
from insights.ingest.readers.talk.chats import read_slack_days

# Files that every export carries and nobody wrote.
_SYSTEM = re.compile(r"(?:^|/)(?:__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)")
_PICTURES = frozenset(
    ".png .jpg .jpeg .gif .svg .webp .ico .mp4 .mp3 .m4a .wav .mov .css .js .woff .woff2".split()
)
_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CHUNK = 2**20


def open_archive(file: File, *, what: str) -> zipfile.ZipFile:
    """Return the checked archive: intact, not encrypted, within limits, no path leading outside.

    Raises `ReadError`. Sizes are those that the archive states; `read_member` holds them to it.
    """
    limits = file.options.limits
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as error:
        raise ReadError(
            f"{file.name} is damaged or not a valid {what}: {error}. Save it again."
        ) from error
    if len(members) > limits.max_archive_files:
        raise ReadError(
            f"{file.name} holds {len(members):,} files; at most {limits.max_archive_files:,} are "
            "read. Split it."
        )
    size = sum(member.file_size for member in members)
    ratio = size / max(1, len(file.data))
    if size > limits.max_unpacked_bytes or (size > 2**24 and ratio > limits.max_unpacked_ratio):
        raise ReadError(
            f"{file.name} would unpack to {size:,} bytes, {ratio:,.0f} times its size; that is "
            f"refused as a ZIP bomb. Upload the {what}s one by one."
        )
    for member in members:
        if member.flag_bits & 1:
            raise ReadError(f"{file.name} is encrypted. Save it without a password.")
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", member.filename):
            raise ReadError(
                f"{file.name} holds the path {member.filename!r}, which leads out of it. It is "
                "refused: unpack it yourself and upload the files you trust."
            )
    return archive


def read_member(file: File, archive: zipfile.ZipFile, member: zipfile.ZipInfo | str) -> bytes:
    """Return a member's bytes, at most as many as it states. Raises `ReadError` when damaged."""
    info = archive.getinfo(member) if isinstance(member, str) else member
    return b"".join(pieces_of(file, archive, info))


def pieces_of(file: File, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a member's bytes, a piece of them in memory at a time. Raises `ReadError`."""
    try:
        with archive.open(member) as stream:
            while piece := stream.read(_CHUNK):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise ReadError(
            f"{file.name}: {member.filename} is damaged ({error}). Save it again."
        ) from error


def open_office(file: File, *, what: str) -> zipfile.ZipFile:
    """Open a document that is a ZIP of XML like `open_archive`: no part may define entities."""
    if file.data[:4] == b"\xd0\xcf\x11\xe0":
        raise ReadError(
            f"{file.name} is encrypted, or has an old format and a new suffix. Open it, save it as "
            f"a {what} without a password, and upload that."
        )
    archive = open_archive(file, what=what)
    for member in archive.infolist():
        if member.filename.endswith((".xml", ".rels")):
            with archive.open(member) as part:
                head = part.read(_CHUNK)
            if _DTD.search(head):
                raise ReadError(
                    f"{file.name} defines XML entities in {member.filename}, as no {what} does; it "
                    "is refused. Open it, save it again, and upload that."
                )
    return archive


@reads(".zip", title="Archive of any of these, or an export", signature=b"PK\x03\x04")
def read_zip(file: File) -> SourceContent:
    """Read every member that can be read, located by its path; the others are named."""
    depth = file.options.depth + 1
    if depth > file.options.limits.max_archive_depth:
        raise ReadError(
            f"{file.name}: archives are nested more than {depth - 1} deep. Unpack them first."
        )
    content = SourceContent(file.title)
    with open_archive(file, what="archive") as archive:
        members = [
            m for m in archive.infolist() if not m.is_dir() and not _SYSTEM.search(m.filename)
        ]
        if days := _slack_days(file, archive, members):
            content.documents = days
            return content
        if office := _office_kind(members):
            raise ReadError(f"{file.name} is {office}. Give it that ending and upload it again.")
        left_out, skipped = [], 0
        for member in members:
            suffix = PurePosixPath(member.filename).suffix.lower()
            if stat.S_ISLNK(member.external_attr >> 16):
                left_out.append(f"{member.filename} (a link to another file)")
            elif suffix in _PICTURES:
                skipped += 1
            elif format_of(suffix, b"") is None:
                left_out.append(f"{member.filename} (cannot be read)")
            else:
                try:
                    inner = read_source(
                        member.filename,
                        read_member(file, archive, member),
                        replace(
                            file.options,
                            depth=depth,
                            columns=file.options.columns if len(members) == 1 else None,
                        ),
                    )
                except ReadError as error:
                    if isinstance(error, ColumnsNeeded) and len(members) == 1:
                        raise
                    left_out.append(f"{member.filename} ({error})")
                    continue
                content.documents.extend(_placed(inner.documents, member.filename))
                content.notes += [f"{member.filename}: {note}" for note in inner.notes]
                content.table = content.table or inner.table
    if skipped:
        content.notes.append(f"Skipped {skipped:,} pictures, recordings and style files.")
    if left_out:
        more = f" and {len(left_out) - 20:,} more" if len(left_out) > 20 else ""
        content.notes.append(f"Left out: {'; '.join(left_out[:20])}{more}.")
    if not content.documents:
        raise ReadError(
            f"{file.name} holds no file with text that can be read. {' '.join(content.notes[-1:])}"
        )
    return content


def _placed(documents: Iterable[Document], path: str) -> Iterator[Document]:
    # Notion adds the page's id to its name: "Roadmap 0a1b…32 digits.html".
    parts = re.sub(r"\s[0-9a-f]{32}(?=[./]|$)", "", path).split("/")
    short = "" if path.lower().endswith(".zip") else "/".join(parts[-2:])[-120:]
    for document in documents:
        places = [place for place in (short, document.locator_prefix) if place]
        yield replace(document, locator_prefix=", ".join(places))


def _slack_days(
    file: File, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]
) -> list[Document]:
    """Read the messages of a Slack export: users.json, and a folder per channel, a file per day."""
    by_path = {member.filename: member for member in members}
    users_path = next((p for p in by_path if p.rsplit("/", 1)[-1] == "users.json"), None)
    if users_path is None:
        return []
    root = users_path[: -len("users.json")]
    days = [
        p for p in by_path if re.fullmatch(rf"{re.escape(root)}[^/]+/\d{{4}}-\d\d-\d\d\.json", p)
    ]

    def load(path: str) -> list[dict[str, object]]:
        try:
            items = json.loads(read_member(file, archive, by_path[path]))
        except (ValueError, RecursionError) as error:
            raise ReadError(f"{file.name}: {path} is not valid JSON ({error}).") from error
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

    channels = ((path.split("/")[-2], load(path)) for path in sorted(days))
    return read_slack_days(load(users_path), channels) if days else []


def _office_kind(members: list[zipfile.ZipInfo]) -> str:
    names = {member.filename.split("/")[0] for member in members}
    for folder, kind in (("word", ".docx"), ("xl", ".xlsx"), ("ppt", ".pptx")):
        if folder in names and any(m.filename == "[Content_Types].xml" for m in members):
            return f"an Office file ({kind})"
    return ""
