"""Which words a model gets wrong: the pairs it confuses, the words it misses, the words it makes up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from asr.scoring.alignment import Item

Key = TypeVar("Key", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class Confusion:
    """A reference word and what was recognized instead, with how often."""

    reference: str
    hypothesis: str
    count: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A reference word with how often it was not recognized, of how often it was said."""

    word: str
    missed: int
    said: int


@dataclass(frozen=True, slots=True)
class Confusions:
    """The words that a model gets wrong most often, most frequent first."""

    pairs: tuple[Confusion, ...]
    missed: tuple[Missed, ...]
    inserted: tuple[tuple[str, int], ...]
    """Words that nobody said, with how often they were recognized."""


def confusions(alignments: Iterable[Sequence[Item]], most: int = 15) -> Confusions:
    """Count the errors of each word over all alignments and keep the `most` frequent of each sort.

    Equally frequent words stand in alphabetical order.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    missed: Counter[str] = Counter()
    said: Counter[str] = Counter()
    inserted: Counter[str] = Counter()
    for alignment in alignments:
        for item in alignment:
            if item.kind == "insertion":
                inserted[item.hypothesis] += 1
                continue
            said[item.reference] += 1
            if item.kind != "match":
                missed[item.reference] += 1
            if item.kind == "substitution":
                pairs[item.reference, item.hypothesis] += 1
    return Confusions(
        pairs=tuple(Confusion(*pair, count) for pair, count in _most(pairs, most)),
        missed=tuple(Missed(word, count, said[word]) for word, count in _most(missed, most)),
        inserted=tuple(_most(inserted, most)),
    )


def _most(counts: Counter[Key], most: int) -> list[tuple[Key, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
