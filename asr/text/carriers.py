"""Carrier sentences: what the user wrote, with one name in the place of another.

A name that stands in one line is learned with it: a model that hears the same line again and again writes the line, and
not the name. So a name that few sentences say is put where other names stand. A frame is a sentence of the user with a
gap for the name. Those frames are taken whose gap was filled by a name of its kind, one that has a neighbour in common
with it: `to` in "take me to zorvanta" and in "send the bag to al qasba tonight". For a name that stands in no such
company, frames are taken whose gap was filled by a word that stands in varied company, as names do and verbs do not.
"""

import hashlib
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from heapq import nsmallest
from itertools import chain, islice

from asr.text.phrases import AROUND, find_runs

_FEW = 5
"""A name that so many different sentences say needs no more of them."""
_MOST_OF_A_NAME = 40
"""Sentences made of one name at most."""
_MOST_FRAMES = 2000
"""Frames that are used at most, and sentences that they come from. Which ones does not depend on the order of lines."""
_LONGEST_HOST = 40
"""Words of the longest sentence that lends its frames."""
_GAP = "\0"

Normalize = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Carried:
    """A name, and the sentences that were made of it."""

    name: str
    """As written."""
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    """A sentence with a gap."""

    before: str
    after: str
    said: str
    """Its normalized words, with a sign for the gap."""
    sides: tuple[str, str]
    """The normalized word before the gap and that behind it; empty where there is none."""
    fillers: set[str] = field(default_factory=set)
    """What stood in the gap, normalized."""


@dataclass(frozen=True, slots=True)
class _Rare:
    """A name that few sentences say."""

    forms: Counter[str] = field(default_factory=Counter)
    """How it is written."""
    neighbours: set[tuple[int, str]] = field(default_factory=set)
    """The words before and behind it, each with its side."""

    @property
    def written(self) -> str:
        """The most frequent form; of equals the small letter, as a sentence may begin with the other."""
        return max(self.forms, key=lambda form: (self.forms[form], form))


