"""What is wrong with one text: by itself, for the model that shall write it, and where errors are counted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from unicodedata import category, normalize

from asr.corpus.limits import REPEATED, REPEATS, Limits
from asr.corpus.readers.text_file import LOST
from asr.corpus.repeats import find_repeats
from asr.corpus.rules import Problem, Purpose, problem
from asr.models.abilities import Abilities

_SHOWN = 60  # characters of a transcript in a message
_NAMED = 8  # characters that are named one by one
_SPECIAL = 8  # tokens that a tokenizer may add to those of the text
_ASCII_DIGIT = re.compile("[0-9]")
_SAID = frozenset("%&@§#")
"""Punctuation in the eyes of Unicode that people say; all other punctuation is silent."""


class Written(Protocol):
    """A text with its place: the transcript of a row, or a line of text without a recording."""

    @property
    def id(self) -> str:
        """What it is called in messages."""

    @property
    def text(self) -> str | None:
        """The text itself; None when there is none."""

    @property
    def file(self) -> Path:
        """Where it was written, as people know the file."""

    @property
    def line(self) -> int | None:
        """Counted from 1; None when it is the whole file."""


class TextChecks:
    """The checks of the texts of one corpus."""

    def __init__(self, purpose: Purpose, limits: Limits) -> None:
        self._trains = purpose == "training"
        self._limits = limits
        self._fine: set[str] = set()
        """Characters that need no second look: silent ones, and those that the model writes."""

    def of(self, row: Written) -> Iterator[Problem]:
        """Every problem of one text."""
        text, model = row.text, self._limits.abilities
        if text is None:
            yield problem("missing_text", row.file, row.line, row.id)
            return
        wrong = list(check_alone(row, text))
        yield from wrong
        if wrong:
            return
        if found := find_repeats(text, REPEATS, REPEATED):
            phrase, count = found
            yield problem("repeated", row.file, row.line, f"“{shorten(phrase)}” {count} times")
        if model:
            composed = normalize("NFC", text)
            if self._nothing_left(composed, model):
                detail = f"nothing is left of “{shorten(text)}”"
                yield problem("unwritable", row.file, row.line, detail, severity="error")
                return
            if lost := self._lost(composed, model):
                yield problem("unwritable", row.file, row.line, name_characters(lost))
            yield from self._check_length(row, text, model)
        if why := self._why_no_digits(text, model):
            numbers = " ".join(word for word in text.split() if any(map(_is_digit, word)))
            yield problem("digits", row.file, row.line, f"“{shorten(numbers)}”, {why}")

    def _nothing_left(self, text: str, model: Abilities) -> bool:
        has_letters = any(map(str.isalpha, text))
        if not has_letters and not self._trains:  # where errors are counted, digits may be as good as words
            return False
        return not any(map(model.written, filter(str.isalpha if has_letters else str.isalnum, text)))

    def _check_length(self, row: Written, text: str, model: Abilities) -> Iterator[Problem]:
        most = model.most_tokens
        # No tokenizer makes more tokens than there are bytes, and most transcripts are far from the bound.
        if self._trains and most is not None and len(text.encode()) + _SPECIAL > most:
            tokens = len(model.labels(text))
            if tokens > most:
                detail = f"{tokens:,} tokens of {row.id}, at most {most:,}"
                yield problem("too_many_tokens", row.file, row.line, detail)

    def _lost(self, text: str, model: Abilities) -> list[str]:
        """The letters and signs of a text that the model cannot write."""
        lost = []
        for char in sorted(set(text) - self._fine):
            if self._is_silent(char) or self._is_written(char, model.written(char)):
                self._fine.add(char)
            else:
                lost.append(char)
        return lost

    def _is_silent(self, char: str) -> bool:
        # The normalizer `english` makes "20 percent" of "20 %", and digits have a rule of their own.
        is_sign = char in _SAID or category(char) in {"Sc", "Sm", "So"}
        return not char.isalpha() and not (is_sign and (self._trains or not self._forgives))

    def _is_written(self, char: str, written: str) -> bool:
        return written.casefold() == char.casefold() or (bool(written) and self._forgives)

    @property
    def _forgives(self) -> bool:
        """Whether accents do not count as errors, nor digits that stand for words."""
        return self._limits.normalizer == "english"

    def _why_no_digits(self, text: str, model: Abilities | None) -> str:
        digits = set(filter(_is_digit, set(text) if not text.isascii() else _ASCII_DIGIT.findall(text)))
        if not digits:
            return ""
        if self._trains and model and not all(map(model.written, digits)):
            return "which the model cannot write: it learns to be silent there"
        if self._limits.locale:
            return "and Azure has to guess how they are said"
        if self._limits.normalizer and not self._forgives:
            return f"and to the normalizer `{self._limits.normalizer}` 17 and seventeen are different words"
        return ""


def shorten(text: str) -> str:
    """The begin of a text, for a message."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def name_characters(characters: list[str]) -> str:
    """Characters one by one, for a message."""
    more = f" and {len(characters) - _NAMED:,} more" if len(characters) > _NAMED else ""
    return " ".join(characters[:_NAMED]) + more


def check_alone(row: Written, text: str) -> Iterator[Problem]:
    """What is wrong with a text whoever shall write it: bytes that were lost, unseen characters, nothing to say."""
    # What is printable has nothing unseen, and that is known at once for most transcripts.
    unseen = [] if text.isprintable() else sorted({char for char in text if _is_unseen(char)})
    if LOST in text:
        yield problem("not_utf8", row.file, row.line, shorten(text))
    if unseen:
        yield problem("control_characters", row.file, row.line, ", ".join(f"U+{ord(char):04X}" for char in unseen[:5]))
    if not text.strip():
        yield problem("empty_text", row.file, row.line, row.id)
    elif not unseen and not any(char.isalnum() for char in text):
        yield problem("only_punctuation", row.file, row.line, shorten(text))


def _is_digit(char: str) -> bool:
    # Not what is a number and a letter, such as the Chinese ones, which are words.
    return char.isnumeric() and category(char) in {"Nd", "No"}


def _is_unseen(char: str) -> bool:
    # Cf stays allowed but for the byte order mark: joiners and directions are part of many scripts.
    return char == "\ufeff" or category(char) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
