"""Progress bars for the commands: one bar, silent without a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from insights.jobs.progress import Progress


@contextmanager
def progress_bar(label: str = "", *, hidden: bool = False) -> Iterator[Progress]:
    """Draw what is reported as one bar, which starts again with each step."""
    with tqdm(disable=True if hidden else None, unit="", leave=False, mininterval=0.2) as bar:
        current = ""

        def report(step: str, done: int, total: int) -> None:
            nonlocal current
            if step != current:
                current = step
                bar.reset(total)
                bar.set_description(f"{label} {step}".strip()[:40], refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        yield report
