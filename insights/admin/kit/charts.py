"""Charts as numbers that a template draws: SVG without a script, and a table of the same values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

WIDTH, HEIGHT = 520, 180  # of the plotting area, in the SVG's units
LEFT, BOTTOM = 44, 26
TICKS = 4


def day_label(day: date) -> str:
    return f"{day:%b} {day.day}"


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True)
class Bars:
    """Stacked columns. `series`: name and one value a column."""

    title: str
    columns: Sequence[str]
    series: Sequence[tuple[str, Sequence[int]]]

    @property
    def top(self) -> int:
        return self._step * (-(-self._highest // self._step) or 1)

    @property
    def _highest(self) -> int:
        return max((sum(values) for values in zip(*self._values, strict=True)), default=0)

    @property
    def _step(self) -> int:
        """Return the distance of the gridlines: 1, 2 or 5 times a power of ten."""
        power = 10 ** max(len(str(self._highest // TICKS)) - 1, 0)
        return next(n * power for n in (1, 2, 5, 10) if n * power * TICKS >= self._highest)

    @property
    def _values(self) -> list[Sequence[int]]:
        return [values for _, values in self.series]

    @property
    def bars(self) -> list[Bar]:
        step = WIDTH / max(len(self.columns), 1)
        drawn = []
        for column, name in enumerate(self.columns):
            below = 0.0
            for number, (series, values) in enumerate(self.series):
                height = values[column] / self.top * HEIGHT
                if not height:
                    continue
                below += height
                drawn.append(
                    Bar(
                        x=LEFT + step * (column + 0.15),
                        y=HEIGHT - below,
                        width=step * 0.7,
                        height=height,
                        series=number,
                        title=f"{name}, {series}: {values[column]}",
                    )
                )
        return drawn

    @property
    def x_ticks(self) -> list[Tick]:
        step = WIDTH / max(len(self.columns), 1)
        every = -(-len(self.columns) // 8)
        return [
            Tick(LEFT + step * (at + 0.5), name)
            for at, name in enumerate(self.columns)
            if at % every == 0
        ]

    @property
    def y_ticks(self) -> list[Tick]:
        return [
            Tick(HEIGHT - value / self.top * HEIGHT, f"{value:,}")
            for value in range(0, self.top + 1, self._step)
        ]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.series]

    @property
    def rows(self) -> list[tuple[str, list[Any]]]:
        return [
            (name, [values[at] for values in self._values]) for at, name in enumerate(self.columns)
        ]


@dataclass(frozen=True)
class Lines:
    """Curves over 0..1 on both axes. `series`: name and points; `marked`: vertical lines.

    With `labels` (at least one) the points' x is a label's number, from 0 on. `y_to`: where the
    vertical axis ends.
    """

    title: str
    x_name: str
    y_name: str
    series: Sequence[tuple[str, Sequence[tuple[float, float]]]]
    marked: Sequence[tuple[str, float]] = ()
    diagonal: bool = False
    x_from: float = 0.0
    y_from: float = 0.0
    y_to: float = 1.0
    labels: Sequence[str] = ()

    def _x(self, value: float) -> float:
        if self.labels:
            return LEFT + (value + 0.5) / len(self.labels) * WIDTH
        return LEFT + (value - self.x_from) / (1 - self.x_from) * WIDTH

    def _y(self, value: float) -> float:
        height = (max(value, self.y_from) - self.y_from) / (self.y_to - self.y_from)
        return HEIGHT - height * HEIGHT

    @property
    def paths(self) -> list[str]:
        return [
            " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in points)
            for _, points in self.series
        ]

    @property
    def dots(self) -> list[tuple[int, float, float, str]]:
        return [
            (number, self._x(x), self._y(y), f"{name}: {self._named(x)}, {y:.3f}")
            for number, (name, points) in enumerate(self.series)
            for x, y in points
        ]

    @property
    def marks(self) -> list[float]:
        return [self._x(value) for _, value in self.marked]

    def _named(self, x: float) -> str:
        return self.labels[round(x)] if self.labels else f"{x:.2f}"

    @property
    def x_ticks(self) -> list[Tick]:
        if self.labels:
            every = -(-len(self.labels) // 8)
            numbers = range(0, len(self.labels), every)
            return [Tick(self._x(number), self.labels[number]) for number in numbers]
        return [Tick(self._x(value), f"{value:.2f}") for value in _even(self.x_from)]

    @property
    def y_ticks(self) -> list[Tick]:
        return [Tick(self._y(value), f"{value:.2f}") for value in _even(self.y_from, self.y_to)]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.series]

    @property
    def rows(self) -> list[tuple[str, list[Any]]]:
        found: dict[float, list[Any]] = {}
        for number, (_, points) in enumerate(self.series):
            for x, y in points:
                found.setdefault(x, ["–"] * len(self.series))[number] = f"{y:.3f}"
        return [(self._named(x), found[x]) for x in sorted(found)]


def _even(start: float, end: float = 1.0) -> list[float]:
    return [start + (end - start) * part / TICKS for part in range(TICKS + 1)]


@dataclass(frozen=True)
class Panel:
    """One box of the dashboard: figures, a chart, sentences, a table, links."""

    title: str
    figures: Sequence[tuple[str, str]] = ()
    chart: Bars | Lines | None = None
    sentences: Sequence[str] = ()
    columns: Sequence[str] = ()
    table: Sequence[tuple[str, Sequence[str]]] = ()
    rows_are: str = "Version"
    links: Sequence[tuple[str, str]] = field(default=())

    @property
    def is_lines(self) -> bool:
        return isinstance(self.chart, Lines)
