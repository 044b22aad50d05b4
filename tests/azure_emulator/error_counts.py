"""Errors between what was said and what was recognized, as an evaluation of the service counts them.

Words are compared in lower case without punctuation, apostrophes inside words excepted (documents, on normalisation).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from tests.azure_emulator.recognizer import lexical_words


@dataclass(frozen=True)
class ErrorCounts:
    """Counts of one sentence or of many."""

    sentences: int = 0
    wrong_sentences: int = 0
    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def correct(self) -> int:
        """Words that were recognized."""
        return self.words - self.substitutions - self.deletions

    @property
    def edits(self) -> int:
        """All errors."""
        return self.substitutions + self.deletions + self.insertions

    def __add__(self, other: "ErrorCounts") -> "ErrorCounts":
        return ErrorCounts(
            self.sentences + other.sentences,
            self.wrong_sentences + other.wrong_sentences,
            self.words + other.words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


def count_errors(said: str, recognized: str) -> ErrorCounts:
    """The errors of one sentence."""
    words, heard = lexical_words(said), lexical_words(recognized)
    operations = [edit.tag for edit in Levenshtein.editops(words, heard)]
    return ErrorCounts(
        1,
        bool(operations),
        len(words),
        operations.count("replace"),
        operations.count("delete"),
        operations.count("insert"),
    )


def sum_of(counts: Sequence[ErrorCounts]) -> ErrorCounts:
    """The counts of all together."""
    return sum(counts, ErrorCounts())
