"""Word alignment: which reference word became which recognized word."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["match", "substitution", "deletion", "insertion"]


@dataclass(frozen=True, slots=True)
class Item:
    """One step of an alignment; the reference of an insertion and the hypothesis of a deletion are empty."""

    kind: Kind
    reference: str
    hypothesis: str


def align(reference: str, hypothesis: str) -> list[Item]:
    """Align two normalized texts word by word with the fewest errors (Levenshtein 1966).

    Of several alignments with equally few errors it returns one, and always the same one; the error counts of an
    utterance come from it.
    """
    from rapidfuzz.distance import Levenshtein

    words, heard = reference.split(), hypothesis.split()
    items: list[Item] = []
    at = at_heard = 0
    for step in Levenshtein.editops(words, heard):
        while at < step.src_pos:
            items.append(Item("match", words[at], heard[at_heard]))
            at, at_heard = at + 1, at_heard + 1
        if step.tag == "insert":
            items.append(Item("insertion", "", heard[at_heard]))
            at_heard += 1
        elif step.tag == "delete":
            items.append(Item("deletion", words[at], ""))
            at += 1
        else:
            items.append(Item("substitution", words[at], heard[at_heard]))
            at, at_heard = at + 1, at_heard + 1
    items += [Item("match", word, word) for word in words[at:]]
    return items
