"""A file and its row: registered once by its bytes, queued for processing, read again."""

import hashlib
from pathlib import PurePath
from typing import Any

from django.conf import settings

from insights.ingest.readers import Limits, SourceContent, read_source
from insights.models import ProcessingRun, RunStatus, Source
from insights.models.run import UNFINISHED


def limits() -> Limits:
    return Limits(max_bytes=settings.MAX_SOURCE_BYTES)


def register(
    name: str,
    data: bytes,
    content: SourceContent,
    *,
    keep_good_rows: bool = False,
    created_by: Any = None,
) -> tuple[Source, bool]:
    """Store a file that `insights.ingest.readers` has read; the flag says whether it is new."""
    return Source.objects.get_or_create(
        content_hash=hashlib.sha256(data).hexdigest(),
        defaults={
            "name": PurePath(name).name[:255],
            "title": content.title[:255],
            "format": content.format,
            "encoding": content.encoding,
            "keep_good_rows": keep_good_rows,
            "content": data,
            "size": len(data),
            "created_by": created_by,
        },
    )


def is_processed(source: Source) -> bool:
    return source.runs.filter(status=RunStatus.SUCCEEDED).exists()


def queue_processing(source: Source, *, started_by: Any = None) -> ProcessingRun:
    """The row to follow of a run that a worker will take; the one that waits or works already."""
    run = source.runs.filter(status__in=UNFINISHED).order_by("status").first()
    if run is None:
        run, _ = source.runs.get_or_create(
            status=RunStatus.QUEUED, defaults={"started_by": started_by}
        )
    return run


def read_stored(source: Source) -> SourceContent:
    """The file of a source, read again as it was the first time."""
    data = bytes(Source.objects.values_list("content", flat=True).get(pk=source.pk))
    return read_source(
        source.name,
        data,
        keep_good_rows=source.keep_good_rows,
        encoding=source.encoding,
        limits=Limits(max_bytes=max(len(data), settings.MAX_SOURCE_BYTES)),
    )
