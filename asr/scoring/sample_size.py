"""How large a test has to be: the words that show a gain, and the gain that some words can show."""

import math

EXPECTED_WER = 0.2
"""What is assumed of a model that has not been measured: every fifth word is wrong."""

CONFIDENCE, POWER = 1.645, 0.842
"""Quantiles of the normal distribution: no gain is taken for one in 5 % of tests, a gain is overlooked in 20 %."""

UNSHARED = 0.5
"""Errors that only one of two models makes, as a share of the errors of one.

Two fine-tunings of one base share most of their mistakes. Seven systems with a common base on LibriSpeech test-clean
have 0.14 to 0.63, half of the pairs more than 0.48.
"""
BLOCKS = 2.0
"""How many times as much as of independent words the difference varies, because errors come by utterance and speaker.

The same systems have 1.3 to 1.5 by utterance and 1.0 to 3.5 by speaker.
"""


def words_needed(gain: float, wer: float = EXPECTED_WER) -> int:
    """About how many reference words show that a model makes `gain` (0.05: 5 %) fewer errors than one with `wer`.

    Both models hear the same words, so only words that one of them gets wrong alone say anything. With their share ψ
    and the wanted difference δ this is McNemar's test: n = (z₀.₉₅ + z₀.₈)² ψ / δ² (Connor 1987, Biometrics 43:207–211),
    times `BLOCKS`. It is a rule of thumb, good to a factor of two, and so rounded to two digits.
    """
    return int(float(f"{_FACTOR / (gain**2 * wer):.2g}"))


def gain_shown(words: int, wer: float = EXPECTED_WER) -> float:
    """About the smallest gain that a test of so many words shows; more than 1 when it can show none."""
    return math.sqrt(_FACTOR / (words * wer)) if words else math.inf


_FACTOR = (CONFIDENCE + POWER) ** 2 * UNSHARED * BLOCKS
