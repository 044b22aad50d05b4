"""Is the candidate better, or was it luck: the difference of two WERs with its paired bootstrap interval."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from asr.scoring.hypothesis import Hypothesis
from asr.scoring.intervals import (
    REPLICATES,
    Unit,
    block_sums,
    percentile_interval,
    resampled_rates,
    resampled_unit,
)


class Difference(BaseModel):
    """What a candidate changed in the error rate of the baseline, on the same utterances."""

    model_config = ConfigDict(frozen=True)

    baseline_wer: float
    candidate_wer: float
    delta: float
    """WER(candidate) − WER(baseline), absolute; negative is better."""
    interval: tuple[float, float]
    """95 % percentile interval of `delta`."""
    spread: float
    """Standard deviation of `delta` over the replicates."""
    probability_better: float
    """Share of the replicates in which `delta` is below 0; those with 0 count half."""
    insertion_delta: float
    """Insertions / reference words, candidate − baseline."""
    insertion_interval: tuple[float, float]
    """95 % percentile interval of `insertion_delta`."""
    unit: Unit
    """What was drawn: speakers, recordings or utterances."""
    blocks: int
    """How many of them there are."""
    utterances: int
    words: int
    """Reference words."""


Pair = tuple[Hypothesis, Hypothesis]
"""One utterance: what the baseline heard, and what the candidate heard."""


def difference(baseline: Sequence[Hypothesis], candidate: Sequence[Hypothesis]) -> Difference:
    """Compare two models on the same utterances by paired bootstrap, 10,000 replicates (Bisani & Ney 2004).

    Whole speakers are drawn when at least ten are known, else recordings, else utterances, and each draw takes both
    models' errors: what makes an utterance hard for both cancels out. The same rows give the same numbers, in any
    order. One single block tells nothing: its intervals hold every rate, and the chances are even.

    Raises ValueError when the two are not on the same utterances and words, or have no reference words.
    """
    return paired_difference(paired(baseline, candidate))


def paired(baseline: Sequence[Hypothesis], candidate: Sequence[Hypothesis]) -> list[Pair]:
    """Put together what two models heard in the same utterance, by id, in the order of the baseline.

    Raises ValueError when an id is missing or there twice, or when an utterance has other reference words.
    """
    after = {row.id: row for row in candidate}
    ids = {row.id for row in baseline}
    if len(ids) != len(baseline) or len(after) != len(candidate):
        raise ValueError("an utterance is there twice")
    if others := ids ^ after.keys():
        raise ValueError(f"{len(others)} utterances were recognized by one of two models only, as {min(others)!r}")
    pairs = [(row, after[row.id]) for row in baseline]
    unequal = [before.id for before, now in pairs if (before.words, before.reference) != (now.words, now.reference)]
    if unequal:
        raise ValueError(f"{len(unequal)} utterances have other reference words for each model, as {min(unequal)!r}")
    return pairs


def paired_difference(pairs: Sequence[Pair], replicates: int = REPLICATES) -> Difference:
    """Compare as `difference` does.

    Raises ValueError when the pairs have no reference words.
    """
    rows = [before for before, _ in pairs]
    changes = [(now.errors - before.errors, now.insertions - before.insertions, before.words) for before, now in pairs]
    words = sum(before.words for before in rows)
    if not words:
        raise ValueError("no reference words to compare error rates on")
    wer, candidate_wer = sum(before.errors for before in rows) / words, sum(now.errors for _, now in pairs) / words
    blocks = block_sums(rows, changes)
    if len(blocks) < 2:
        # JSON has no infinity. A rate can exceed 1, and the interval must hold what was measured.
        spread = max(1.0, wer, candidate_wer)
        interval = insertion_interval = (-spread, spread)
        better = 0.5
    else:
        errors, insertions = resampled_rates(blocks, replicates).T
        spread = float(errors.std())
        interval, insertion_interval = percentile_interval(errors), percentile_interval(insertions)
        better = float((errors < 0).mean() + (errors == 0).mean() / 2)
    return Difference(
        baseline_wer=wer,
        candidate_wer=candidate_wer,
        delta=sum(change for change, _, _ in changes) / words,
        interval=interval,
        spread=spread,
        probability_better=better,
        insertion_delta=sum(inserted for _, inserted, _ in changes) / words,
        insertion_interval=insertion_interval,
        unit=resampled_unit(rows),
        blocks=len(blocks),
        utterances=len(rows),
        words=words,
    )
