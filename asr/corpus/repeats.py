"""The same words again and again in a text, as a recognizer writes that has lost its way."""

import re
from operator import eq

from asr.corpus.limits import PHRASE

# Chinese and Japanese write no spaces: there each character counts as a word.
_ALONE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_ALONE}]|[^\s{_ALONE}]+")
_AROUND = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~¡¿«»“”„‘’…–—،؟।。、！？，"  # noqa: RUF001 - punctuation of many scripts
_DIGITS = frozenset({"oh", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"})


def count_words(text: str) -> int:
    """The words of a text; in Chinese and Japanese each character is one."""
    return len(_WORD.findall(text))


def find_repeats(text: str, times: int, together: int = 0) -> tuple[str, int] | None:
    """A phrase that stands at least `times` times in a row, with how often that is; None when there is none.

    Its repeats have at least `together` words. Case and the punctuation around words do not count. Digits may repeat,
    and so may their English names.
    """
    words = [stripped for word in _WORD.findall(text.casefold()) if (stripped := word.strip(_AROUND))]
    if len(words) - len(set(words)) < times - 1:
        return None
    for length in range(1, PHRASE + 1):
        # Where a phrase repeats, each word is the one that stands `length` words before it.
        same = bytes(map(eq, words, words[length:]))
        run = b"\1" * (length * (max(times, -(-together // length)) - 1))
        start = same.find(run)
        while start >= 0:
            end = same.find(b"\0", start)
            end = len(same) if end < 0 else end
            phrase = words[start : start + length]
            if not all(word.isdigit() or word in _DIGITS for word in phrase):
                return " ".join(phrase), (end - start) // length + 1
            start = same.find(run, end)
    return None
