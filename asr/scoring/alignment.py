"""Word alignment: which reference word became which recognized word."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, cast

ALIGNMENT = "alignment@2"
"""Name and version of how words are aligned: it rises when the counts of some utterance change."""

Kind = Literal["match", "substitution", "deletion", "insertion"]
Edit = tuple[Literal["replace", "delete", "insert"], int, int]
"""What is done to a reference, at which of its words, and at which of the heard words."""

_CELLS = 4_000_000
"""Of the table that is searched at most: 32 MB, two texts of 2,000 words."""


class Item(NamedTuple):
    """One step of an alignment; the reference of an insertion and the hypothesis of a deletion are empty."""

    kind: Kind
    reference: str
    hypothesis: str


def align(reference: str, hypothesis: str) -> list[Item]:
    """Align two normalized texts word by word with the fewest errors, as `edits` finds them."""
    words, heard = reference.split(), hypothesis.split()
    items: list[Item] = []
    at = at_heard = 0
    for tag, edited, edited_heard in edits(words, heard):
        items += map(_match, words[at:edited])
        at, at_heard = edited, edited_heard
        if tag == "insert":
            items.append(Item("insertion", "", heard[at_heard]))
            at_heard += 1
        elif tag == "delete":
            items.append(Item("deletion", words[at], ""))
            at += 1
        else:
            items.append(Item("substitution", words[at], heard[at_heard]))
            at, at_heard = at + 1, at_heard + 1
    items += map(_match, words[at:])
    return items


def edits(words: Sequence[str], heard: Sequence[str]) -> list[Edit]:
    """Return the fewest edits that make the heard words out of the reference, in order (Levenshtein 1966).

    Of several ways with equally few errors it takes one with the most words right, so with the fewest substitutions:
    "a b" heard as "b c" is a deletion and an insertion with "b" right, not two substitutions. This is what NIST's
    sclite finds, too, whose weights (substitution 4, deletion and insertion 3) on long runs of errors even take more
    errors for it. The answer is always the same one; the counts of an utterance come from it. When more than 4 million
    pairs of words would have to be looked at, only the number of errors is the least.
    """
    from rapidfuzz.distance import Levenshtein

    found = cast("list[Edit]", Levenshtein.editops(words, heard).as_list())
    substitutions = [tag for tag, _, _ in found].count("replace")
    # One word more that is right takes the place of two substitutions.
    if substitutions < 2 or (len(words) + 1) * (len(heard) + 1) > _CELLS:
        return found
    error = _weight_of_an_error(words, heard)
    weighted = Levenshtein.distance(words, heard, weights=(error, error, error + 1))
    return found if weighted == error * len(found) + substitutions else _most_right(words, heard)


# Most words of a corpus are right, and most of them are the same few: making one item for each took most of the time.
@lru_cache(maxsize=10_000)
def _match(word: str) -> Item:
    return Item("match", word, word)


def _weight_of_an_error(words: Sequence[str], heard: Sequence[str]) -> int:
    """So much that no number of substitutions, which weigh 1 more, is worth one error."""
    return min(len(words), len(heard)) + 1


def _most_right(words: Sequence[str], heard: Sequence[str]) -> list[Edit]:
    import numpy as np

    error = _weight_of_an_error(words, heard)
    numbers: dict[str, int] = {}
    spoken, written = (np.array([numbers.setdefault(word, len(numbers)) for word in some]) for some in (words, heard))
    insertions = error * np.arange(len(heard) + 1)
    costs = np.empty((len(words) + 1, len(heard) + 1), dtype=np.int64)
    costs[0] = insertions
    for at, word in enumerate(spoken):
        costs[at + 1] = costs[at] + error
        costs[at + 1, 1:] = np.minimum(costs[at + 1, 1:], costs[at, :-1] + np.where(written == word, 0, error + 1))
        # The cheapest way into a cell from any cell left of it: insertions cost the same everywhere.
        costs[at + 1] = np.minimum.accumulate(costs[at + 1] - insertions) + insertions
    back: list[Edit] = []
    at, at_heard = len(words), len(heard)
    while at or at_heard:
        cost = costs[at, at_heard]
        if at and at_heard and words[at - 1] == heard[at_heard - 1] and cost == costs[at - 1, at_heard - 1]:
            at, at_heard = at - 1, at_heard - 1
        elif at and at_heard and cost == costs[at - 1, at_heard - 1] + error + 1:
            at, at_heard = at - 1, at_heard - 1
            back.append(("replace", at, at_heard))
        elif at and cost == costs[at - 1, at_heard] + error:
            at -= 1
            back.append(("delete", at, at_heard))
        else:
            at_heard -= 1
            back.append(("insert", at, at_heard))
    return back[::-1]
