"""Progress bars for the commands: one bar per step, silent without a terminal."""

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm


class Bars:
    """A `Progress` that draws bars: progress(step, done, total)."""

    def __init__(self, *, shown: bool | None = None, label: str = "") -> None:
        self.shown = sys.stderr.isatty() if shown is None else shown
        self.label = label
        self.step = ""
        self.bar: tqdm | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def __call__(self, step: str, done: int, total: int) -> None:
        if not self.shown:
            return
        if step != self.step or self.bar is None:
            self._close()
            self.step = step
            name = f"{self.label} {step}".strip()
            self.bar = tqdm(total=total, desc=name[:40], unit="", leave=False, mininterval=0.2)
        self.bar.total = total
        self.bar.update(done - self.bar.n)

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None
