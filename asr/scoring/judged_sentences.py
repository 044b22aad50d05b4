"""Sentences that models are judged by, and that must not come into what they learn from."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from asr.corpus.leakage import words_said
from asr.corpus.sentences import LONG
from asr.text.normalizers import Normalizer

_Words = tuple[str, ...]


def judged_sentences(references: Iterable[str], normalize: Normalizer) -> Callable[[str], bool]:
    """A function that tells whether a text is one of the references, or holds one of at least four words.

    It is when both have the same words in the eyes of the leakage rule, before or after the normalizer of the scores.
    """
    judged = {words for reference in references for words in _forms(reference, normalize)} - {()}
    lengths: defaultdict[_Words, set[int]] = defaultdict(set)
    for words in judged:
        if len(words) >= LONG:
            lengths[words[:LONG]].add(len(words))

    def holds(words: _Words) -> bool:
        return any(
            words[first : first + length] in judged
            for first in range(len(words) - LONG + 1)
            for length in lengths.get(words[first : first + LONG], ())
        )

    return lambda text: any(words in judged or holds(words) for words in _forms(text, normalize))


def _forms(text: str, normalize: Normalizer) -> tuple[_Words, _Words]:
    # The normalizer `english` knows contractions by the plain apostrophe only.
    return words_said(text), words_said(normalize(text.replace("’", "'")))
