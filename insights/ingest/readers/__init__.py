"""Files to documents: one entry for every format, and one kind of error."""

import stat
from pathlib import Path

from insights.ingest.readers import archives as archives
from insights.ingest.readers.content import (
    About,
    Columns,
    ColumnsNeeded,
    Document,
    File,
    Limits,
    Options,
    ReadError,
    RowError,
    SourceContent,
    too_large,
)
from insights.ingest.readers.documents import feeds as feeds
from insights.ingest.readers.documents import mail as mail
from insights.ingest.readers.documents import office as office
from insights.ingest.readers.documents import pages as pages
from insights.ingest.readers.documents import pdf as pdf
from insights.ingest.readers.documents import text as text
from insights.ingest.readers.registry import (
    DEFAULT,
    FORMATS,
    Format,
    read_source,
    refuse_unknown,
    supported_suffixes,
)
from insights.ingest.readers.tables import delimited as delimited
from insights.ingest.readers.tables import json_rows as json_rows
from insights.ingest.readers.tables import sheets as sheets
from insights.ingest.readers.talk import captions as captions


def read_file(path: Path, options: Options = DEFAULT) -> tuple[bytes, SourceContent]:
    """Return the file's bytes and what is in them. Its size is checked before a byte is read.

    Raises `ReadError`.
    """
    limits = options.limits
    refuse_unknown(path.name, b"")
    try:
        status = path.stat()
        # Before opening: a pipe would block, and a device has no end.
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(f"{path} is not a regular file. Name files one by one.")
        if status.st_size > limits.max_bytes:
            raise too_large(str(path), status.st_size, limits)
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        raise ReadError(f"{path} cannot be opened: {error.strerror or error}.") from error
    return data, read_source(path.name, data, options)
