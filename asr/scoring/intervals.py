"""How sure is a WER: its bootstrap interval over the speakers, recordings or utterances of the corpus."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from asr.scoring.hypothesis import Hypothesis

Unit = Literal["speaker", "source", "utterance"]
"""What is drawn with replacement: everything that one speaker said, one recording, or single utterances."""

CONFIDENCE = 0.95
REPLICATES = 10_000
MIN_BLOCKS = 10
"""Fewer speakers or recordings than this say too little about the next one."""

_SEED = 2004
_CELLS = 2_000_000
"""Numbers held at once: 16 MB, whatever the size of the corpus."""


def resampled_unit(rows: Sequence[Hypothesis]) -> Unit:
    """Name what is resampled: speakers when at least ten are known, else recordings, else utterances.

    The errors of one speaker go together, so that drawing single utterances understates the spread (Liu & Peng 2019,
    arXiv 1912.09508).
    """
    if len({row.speaker for row in rows if row.speaker}) >= MIN_BLOCKS:
        return "speaker"
    if len({row.source for row in rows if row.source}) >= MIN_BLOCKS:
        return "source"
    return "utterance"


def wer_interval(rows: Sequence[Hypothesis]) -> tuple[float, float]:
    """Return the 95 % percentile interval of the pooled WER, by bootstrap (Bisani & Ney 2004).

    The same rows give the same interval, in any order. An utterance without a known speaker or recording counts as a
    block of its own. One single block tells nothing about the spread: its interval is (0, max(1, WER)).

    Raises ValueError when the rows have no reference words.
    """
    blocks = block_sums(rows, [(row.errors, row.words) for row in rows])
    errors, words = blocks.sum(axis=0)
    if not words:
        raise ValueError("no reference words to estimate an error rate from")
    if len(blocks) < 2:
        return 0.0, max(1.0, float(errors / words))
    return percentile_interval(resampled_rates(blocks)[:, 0])


def block_sums(rows: Sequence[Hypothesis], counts: Sequence[tuple[int, ...]]) -> npt.NDArray[np.int64]:
    """Sum what was counted in each row over every block of the resampled unit, shape (blocks, counts)."""
    unit = resampled_unit(rows)
    sums: dict[tuple[bool, str], list[int]] = {}
    for row, counted in zip(rows, counts, strict=True):
        label = {"speaker": row.speaker, "source": row.source, "utterance": ""}[unit]
        block = sums.setdefault((bool(label), label or row.id), [0] * len(counted))
        for place, count in enumerate(counted):
            block[place] += count
    return np.array(list(sums.values()), dtype=np.int64)


def resampled_rates(blocks: npt.NDArray[np.int64], replicates: int = REPLICATES) -> npt.NDArray[np.float64]:
    """Draw as many blocks as there are, again and again, and divide their sums by their words, the last column.

    Shape (replicates, columns − 1); corpora without any reference word are left out.
    """
    return np.concatenate(list(_chunks(blocks, replicates)))


def percentile_interval(drawn: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return what the middle 95 % of the replicates lie between."""
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return float(low), float(high)


def _chunks(blocks: npt.NDArray[np.int64], replicates: int) -> Iterator[npt.NDArray[np.float64]]:
    # Blocks with the same sums are the same to a resample. Drawing how often each *kind* of block appears is the same
    # distribution as drawing blocks, and makes 100,000 utterances as cheap as their few hundred kinds.
    kinds, counts = np.unique(blocks, axis=0, return_counts=True)
    generator = np.random.default_rng(_SEED)
    size = max(1, _CELLS // len(kinds))
    for start in range(0, replicates, size):
        draws = generator.multinomial(len(blocks), counts / len(blocks), size=min(size, replicates - start))
        sums = draws @ kinds
        with_words = sums[sums[:, -1] > 0]
        yield with_words[:, :-1] / with_words[:, -1:]
