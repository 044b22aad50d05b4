"""Sentences that models are judged by, and that must not come into what they learn from."""

from collections.abc import Callable, Iterable

from asr.corpus.leakage import words_said
from asr.text.normalizers import Normalizer


def judged_sentences(references: Iterable[str], normalize: Normalizer) -> Callable[[str], bool]:
    """A function that tells whether a text is one of the references.

    It is when both have the same words in the eyes of the leakage rule, before or after the normalizer of the scores.
    """
    judged = {words for reference in references for words in _forms(reference, normalize)} - {()}
    return lambda text: not judged.isdisjoint(_forms(text, normalize))


def _forms(text: str, normalize: Normalizer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    # The normalizer `english` knows contractions by the plain apostrophe only.
    return words_said(text), words_said(normalize(text.replace("’", "'")))
