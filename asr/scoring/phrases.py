"""Which phrases fail: words in a row that were said more than once, and how often an error was in them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr.scoring.alignment import Item

LENGTHS = (2, 3)
"""Words of a phrase."""
_OFTEN = 2
"""A phrase that was said once is an utterance, which is listed with its errors."""

_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two or three reference words in a row, with how often they were said and how often with an error in them."""

    text: str
    said: int
    failed: int


def failing_phrases(alignments: Sequence[Sequence[Item]]) -> tuple[Phrase, ...]:
    """The phrases that were said at least twice and hold errors, those that fail most first.

    An error is a word of the phrase that was not found, or one that was inserted between two of its words. A phrase
    inside of a longer one that fails as often is not listed again.
    """
    failed: Counter[_Words] = Counter()
    for alignment in alignments:
        if any(item.kind != "match" for item in alignment):
            failed.update(phrase for phrase, is_wrong in _phrases(alignment) if is_wrong)
    said: Counter[_Words] = Counter()
    for alignment in alignments:
        said.update(phrase for phrase, _ in _phrases(alignment) if phrase in failed)
    often = {phrase: count for phrase, count in failed.items() if said[phrase] >= _OFTEN}
    inside = {shorter for phrase, count in often.items() for shorter in _inside(phrase) if often.get(shorter) == count}
    kept = (Phrase(" ".join(phrase), said[phrase], count) for phrase, count in often.items() if phrase not in inside)
    return tuple(sorted(kept, key=lambda one: (-one.failed, one.said, one.text)))


def _phrases(alignment: Sequence[Item]) -> Iterator[tuple[_Words, bool]]:
    """Every phrase of a reference, and whether an error is in it."""
    words: list[str] = []
    before: list[int] = []  # of each word: the errors up to it
    after: list[int] = []  # of each word: the errors up to its end
    errors = 0
    for item in alignment:
        if item.kind == "insertion":
            errors += 1
            continue
        words.append(item.reference)
        before.append(errors)
        errors += item.kind != "match"
        after.append(errors)
    for length in LENGTHS:
        for start in range(len(words) - length + 1):
            yield tuple(words[start : start + length]), after[start + length - 1] > before[start]


def _inside(phrase: _Words) -> Iterator[_Words]:
    for length in LENGTHS:
        if length < len(phrase):
            for start in range(len(phrase) - length + 1):
                yield phrase[start : start + length]
