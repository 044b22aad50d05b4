"""Where did the difference come from: what the candidate changed in each slice and for each speaker."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from asr.scoring.breakdown import NOT_GIVEN
from asr.scoring.difference import Difference, Pair, paired, paired_difference
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.intervals import MIN_BLOCKS, block_sums
from asr.scoring.randomization import chance_of_more

MAX_SLICES = 200
MIN_WORDS = 100
"""Reference words of a slice with fewer are no ground for a judgement."""
SIGNIFICANCE = 0.05
REPLICATES = 2_000
"""For the interval of a slice, which is drawn; whether a slice is worse comes from an exact test."""


class SliceDifference(BaseModel):
    """What a candidate changed in a part of the utterances, and whether that part got worse by more than chance."""

    model_config = ConfigDict(frozen=True)

    column: str
    """What the utterances have in common: `slice` or `speaker`."""
    name: str
    difference: Difference
    p_worse: float
    """One-sided, corrected for the number of slices that were judged (Holm 1979); 1 for those too small to judge."""
    worse: bool
    """Significantly worse after the correction."""
    too_small: bool
    """Fewer than 10 blocks or 100 reference words: not judged."""


@dataclass(frozen=True, slots=True)
class _Slice:
    column: str
    name: str
    pairs: Sequence[Pair]
    words: int


def slice_differences(baseline: Sequence[Hypothesis], candidate: Sequence[Hypothesis]) -> tuple[SliceDifference, ...]:
    """Compare two models on every slice and every speaker: slices first, in each column the most words first.

    A column in which all are alike says nothing and is left out, and so is a slice without reference words. Of more
    than 200 slices the largest by words are compared; `count_slices` tells how many there are. Whether a slice is worse
    is tested exactly, over its blocks, and corrected for all slices of both columns: a candidate that harms none is
    accused in at most one comparison of twenty.

    Raises ValueError when the two are not on the same utterances and words.
    """
    slices = sorted(_slices(paired(baseline, candidate)), key=lambda each: (-each.words, each.column, each.name))
    slices = sorted(slices[:MAX_SLICES], key=lambda each: each.column != "slice")
    differences = [paired_difference(each.pairs, REPLICATES) for each in slices]
    judged = [
        number
        for number, difference in enumerate(differences)
        if difference.blocks >= MIN_BLOCKS and difference.words >= MIN_WORDS
    ]
    corrected = dict(zip(judged, _holm([_chance_of_worse(slices[number].pairs) for number in judged]), strict=True))
    return tuple(
        SliceDifference(
            column=each.column,
            name=each.name,
            difference=difference,
            p_worse=corrected.get(number, 1.0),
            worse=corrected.get(number, 1.0) < SIGNIFICANCE,
            too_small=number not in corrected,
        )
        for number, (each, difference) in enumerate(zip(slices, differences, strict=True))
    )


def count_slices(rows: Sequence[Hypothesis]) -> int:
    """Count the slices and speakers that could be compared, whether or not they are too many to be."""
    return len(_slices([(row, row) for row in rows]))


def _slices(pairs: Sequence[Pair]) -> list[_Slice]:
    found: list[_Slice] = []
    for column in ("slice", "speaker"):
        groups: dict[str, list[Pair]] = {}
        for pair in pairs:
            label = pair[0].slice if column == "slice" else pair[0].speaker
            groups.setdefault(label or NOT_GIVEN, []).append(pair)
        if len(groups) > 1:
            sized = [_Slice(column, name, some, sum(row.words for row, _ in some)) for name, some in groups.items()]
            found += [each for each in sized if each.words]
    return found


def _chance_of_worse(pairs: Sequence[Pair]) -> float:
    changes = block_sums([before for before, _ in pairs], [(now.errors - before.errors,) for before, now in pairs])
    return chance_of_more([int(change) for change in changes[:, 0]])


def _holm(chances: Sequence[float]) -> list[float]:
    """Correct for the number of tests: the smallest times all, the next times one less …, never falling."""
    corrected = [1.0] * len(chances)
    largest = 0.0
    for place, number in enumerate(sorted(range(len(chances)), key=lambda number: chances[number])):
        largest = max(largest, min(1.0, chances[number] * (len(chances) - place)))
        corrected[number] = largest
    return corrected
