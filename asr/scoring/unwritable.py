"""Reference words that a model cannot write: every time they are said is an error, however well it hears."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from asr.scoring.word_recall import WordRecall
from asr.text.normalizers import Normalizer


@dataclass(frozen=True, slots=True)
class Unwritable:
    """A word as it stands in the references, with the characters that the model lacks."""

    word: str
    characters: str
    said: int


def unwritable_words(
    references: Iterable[str],
    words: Mapping[str, WordRecall],
    normalize: Normalizer,
    written: Callable[[str], str],
) -> tuple[Unwritable, ...]:
    """The words with letters or digits that the model cannot write, those that were said most first.

    `references` are as written in the corpus; `written` tells what a model makes of one character (nothing, if it
    cannot write it: `Abilities.written`). A word that was found at least once can be written in another way, as digits
    can in words, and is not listed.
    """
    said = Counter(word for reference in references for word in reference.split())
    lacking: dict[str, Unwritable] = {}
    for word, count in said.items():
        lost = "".join(sorted({char for char in word if char.isalnum() and not written(char).strip()}))
        plain = normalize(word).split() if lost else []
        if plain and not all(one in words and words[one].found for one in plain):
            shown = " ".join(plain) if len(plain) == 1 else word
            before = lacking.get(shown)
            lacking[shown] = Unwritable(shown, lost, count + (before.said if before else 0))
    return tuple(sorted(lacking.values(), key=lambda one: (-one.said, one.word)))
