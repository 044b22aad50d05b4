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
    blocks = _block_sums(rows)
    errors, words = blocks.sum(axis=0)
    if not words:
        raise ValueError("no reference words to estimate an error rate from")
    if len(blocks) < 2:
        return 0.0, max(1.0, float(errors / words))
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(np.concatenate(list(_replicates(blocks))), [tail, 100 - tail])
    return float(low), float(high)


def _block_sums(rows: Sequence[Hypothesis]) -> npt.NDArray[np.int64]:
    """Errors and reference words of every block, shape (blocks, 2)."""
    unit = resampled_unit(rows)
    sums: dict[tuple[bool, str], list[int]] = {}
    for row in rows:
        label = {"speaker": row.speaker, "source": row.source, "utterance": ""}[unit]
        block = sums.setdefault((bool(label), label or row.id), [0, 0])
        block[0] += row.errors
        block[1] += row.words
    return np.array(list(sums.values()), dtype=np.int64).reshape(-1, 2)


def _replicates(blocks: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.float64]]:
    """WER of resampled corpora, a chunk at a time; those without any reference word are left out."""
    # Blocks with the same sums are the same to a resample. Drawing how often each *kind* of block appears is the same
    # distribution as drawing blocks, and makes 100,000 utterances as cheap as their few hundred kinds.
    kinds, counts = np.unique(blocks, axis=0, return_counts=True)
    generator = np.random.default_rng(_SEED)
    size = max(1, _CELLS // len(kinds))
    for start in range(0, REPLICATES, size):
        draws = generator.multinomial(len(blocks), counts / len(blocks), size=min(size, REPLICATES - start))
        errors, words = (draws @ kinds).T
        yield errors[words > 0] / words[words > 0]
