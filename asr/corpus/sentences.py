"""Sentences that somebody says, to be found again in others: whole, or as a part of a longer one."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple, Self

LONG = 4
"""Words of a sentence that nobody says twice by chance, unlike a digit or a command."""

_SCHEMA = """
CREATE TABLE said (sentence TEXT PRIMARY KEY, place TEXT) WITHOUT ROWID;
CREATE TABLE beginnings (words TEXT, length INTEGER, PRIMARY KEY (words, length)) WITHOUT ROWID;
"""


class Said(NamedTuple):
    """A sentence that was said."""

    sentence: str
    """Its words, with a space between two."""
    place: str
    """Where it was said first."""


class Sentences:
    """Sentences as their words, used in a `with` statement by one thread; on disk, for they may be many.

    A long sentence is looked for where its first four words are. So the work grows with the text and with the different
    lengths of sentences that begin alike, not with the number of sentences.
    """

    def __init__(self) -> None:
        self._said = sqlite3.connect("")
        self._said.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._said.close()

    def add(self, words: Sequence[str], place: str = "") -> None:
        """Remember a sentence, and where it was said; the first place is kept."""
        self._said.execute("INSERT OR IGNORE INTO said VALUES (?, ?)", (" ".join(words), place))
        if len(words) >= LONG:
            row = (" ".join(words[:LONG]), len(words))
            self._said.execute("INSERT OR IGNORE INTO beginnings VALUES (?, ?)", row)

    def same(self, words: Sequence[str]) -> Said | None:
        """The sentence that has these words and no others."""
        sentence = " ".join(words)
        found = self._said.execute("SELECT place FROM said WHERE sentence = ?", (sentence,)).fetchone()
        return None if found is None else Said(sentence, found[0])

    def inside(self, words: Sequence[str]) -> Said | None:
        """The first sentence of at least four words that is a part of these, or all of them; the shortest of those."""
        lengths = "SELECT length FROM beginnings WHERE words = ? AND length <= ? ORDER BY length"
        for first in range(len(words) - LONG + 1):
            beginning = (" ".join(words[first : first + LONG]), len(words) - first)
            for (length,) in self._said.execute(lengths, beginning):
                if said := self.same(words[first : first + length]):
                    return said
        return None
