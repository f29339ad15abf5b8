"""Progress of long work: a bar in the terminal, the run's row, or both."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from insights.models.run import Run

# progress(step, done, total)
Progress = Callable[[str, int, int], None]


def silent(step: str, done: int, total: int) -> None:
    pass


def recorded(run: Run, also: Progress = silent, *, every: float = 0.5) -> Progress:
    """Return a Progress that writes to the run's row at most twice a second and calls `also`."""
    last = 0.0

    def progress(step: str, done: int, total: int) -> None:
        nonlocal last
        also(step, done, total)
        now = time.monotonic()
        if now - last >= every or step != run.progress_step:
            last = now
            run.report(step, done, total)

    return progress


class Timings(dict[str, float]):
    """Seconds by step, added up over repeats."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self[name] = round(self.get(name, 0.0) + time.perf_counter() - start, 3)
