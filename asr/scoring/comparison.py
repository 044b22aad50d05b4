"""Two models on the same utterances: the difference, a second opinion, and where it comes from."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from asr.scoring.difference import Difference, difference, paired
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.matched_pairs import MatchedPairs, matched_pairs
from asr.scoring.slices import SliceDifference, count_slices, slice_differences
from asr.text.normalizers import Normalizer


class Comparison(BaseModel):
    """What is known of the difference between a candidate and the baseline."""

    model_config = ConfigDict(frozen=True)

    test: Difference
    second_opinion: MatchedPairs
    slices: tuple[SliceDifference, ...]
    """Slices, then speakers; in each the most words first."""
    slices_left_out: int = 0
    """Slices and speakers that are not among `slices`, as they are too many: those with the fewest words."""


def compare(baseline: Sequence[Hypothesis], candidate: Sequence[Hypothesis], normalize: Normalizer) -> Comparison:
    """Compare two models on the same utterances; `normalize` is the normalizer of their scores.

    Raises ValueError when the two are not on the same utterances and words, or have no reference words.
    """
    # An utterance that both models have right is no part of any segment.
    wrong = [(before, now) for before, now in paired(baseline, candidate) if before.errors or now.errors]
    slices = slice_differences(baseline, candidate)
    return Comparison(
        test=difference(baseline, candidate),
        second_opinion=matched_pairs(
            [normalize(before.reference) for before, _ in wrong],
            [normalize(before.hypothesis) for before, _ in wrong],
            [normalize(now.hypothesis) for _, now in wrong],
        ),
        slices=slices,
        slices_left_out=count_slices(baseline) - len(slices),
    )
