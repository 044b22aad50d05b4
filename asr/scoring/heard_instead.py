"""What is heard in place of a word: also when one word is heard as several, or several as one."""

from collections.abc import Iterable, Iterator, Sequence

from asr.scoring.alignment import Item

_LONGEST = 12
"""Words of a run of errors that are told apart; in a longer one anything may stand for anything."""


def heard_instead(alignments: Iterable[Sequence[Item]]) -> Iterator[tuple[str, str]]:
    """Each reference word that was not found, with the words heard in its place; none of them is an empty text.

    In each run of errors the heard words are dealt out among the reference words, in their order, so that the letters
    differ least: `godrive` heard `go drive` is one word heard as two, not a substitution and an insertion.
    """
    for alignment in alignments:
        said: list[str] = []
        heard: list[str] = []
        for item in alignment:
            if item.kind == "match":
                yield from _deal_out(said, heard)
                said, heard = [], []
                continue
            if item.kind != "insertion":
                said.append(item.reference)
            if item.kind != "deletion":
                heard.append(item.hypothesis)
        yield from _deal_out(said, heard)


def _deal_out(said: Sequence[str], heard: Sequence[str]) -> list[tuple[str, str]]:
    """A run of errors as pairs of a said word and the part of the heard words that is nearest to it."""
    from rapidfuzz.distance import Levenshtein

    if not said or max(len(said), len(heard)) > _LONGEST:
        return []
    # best[n] for the words so far: the least letters that differ when they take the first n heard words, and how.
    best: list[tuple[int, tuple[str, ...]] | None] = [(0, ()), *[None] * len(heard)]
    for word in said:
        following: list[tuple[int, tuple[str, ...]] | None] = [None] * (len(heard) + 1)
        for start, taken in enumerate(best):
            for end in range(start, len(heard) + 1) if taken else ():
                cost, parts = taken or (0, ())
                cost += Levenshtein.distance(word, "".join(heard[start:end]))
                here = following[end]
                if here is None or cost < here[0]:
                    following[end] = (cost, (*parts, " ".join(heard[start:end])))
        best = following
    whole = best[-1]
    return list(zip(said, whole[1], strict=True)) if whole else []
