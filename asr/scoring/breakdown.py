"""Where errors come from: the WER by slice, by duration and by noise, each summed over its own utterances."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from asr.scoring.hypothesis import Hypothesis

SECONDS = (2.0, 5.0, 10.0, 20.0)
"""Where the bins of durations end, each with its end in it; the last bin has no end."""
DECIBELS = (10.0, 20.0, 30.0)
"""Where the bins of signal-to-noise ratios begin, each with its begin in it; the first bin has no begin."""
NOT_GIVEN = "not given"
"""The group of utterances of which the data does not say it."""
_DURATIONS = ("up to 2 s", "2–5 s", "5–10 s", "10–20 s", "over 20 s")
_NOISES = ("under 10 dB", "10–20 dB", "20–30 dB", "30 dB and more")


@dataclass(frozen=True, slots=True)
class Group:
    """Some utterances of a corpus, with their errors summed."""

    name: str
    utterances: int
    words: int
    errors: int
    wer: float | None
    """errors / words; None without reference words."""


def by_slice(rows: Iterable[Hypothesis]) -> tuple[Group, ...]:
    """The WER of each slice, by name; nothing when there is one group only."""
    groups = _groups(rows, lambda row: row.slice or NOT_GIVEN)
    return _if_several(sorted(groups, key=lambda group: (group.name == NOT_GIVEN, group.name)))


def by_duration(rows: Iterable[Hypothesis]) -> tuple[Group, ...]:
    """The WER of short and of long utterances; nothing when all are in one bin."""
    return _in_order(rows, _DURATIONS, lambda row: _DURATIONS[bisect_left(SECONDS, round(row.duration, 3))])


def by_noise(rows: Iterable[Hypothesis]) -> tuple[Group, ...]:
    """The WER by the signal-to-noise ratio, the noisiest first; nothing when it is nowhere known."""
    rows = list(rows)
    if all(row.noise is None for row in rows):
        return ()
    names = (*_NOISES, NOT_GIVEN)
    return _in_order(rows, names, lambda row: names[-1 if row.noise is None else bisect_right(DECIBELS, row.noise)])


def _groups(rows: Iterable[Hypothesis], name_of: Callable[[Hypothesis], str]) -> list[Group]:
    groups: dict[str, list[Hypothesis]] = {}
    for row in rows:
        groups.setdefault(name_of(row), []).append(row)
    return [_group(name, some) for name, some in groups.items()]


def _group(name: str, rows: Sequence[Hypothesis]) -> Group:
    words, errors = sum(row.words for row in rows), sum(row.errors for row in rows)
    return Group(name, len(rows), words, errors, errors / words if words else None)


def _in_order(
    rows: Iterable[Hypothesis], names: Sequence[str], name_of: Callable[[Hypothesis], str]
) -> tuple[Group, ...]:
    return _if_several(sorted(_groups(rows, name_of), key=lambda group: names.index(group.name)))


def _if_several(groups: Sequence[Group]) -> tuple[Group, ...]:
    return tuple(groups) if len(groups) > 1 else ()
