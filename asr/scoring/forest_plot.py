"""The forest plot: the difference in every slice with its interval, beside a line at zero, as rows to be drawn.

Nothing rests on colour: each finding has a form of its own, and stands there as a word.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from asr.scoring.comparison import Comparison
from asr.scoring.difference import Difference
from asr.scoring.figures import round_up
from asr.scoring.slices import SliceDifference

MOST_LINES = 40
"""Slices that are drawn; those that got worse come first, then the largest."""

Mark = Literal["worse", "perhaps-worse", "same", "better", "too-small"]

WORDS: dict[Mark, str] = {
    "worse": "worse",
    "perhaps-worse": "perhaps worse",
    "same": "no difference",
    "better": "better",
    "too-small": "too small to judge",
}
_ORDER: tuple[Mark, ...] = ("worse", "perhaps-worse", "same", "better", "too-small")
_LEAST_SIDE = 0.2  # of the longer side of the axis: zero never stands at its edge


@dataclass(frozen=True, slots=True)
class Line:
    """One difference; places are in percent of the axis, from the left."""

    name: str
    difference: Difference
    mark: Mark
    place: float
    low: float
    high: float
    from_beyond: bool
    """Whether the interval begins left of the axis."""
    to_beyond: bool
    """Whether it ends right of the axis."""

    @property
    def words(self) -> str:
        """The finding as a word."""
        return WORDS[self.mark]

    @property
    def on_axis(self) -> bool:
        """Whether the difference itself can be drawn."""
        return math.isfinite(self.difference.delta) and 0 <= self.place <= 100


@dataclass(frozen=True, slots=True)
class Group:
    """The slices of one column: those that got worse first, those that are too small to judge last."""

    column: str
    lines: tuple[Line, ...]
    left_out: int
    """Slices of it that are not drawn."""


@dataclass(frozen=True, slots=True)
class ForestPlot:
    """The whole test and its slices on one axis, from `low` to `high` in differences of WER."""

    whole: Line
    groups: tuple[Group, ...]
    low: float
    high: float
    zero: float
    """Where no difference is, in percent of the axis."""
    worse: int
    """Slices that are significantly worse, all of them drawn unless there are more than `MOST_LINES`."""
    left_out: int


def forest_plot(comparison: Comparison) -> ForestPlot | None:
    """Lay out the slices of a comparison, at most `MOST_LINES`; None when there are none.

    The axis holds every interval of a slice that is large enough to judge; others may reach beyond it.
    """
    if not comparison.slices:
        return None
    chosen = sorted(comparison.slices, key=lambda one: (not one.worse, one.too_small, -one.difference.words))
    drawn = chosen[:MOST_LINES]
    low, high = _axis([comparison.test, *(one.difference for one in drawn if not one.too_small)])
    columns = dict.fromkeys(one.column for one in comparison.slices)
    return ForestPlot(
        whole=_line("the whole test", comparison.test, _mark(comparison.test), low, high),
        groups=tuple(_group(column, drawn, chosen, low, high) for column in columns),
        low=low,
        high=high,
        zero=100 * -low / (high - low),
        worse=sum(one.worse for one in comparison.slices),
        left_out=len(chosen) - len(drawn) + comparison.slices_left_out,
    )


def _group(
    column: str, drawn: Sequence[SliceDifference], every: Sequence[SliceDifference], low: float, high: float
) -> Group:
    mine = [one for one in drawn if one.column == column]
    lines = [_line(one.name, one.difference, _mark_of_slice(one), low, high) for one in mine]
    lines.sort(key=lambda line: (_ORDER.index(line.mark), -_finite(line.difference.delta), line.name))
    return Group(column, tuple(lines), left_out=sum(one.column == column for one in every) - len(mine))


def _line(name: str, difference: Difference, mark: Mark, low: float, high: float) -> Line:
    first, last = (_finite(bound) for bound in difference.interval)

    def place(value: float) -> float:
        return 100 * (value - low) / (high - low)

    return Line(
        name=name,
        difference=difference,
        mark=mark,
        place=place(_finite(difference.delta)),
        low=min(max(place(first), 0.0), 100.0),
        high=min(max(place(last), 0.0), 100.0),
        from_beyond=first < low,
        to_beyond=last > high,
    )


def _mark_of_slice(one: SliceDifference) -> Mark:
    if one.too_small:
        return "too-small"
    return "worse" if one.worse else _mark(one.difference, corrected=True)


def _mark(difference: Difference, *, corrected: bool = False) -> Mark:
    """What an interval says; `corrected`: a test that knows of the other slices has not found it worse."""
    first, last = difference.interval
    if not all(map(math.isfinite, (difference.delta, first, last))):
        return "too-small"
    if last < 0:
        return "better"
    if first > 0:
        return "perhaps-worse" if corrected else "worse"
    return "same"


def _axis(differences: Iterable[Difference]) -> tuple[float, float]:
    """Its two ends, with zero between them."""
    values = [value for one in differences for value in (one.delta, *one.interval) if math.isfinite(value)]
    left, right = max(0.0, *(-value for value in values), 0.0), max(0.0, *values, 0.0)
    longer = max(left, right) or 0.01
    return -round_up(max(left, _LEAST_SIDE * longer)), round_up(max(right, _LEAST_SIDE * longer))


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
