"""Structured text: lists of words and sentences that name them, expanded to the lines that they stand for.

Format: https://learn.microsoft.com/azure/ai-services/speech-service/how-to-custom-speech-test-and-train, on structured
text: `@ list name =` and its entries `- entry`, sentences `- go to {@name}` below a head `# …`, comments
behind `//`.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

MOST_LINES = 2_000
"""Lines that the sentences of one file become at most; more only so that every entry of every list occurs."""
MOST_ENTRIES, MOST_SENTENCES, MOST_PLACES = 35_000, 20_000, 8
"""Entries of all lists of a file (as many as Azure takes), its sentences, and the lists that one sentence may name."""
LONGEST = 600
"""Characters of one entry or one sentence."""

_LIST = re.compile(r"@\s*list\s+([^\s={}]+)\s*=\s*$", re.IGNORECASE)
_LEXICON = re.compile(r"@\s*speech\s*:\s*phoneticlexicon\s*$", re.IGNORECASE)
_ENTRY = re.compile(r"[-*+]\s*(\S.*)$")
_PLACE = re.compile(r"\{\s*@\s*([^\s{}]+)\s*\}")
_COMMENT = re.compile(r"(?:^|\s)//.*$")
_MOST_MISTAKES = 1_000
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line that is not as the format asks, and is left out."""

    line: int
    what: str
    mend: str
    count: int = 1
    """Lines that it stands for: more than one when there were too many to keep."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with places for entries of lists."""

    line: int
    words: tuple[str, ...]
    """What stands around the places: one more than there are places."""
    lists: tuple[str, ...]
    """The list that each place names."""


@dataclass(frozen=True, slots=True)
class StructuredText:
    """The lists and the sentences of one file, and what is wrong with it."""

    lists: Mapping[str, Sequence[str]]
    sentences: Sequence[Sentence]
    mistakes: Sequence[Mistake]

    @property
    def possible(self) -> int:
        """How many lines the sentences stand for."""
        return sum(_possible(one, self.lists) for one in self.sentences)


def parse_structured_text(lines: Iterable[tuple[int, str]]) -> StructuredText:
    """Read the lines of a file, each with its number; names of lists are compared without case."""
    reading = _Reading()
    for number, line in lines:
        reading.take(number, _COMMENT.sub("", line).strip())
    return reading.finish()


def expand(text: StructuredText, most: int = MOST_LINES) -> Iterator[tuple[int, str]]:
    """The lines that a file stands for, each with the number of its sentence; always the same.

    All of them when they are at most `most`. Otherwise each sentence gets an equal share, evenly spread over its
    combinations, and a larger one where a list would not fit: every entry of every list that is named occurs.
    """
    for sentence, share in zip(text.sentences, _shares(text, most), strict=True):
        lists = [text.lists[name] for name in sentence.lists]
        chosen = product(*lists) if share >= _possible(sentence, text.lists) else _spread(lists, share)
        for entries in chosen:
            yield (
                sentence.line,
                sentence.words[0] + "".join(map("".join, zip(entries, sentence.words[1:], strict=True))),
            )


