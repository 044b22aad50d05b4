"""How written words are spoken: the rows of `pronunciation.txt`, put into a text before it is synthesized."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from unicodedata import normalize

_ALONE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # Chinese and Japanese write no spaces: each character is a word
_SIGNS = r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e¡¿«»،؟।\u2010-\u206f\u3000-\u303f\uff01-\uff0f\uff1a-\uff20"
# An apostrophe inside belongs to a word, and so does the point in 3.5. Combining marks are letters here: not `\w`.
_LETTER = rf"[^\s{_SIGNS}{_ALONE}]"
_PART = re.compile(rf"[{_ALONE}]|{_LETTER}+(?:(?:['’]|(?<=\d)[.,](?=\d)){_LETTER}+)*|\S")
_SIGN = re.compile(rf"[{_SIGNS}]")
_BRACKETS = str.maketrans("[]", "  ")


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How one written form is spoken: a row of `pronunciation.txt`."""

    written: str
    """A word or a phrase; case does not count."""
    spoken: str
    """Words as they sound (`three c p o`), or phonemes of espeak-ng in double brackets (`[[g@Udr'aIv]]`)."""


class Occurrence(NamedTuple):
    """A place in a text where a written form stands."""

    start: int
    """In characters."""
    end: int
    row: Pronunciation


Find = Callable[[str], Iterator[Occurrence]]


class _Part(NamedTuple):
    """A word or a sign, as it is compared: folded, behind a space when one stands before it."""

    key: str
    start: int
    end: int


_latest: tuple[Sequence[Pronunciation], Find] | None = None


def pronounce(text: str, pronunciations: Sequence[Pronunciation]) -> str:
    """The text as it is to be spoken: every written form that stands in it, as whole words, becomes its spoken form.

    From left to right, the longest written form first; what was put in is not looked at again. Of two rows with the
    same written form the first counts. Brackets of the text itself could be phonemes to espeak-ng, and become spaces.
    """
    spoken, end = [], 0
    for one in _finder(pronunciations)(text):
        spoken += [_plain(text[end : one.start]), one.row.spoken]
        end = one.end
    return "".join([*spoken, _plain(text[end:])])


def find_written(pronunciations: Sequence[Pronunciation]) -> Find:
    """What finds the written forms that stand in a text, from left to right, the longest first; for many texts."""
    rows: dict[tuple[str, ...], Pronunciation] = {}
    lengths: dict[str, set[int]] = {}
    for row in pronunciations:
        form = written_key(row.written)
        if form and form not in rows:
            rows[form] = row
            lengths.setdefault(form[0], set()).add(len(form))
    longest_first = {first: sorted(some, reverse=True) for first, some in lengths.items()}

    def find(text: str) -> Iterator[Occurrence]:
        parts = list(_parts(text))
        keys = [one.key for one in parts]
        at = 0
        while at < len(parts):
            begin = keys[at].lstrip(" ")
            for length in longest_first.get(begin, ()):
                row = rows.get((begin, *keys[at + 1 : at + length]))
                if row and at + length <= len(parts) and _is_whole(parts, at, at + length):
                    yield Occurrence(parts[at].start, parts[at + length - 1].end, row)
                    at += length
                    break
            else:
                at += 1

    return find


def written_key(written: str) -> tuple[str, ...]:
    """What makes two written forms the same: their words and signs, without case; empty when there are none."""
    first, *others = [one.key for one in _parts(written.strip())] or [""]
    return (first, *others) if first else ()


def phonemes_in(spoken: str) -> list[str]:
    """The phonemes of a spoken form, bracket by bracket.

    Raises:
        ValueError: double brackets are opened and not closed, closed and not opened, or empty.
    """
    found = []
    before, *others = spoken.split("[[")
    if "]]" in before:
        raise ValueError("`]]` without `[[` before it")
    for other in others:
        phonemes, closed, after = other.partition("]]")
        if not closed or "]]" in after:
            raise ValueError("`[[` and `]]` do not belong together")
        if not phonemes.strip():
            raise ValueError("nothing between `[[` and `]]`")
        found.append(phonemes)
    return found


def _finder(pronunciations: Sequence[Pronunciation]) -> Find:
    # Whoever speaks a hundred thousand lines has the same rows for all of them; to sort these takes far longer than
    # one line. They are kept with what was made of them, so that no other rows can pass for them.
    global _latest
    latest = _latest
    if latest is None or latest[0] is not pronunciations or not isinstance(pronunciations, tuple):
        _latest = latest = (pronunciations, find_written(pronunciations))
    return latest[1]


def _parts(text: str) -> Iterator[_Part]:
    end = 0
    for found in _PART.finditer(text):
        word = found[0] if found[0].isascii() else normalize("NFC", found[0])
        yield _Part(" " * (end < found.start()) + word.replace("’", "'").casefold(), found.start(), found.end())
        end = found.end()


def _is_whole(parts: Sequence[_Part], start: int, end: int) -> bool:
    """Whether a form that begins or ends with a sign, such as `.net` or `c++`, does so at a space or another sign."""
    first, last = parts[start].key, parts[end - 1].key
    is_glued_before = start > 0 and not first.startswith(" ")
    is_glued_after = end < len(parts) and not parts[end].key.startswith(" ")
    begins_well = not (is_glued_before and _is_sign(first) and not _is_sign(parts[start - 1].key))
    return begins_well and not (is_glued_after and _is_sign(last) and not _is_sign(parts[end].key))


def _is_sign(key: str) -> bool:
    return bool(_SIGN.match(key.strip()))


def _plain(text: str) -> str:
    return text.translate(_BRACKETS) if "[" in text or "]" in text else text
