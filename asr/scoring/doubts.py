"""Listen to these first: a transcript that a good model disagrees with most is often wrong itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest

from asr.scoring.hypothesis import Hypothesis


@dataclass(frozen=True, slots=True)
class Doubt:
    """One utterance whose transcript a model disagrees with."""

    id: str
    text: str
    heard: str
    wer: float
    """Word errors by reference words, of this utterance alone."""
    characters_per_second: float
    """How fast the transcript would have to be read."""


def doubts(rows: Iterable[Hypothesis], most: int) -> tuple[Doubt, ...]:
    """The `most` utterances with the highest WER of their own, among equals those with more text for their time."""
    found = (_doubt(row) for row in rows if row.errors)
    return tuple(nlargest(most, found, key=lambda one: (one.wer, one.characters_per_second)))


def _doubt(row: Hypothesis) -> Doubt:
    rate = len(row.reference) / row.duration if row.duration else 0.0
    return Doubt(row.id, row.reference, row.hypothesis, row.errors / max(row.words, 1), rate)
