"""Sentences from a grammar: templates whose slots are filled with words, for speech that nobody has to record."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

_SLOT = re.compile(r"\{(\w+)\}")
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()


@dataclass(frozen=True)
class Grammar:
    """Templates such as `the {noun} is {where}`, and the choices for each slot."""

    templates: tuple[str, ...]
    words: dict[str, tuple[str, ...]]

    @classmethod
    def load(cls, path: Path) -> "Grammar":
        """Read a grammar file: a list `templates` and a table `words` of `|`-separated choices."""
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        words = {slot: tuple(choices.split("|")) for slot, choices in table["words"].items()}
        return cls(tuple(table["templates"]), words)

    def sentence(self, random: Random) -> str:
        """One sentence, drawn by `random`."""
        return _SLOT.sub(lambda match: self._fill(match[1], random), random.choice(self.templates))

    def _fill(self, slot: str, random: Random) -> str:
        if slot == "number":
            return in_words(random.randrange(2, 100))
        if slot == "ordinal":
            return random.choice(_ORDINALS)
        return random.choice(self.words[slot])


def distinct_sentences(grammar: Grammar, seed: int, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Draw sentences, each once and none of `without`; the caller takes as many as it wants."""
    random = Random(seed)
    seen = set(without)
    while True:
        sentence = grammar.sentence(random)
        if sentence not in seen:
            seen.add(sentence)
            yield sentence


def in_words(number: int) -> str:
    """An integer of 0–99 in words."""
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f" {_ONES[ones]}" if ones else "")