def carry_names(
    lines: Sequence[str],
    transcripts: Sequence[str],
    names: Collection[str],
    normalize: Normalize,
    *,
    fewest: int,
    most: int,
    refused: Callable[[str], bool],
) -> list[Carried]:
    """Sentences, `most` of them at most, for the names of `lines` that few sentences of lines and transcripts say.

    `names` are the normalized words that general speech does not say. What is `refused`, and what lines or transcripts
    say already, is not made, and a name for which not even `fewest` can be made is not in the list. The sentences of a
    name follow from what is said, in whatever order, and one more line changes few of them.
    """
    normal = cache(normalize)  # of single words, and the same ones come again and again
    sentences = dict.fromkeys(chain(transcripts, lines))
    said = _sentences_by_word(sentences, names, normal)
    rare = _rare_names(lines, names, {word for word, some in said.items() if len(some) < _FEW}, normal)
    chosen = sorted(sorted(rare, key=_hash)[: most // fewest])
    if not chosen:
        return []
    frames = _frames(sentences, names, normal)
    places = [_hash(frame.said) for frame in frames]
    kinds, varied = _fillers_by_neighbour(frames), _varied_fillers(frames)
    each = max(fewest, min(_MOST_OF_A_NAME, most // len(chosen)))
    carried = []
    for name in chosen:
        # Frames and names lie on one ring, so that a new frame takes the place of one other, and of few names.
        start = bisect_left(places, _hash(name))
        alike = set[str]().union(*(kinds.get(one, ()) for one in rare[name].neighbours)) - {name} or varied
        fitting = (one for one in [*frames[start:], *frames[:start]] if not alike.isdisjoint(one.fillers))
        known = set[bytes]().union(*(said[word] for word in name.split()))
        made = _made(name, rare[name].written, fitting, known)
        some = tuple(islice((one for one in made if not refused(one)), each))
        if len(some) >= fewest:
            carried.append(Carried(rare[name].written, some))
    return carried


def _sentences_by_word(
    sentences: Iterable[str], names: Collection[str], normal: Normalize
) -> defaultdict[str, set[bytes]]:
    """The hashes of the different sentences that say a name's word; of words that are not rare only some."""
    found = defaultdict[str, set[bytes]](set)
    for sentence in sentences:
        words = [normal(word) for word in sentence.split()]
        key = b""
        for word in words:
            if word in names and len(found[word]) < _FEW:
                key = key or _hash(_joined(words))
                found[word].add(key)
    return found


def _rare_names(
    lines: Iterable[str], names: Collection[str], rare_words: AbstractSet[str], normal: Normalize
) -> dict[str, _Rare]:
    """The names that hold a rare word, normalized, with how they are written and what stands beside them."""
    found: dict[str, _Rare] = {}
    for line in lines:
        words = line.split()
        for start, end in find_runs(words, names, normal):
            run = [normal(word) for word in words[start:end]]
            if not rare_words.isdisjoint(run):
                one = found.setdefault(" ".join(run), _Rare())
                one.forms[" ".join(word.strip(AROUND) for word in words[start:end])] += 1
                one.neighbours.update(_neighbours(_sides(words, start, end, normal)))
    return found


def _frames(sentences: Iterable[str], names: Collection[str], normal: Normalize) -> list[_Frame]:
    """What is left of sentences when a name is taken out, in the order of their hashes."""
    found: dict[str, _Frame] = {}
    hosts = (one for one in sentences if len(one) <= 100 * _LONGEST_HOST and len(one.split()) <= _LONGEST_HOST)
    able = (one for one in hosts if any(find_runs(one.split(), names, normal)))
    for sentence in nsmallest(_MOST_FRAMES, able, key=_hash):
        words = sentence.split()
        for start, end in find_runs(words, names, normal):
            rest = [*map(normal, words[:start]), _GAP, *map(normal, words[end:])]
            said = _joined(rest)
            if said == _GAP:  # a name alone
                continue
            first, last = words[start], words[end - 1]
            lead, trail = first[: len(first) - len(first.lstrip(AROUND))], last[len(last.rstrip(AROUND)) :]
            frame = _Frame(
                before=" ".join([*words[:start], lead]),
                after=" ".join([trail, *words[end:]]),
                said=said,
                sides=_sides(words, start, end, normal),
            )
            found.setdefault(said, frame).fillers.add(_joined(map(normal, words[start:end])))
    return nsmallest(_MOST_FRAMES, found.values(), key=lambda frame: _hash(frame.said))


def _fillers_by_neighbour(frames: Iterable[_Frame]) -> Mapping[tuple[int, str], set[str]]:
    found = defaultdict[tuple[int, str], set[str]](set)
    for frame in frames:
        for neighbour in _neighbours(frame.sides):
            found[neighbour] |= frame.fillers
    return found


def _varied_fillers(frames: Iterable[_Frame]) -> set[str]:
    """What stood behind at least two different words, and before at least two; the edge of a sentence is one, too."""
    before, behind = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for frame in frames:
        for filler in frame.fillers:
            before[filler].add(frame.sides[0])
            behind[filler].add(frame.sides[1])
    return {filler for filler in before if len(before[filler]) > 1 and len(behind[filler]) > 1}


def _made(name: str, written: str, frames: Iterable[_Frame], known: Collection[bytes]) -> Iterator[str]:
    """The frames with the name, but for those that say it already, and sentences that are known."""
    for frame in frames:
        if f" {name} " not in f" {frame.said} " and _hash(frame.said.replace(_GAP, name)) not in known:
            yield f"{frame.before}{written}{frame.after}"


def _sides(words: Sequence[str], start: int, end: int, normal: Normalize) -> tuple[str, str]:
    return normal(words[start - 1]) if start else "", normal(words[end]) if end < len(words) else ""


def _neighbours(sides: tuple[str, str]) -> Iterator[tuple[int, str]]:
    return ((side, word) for side, word in enumerate(sides) if word)


def _joined(words: Iterable[str]) -> str:
    return " ".join(filter(None, words))


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
