"""Sources: a file is registered once by its bytes, queued for processing, and read again."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePath

from django.conf import settings
from django.db import transaction

from insights.ingest.file_bytes import bytes_of, put_bytes
from insights.ingest.readers import (
    Columns,
    Limits,
    Options,
    ReadError,
    SourceContent,
    read_source,
)
from insights.ingest.readers.tables.columns import column_name
from insights.models import ColumnChoice, ProcessingRun, RunStatus, Source
from insights.models.run import UNFINISHED
from insights.permissions import Actor, account
from insights.types import JSONObject


def limits() -> Limits:
    return Limits(max_bytes=settings.MAX_SOURCE_BYTES)


def read(
    name: str,
    data: bytes,
    *,
    keep_good_rows: bool = False,
    encoding: str | None = None,
    columns: Columns | None = None,
) -> SourceContent:
    """Read a file, with the columns that were chosen before for the same header."""
    options = Options(
        keep_good_rows=keep_good_rows,
        encoding=encoding,
        limits=limits(),
        columns=columns,
        remembered=remembered_columns,
    )
    return read_source(name, data, options)


def register(
    name: str,
    data: bytes,
    content: SourceContent | None,
    *,
    keep_good_rows: bool = False,
    created_by: Actor = None,
    encoding: str = "",
) -> tuple[Source, bool]:
    """Store a file that `insights.ingest.readers` has read; the flag says whether it is new.

    Without `content` it waits until somebody has chosen its columns.
    """
    path = PurePath(name)
    fields = {
        "name": path.name[:255],
        "title": (content.title if content else path.stem)[:255],
        "format": (content.format if content else path.suffix.lower().lstrip("."))[:16],
        "encoding": content.encoding if content else encoding,
        "keep_good_rows": keep_good_rows,
        "content": b"",
        "size": len(data),
        "created_by": account(created_by),
        "columns": _stored(content),
        "needs_columns": content is None,
        "notes": content.notes if content else [],
    }
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        source, is_new = Source.objects.get_or_create(content_hash=digest, defaults=fields)
        if is_new:
            put_bytes(source.pk, data)
    if content is not None and source.needs_columns:
        settle_columns(source, content)
    return source, is_new


def settle_columns(source: Source, content: SourceContent) -> None:
    """Store how a waiting source is read."""
    source.columns, source.notes = _stored(content), content.notes
    source.title, source.needs_columns = content.title[:255], False
    source.save(update_fields=["columns", "notes", "title", "needs_columns"])


def _stored(content: SourceContent | None) -> JSONObject | None:
    """Return the columns of a table as JSON.

    They are kept so that it is read the same way again.
    """
    if content is None or content.table is None:
        return None
    columns = content.table.columns
    if columns.source not in {"chosen", "remembered"}:
        return None
    return asdict(columns)


def _columns(stored: JSONObject | None, *, source: str = "") -> Columns | None:
    if not stored:
        return None
    lists = {name: tuple(stored[name]) for name in ("text", "insight")}
    return Columns(**stored | lists | ({"source": source} if source else {}))


def header_hash(header: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(map(column_name, header)).encode()).hexdigest()


def remembered_columns(header: Sequence[str]) -> Columns | None:
    """Return the choice that somebody made for a table with this header."""
    choice = ColumnChoice.objects.filter(header_hash=header_hash(header)).first()
    return _columns(choice.columns, source="remembered") if choice else None


def remember_columns(header: Sequence[str], columns: Columns) -> None:
    ColumnChoice.objects.update_or_create(
        header_hash=header_hash(header),
        defaults={"header": list(header), "columns": asdict(columns)},
    )


def is_processed(source: Source) -> bool:
    return source.runs.filter(status=RunStatus.SUCCEEDED).exists()


def queue_processing(source: Source, *, started_by: Actor = None) -> ProcessingRun:
    """Return the row to follow of a run that a worker will take.

    A run that waits or works already is returned.
    """
    run = source.runs.filter(status__in=UNFINISHED).order_by("status").first()
    if run is None:
        run, _ = source.runs.get_or_create(
            status=RunStatus.QUEUED, defaults={"started_by": account(started_by)}
        )
    return run


def read_stored(source: Source) -> SourceContent:
    """Return the file of a source, read again as it was the first time."""
    data = bytes_of(source.pk)
    if not data:
        raise ReadError(f"The file of “{source}” was erased.")
    options = Options(
        keep_good_rows=source.keep_good_rows,
        encoding=source.encoding or None,
        limits=Limits(max_bytes=max(len(data), settings.MAX_SOURCE_BYTES)),
        columns=_columns(source.columns),
        remembered=remembered_columns,
    )
    return read_source(source.name, data, options)
