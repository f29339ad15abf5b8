"""Slots for heavy requests, so that a few callers cannot stop the site.

At most HEAVY_REQUESTS requests of about a second of work and more run at once on the whole site,
one per web process, and one more per process may wait. The reads of one caller take turns in the
same way, of pages as of the API; a heavy one gives its turn back. All others are refused at once,
so that the threads stay free for everybody else. A slot is an advisory lock of the request's own
connection: when its process dies, it is free again.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import SpooledTemporaryFile

from django.conf import settings
from django.http.response import HttpResponseBase, StreamingHttpResponse

from insights.jobs.locks import advisory_lock

WAIT = 3.0  # seconds for a slot
ASK_EVERY = 0.05
RETRY_AFTER = 3  # seconds, which a refused caller is told
LARGE = 256 * 1024  # bytes to read
IN_MEMORY = 4 * 1024 * 1024  # bytes of a download
MOST_ASKING = 4  # requests of one caller in a process, which has eight threads
BLOCK = 64 * 1024  # bytes sent at a time


class Busy(Exception):
    """All slots for heavy requests are taken."""

    def __init__(self) -> None:
        super().__init__(
            "The server is busy with other long requests. Nothing was done. Try again in a few "
            "seconds."
        )


class _Gate:
    """The requests of one kind in this process. They share an interpreter, so one of them works."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.asking = 0


_gates: dict[str, _Gate] = {}
_counting = threading.Lock()
_own = threading.local()  # `turn`: the turn that the request of this thread has


@contextmanager
def heavy_work(size: int = LARGE) -> Iterator[None]:
    """Hold a slot. Raises Busy when none is free in time.

    Also a decorator. With `size`, the bytes of an upload, small ones need no slot. What a response
    streams later is not part of it: `spooled`.
    """
    if size < LARGE:
        yield
    else:
        if turn := getattr(_own, "turn", None):
            turn.close()
        with _slot("heavy request", most=2):
            yield


@contextmanager
def turn_of(caller: str) -> Iterator[None]:
    """Let a caller's requests pass one at a time on each core but one. Raises Busy."""
    with ExitStack() as _own.turn:
        _own.turn.enter_context(_slot(f"turn of {caller}", most=MOST_ASKING))
        yield


@contextmanager
def _slot(name: str, most: int) -> Iterator[None]:
    """Hold one of the site's slots of this name, as one of `most` requests of this process."""
    with _counting:
        gate = _gates.setdefault(name, _Gate())
        if gate.asking == most:
            raise Busy
        gate.asking += 1
    try:
        last = time.monotonic() + WAIT
        if not gate.turn.acquire(timeout=WAIT):
            raise Busy
        try:
            with _free_slot(name, last):
                yield
        finally:
            gate.turn.release()
    finally:
        with _counting:
            gate.asking -= 1
            if not gate.asking:
                del _gates[name]


@contextmanager
def _free_slot(name: str, last: float) -> Iterator[None]:
    while True:
        for slot in range(settings.HEAVY_REQUESTS):
            with advisory_lock(f"{name} {slot}") as free:
                if free:
                    yield
                    return
        if time.monotonic() > last:
            raise Busy
        time.sleep(ASK_EVERY)


def spooled(response: HttpResponseBase) -> HttpResponseBase:
    """Write a streaming response to a file first, so that a slow reader holds no slot."""
    if isinstance(response, StreamingHttpResponse):
        blocks = _from_file(iter(response))
        next(blocks)
        response.streaming_content = blocks
    return response


def _from_file(written: Iterator[bytes]) -> Iterator[bytes]:
    """Yield nothing once all is in a file, then the file's blocks; the end closes it."""
    with SpooledTemporaryFile(IN_MEMORY) as file:
        file.writelines(written)
        file.seek(0)
        yield b""
        while block := file.read(BLOCK):
            yield block
