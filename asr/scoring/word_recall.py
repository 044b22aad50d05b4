"""Which words are recognized: of every reference word, how often it was said and how often found."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from asr.scoring.alignment import Item
from asr.text.normalizers import Normalizer

_OFTEN = 2
"""Said once and missed once is no pattern yet."""


@dataclass(frozen=True, slots=True)
class WordRecall:
    """A normalized word with how often it was said in the references, and how often it was found there."""

    word: str
    said: int
    found: int

    @property
    def missed(self) -> int:
        """How often it was said and not found."""
        return self.said - self.found


def count_words(alignments: Iterable[Sequence[Item]]) -> dict[str, WordRecall]:
    """Every reference word of the alignments; it is found where it matches."""
    said: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for alignment in alignments:
        said.update(item.reference for item in alignment if item.kind != "insertion")
        found.update(item.reference for item in alignment if item.kind == "match")
    return {word: WordRecall(word, count, found[word]) for word, count in said.items()}


def always_missed(words: Mapping[str, WordRecall]) -> tuple[WordRecall, ...]:
    """The words that were said at least twice and never found, most frequent first."""
    return worst_first(one for one in words.values() if one.said >= _OFTEN and not one.found)


def never_learned(words: Mapping[str, WordRecall], learned: Collection[str]) -> tuple[WordRecall, ...]:
    """The words that are not among the `learned`, those that fail most first; numbers are not asked for.

    A normalizer writes numbers of any length as one word, so that most of them were never seen before.
    """
    return worst_first(one for one in words.values() if one.word not in learned and not is_number(one.word))


def worst_first(words: Iterable[WordRecall]) -> tuple[WordRecall, ...]:
    """In the order of how often they were missed, then of how often they were said; equal ones by the alphabet."""
    return tuple(sorted(words, key=lambda one: (-one.missed, -one.said, one.word)))


def words_of(texts: Iterable[str], normalize: Normalizer) -> frozenset[str]:
    """The normalized words of texts.

    Each written word is normalized once and by itself: corpora have many lines but not so many different words.
    """
    written = {word for text in texts for word in text.split()}
    return frozenset(word for one in written for word in normalize(one).split())


def is_number(word: str) -> bool:
    """Whether a word has no letter in it."""
    return not any(map(str.isalpha, word))