@dataclass
class _Reading:
    """What was read so far."""

    lists: dict[str, list[str]] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    sentences: list[Sentence] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    entries: int = 0
    open: list[str] | None = None
    """The list that entries belong to; None where sentences stand."""
    in_lexicon: bool = False

    def take(self, number: int, line: str) -> None:
        if line.startswith("#"):
            self.open, self.in_lexicon = None, False
        elif line.startswith("@"):
            self._take_head(number, line)
        elif line in {"", "-"} or (self.in_lexicon and _ENTRY.match(line)):
            return  # a lexicon was told of at its head
        elif not (found := _ENTRY.match(line)):
            self._wrong(number, "neither `- …` nor `@ list … =` nor `# …`", "begin the line with `- `")
        elif len(found[1]) > LONGEST:
            self._wrong(number, f"{len(found[1]):,} characters, at most {LONGEST}", "make it one utterance")
        elif self.open is None:
            self._take_sentence(number, found[1])
        elif _PLACE.search(found[1]):
            self._wrong(number, "an entry of a list names a list", "write its entries out")
        elif self.entries >= MOST_ENTRIES:
            self._wrong(number, f"more than {MOST_ENTRIES:,} entries", "split the file")
        else:
            self.entries += 1
            self.open.append(found[1])

    def finish(self) -> StructuredText:
        lists = {name: tuple(dict.fromkeys(entries)) for name, entries in self.lists.items()}
        sentences = []
        for one in self.sentences:
            missing = next((name for name in one.lists if not lists.get(name)), None)
            if missing is None:
                sentences.append(one)
            elif missing in lists:
                self._wrong(one.line, f"the list `{missing}` has no entries", "give it lines `- entry`")
            else:
                self._wrong(one.line, f"there is no list `{missing}`", f"write `@ list {missing} =` with its entries")
        return StructuredText(lists, sentences, sorted(self.mistakes, key=lambda one: one.line))

    def _take_head(self, number: int, line: str) -> None:
        found = _LIST.match(line)
        name = found[1].casefold() if found else ""
        self.in_lexicon = bool(_LEXICON.match(line))
        self.open = []  # entries below a head that is wrong belong to nothing
        if self.in_lexicon:
            mend = "write `pronunciation.txt`: written form, TAB, spoken form"
            self._wrong(number, "a phonetic lexicon is not read", mend)
        elif not found:
            self._wrong(number, "not a head of a list", "write `@ list name =`")
        elif name in self.lists:
            detail = f"the list `{name}` is in line {self.named[name]} already"
            self._wrong(number, f"{detail}; these entries are added to it", "give it another name, or join the two")
            self.open = self.lists[name]
        else:
            self.lists[name], self.named[name] = self.open, number

    def _take_sentence(self, number: int, text: str) -> None:
        words = tuple(_PLACE.split(text)[::2])
        lists = tuple(name.casefold() for name in _PLACE.findall(text))
        if any(sign in part for part in words for sign in "{}"):
            self._wrong(number, "a `{` or `}` that names no list", "write `{@name}`")
        elif len(lists) > MOST_PLACES:
            self._wrong(number, f"{len(lists)} lists in one sentence, at most {MOST_PLACES}", "make it shorter")
        elif len(self.sentences) >= MOST_SENTENCES:
            self._wrong(number, f"more than {MOST_SENTENCES:,} sentences", "split the file")
        else:
            self.sentences.append(Sentence(number, words, lists))

    def _wrong(self, number: int, what: str, mend: str) -> None:
        if len(self.mistakes) < _MOST_MISTAKES:
            self.mistakes.append(Mistake(number, what, mend))
        else:  # a file of something else has one on every line, and may have millions of lines
            last = self.mistakes[-1]
            self.mistakes[-1] = replace(last, count=last.count + 1)


def _possible(sentence: Sentence, lists: Mapping[str, Sequence[str]]) -> int:
    return math.prod(len(lists[name]) for name in sentence.lists)


def _shares(text: StructuredText, most: int) -> list[int]:
    """How many lines each sentence becomes: equal shares of `most`, what small ones leave over for the others."""
    possible = [_possible(one, text.lists) for one in text.sentences]
    shares, left = [0] * len(possible), max(most, len(possible))
    for place, number in enumerate(sorted(range(len(possible)), key=lambda number: possible[number])):
        shares[number] = min(possible[number], left // (len(possible) - place))
        left -= shares[number]
    # A list whose entries do not all fit into any of its sentences gets room in the largest of them.
    largest: dict[str, int] = {}
    for number, one in enumerate(text.sentences):
        for name in one.lists:
            if name not in largest or shares[number] > shares[largest[name]]:
                largest[name] = number
    for name, number in largest.items():
        shares[number] = max(shares[number], len(text.lists[name]))
    return shares


def _spread(lists: Sequence[Sequence[str]], share: int) -> Iterator[tuple[str, ...]]:
    """So many different combinations, fewer than there are: first every entry of every list, then evenly spread."""
    orders = [_shuffled(entries, place) for place, entries in enumerate(lists)]
    longest = min(max(map(len, orders)), share)
    seen = {tuple(number % len(entries) for entries in orders) for number in range(longest)}
    for number in range(longest):
        yield tuple(entries[number % len(entries)] for entries in orders)
    # Steps of the golden ratio spread points evenly however many there are (Weyl 1916); a step without a common
    # factor with the number of combinations meets each of them once.
    total = math.prod(map(len, orders))
    step = max(int(total * _GOLDEN), 1)
    while math.gcd(step, total) != 1:
        step += 1
    at = 0
    while len(seen) < share:
        at = (at + step) % total
        rest, chosen = at, []
        for entries in orders:
            rest, number = divmod(rest, len(entries))
            chosen.append(number)
        if tuple(chosen) not in seen:
            seen.add(tuple(chosen))
            yield tuple(entries[number] for entries, number in zip(orders, chosen, strict=True))


def _shuffled(entries: Sequence[str], place: int) -> list[str]:
    # By hashes, so that another entry moves none of those that were there.
    return sorted(entries, key=lambda entry: hashlib.sha256(f"{place}\0{entry}".encode()).digest())
