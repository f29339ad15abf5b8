"""The file of a source in the database, moved in binary form and read in pieces.

Django sends `bytes` as a hexadecimal literal and receives them as text, so a file of 60 MB would
be held four times over; and a connection keeps a buffer of the size of its largest row.
"""

from uuid import UUID

from django.db import connection
from psycopg import Cursor

PIECE = 4 * 2**20
_PIECE_OF = "SELECT substring(content FROM %s FOR %s) FROM sources WHERE id = %s"


def put_bytes(source: UUID, data: bytes) -> None:
    with _cursor() as cursor:
        cursor.execute("UPDATE sources SET content = %b WHERE id = %s", [data, source])


def bytes_of(source: UUID) -> bytes:
    """Return the file; b"" when it was erased."""
    data = bytearray()
    with _cursor() as cursor:
        while True:
            cursor.execute(_PIECE_OF, [len(data) + 1, PIECE, source], binary=True)
            (piece,) = cursor.fetchone() or (b"",)
            data += piece
            if len(piece) < PIECE:
                return bytes(data)


def _cursor() -> Cursor[tuple[bytes]]:
    """Return a cursor that sends values apart from the query, unlike Django's own."""
    connection.ensure_connection()
    return Cursor(connection.connection)
