"""Could the test have seen it: the power of a comparison that was made, and the words that a surer one needs."""

import math
from statistics import NormalDist

from asr.scoring.difference import Difference
from asr.scoring.sample_size import words_needed

POWER = 0.8
"""A gain that is there is overlooked in one test of five."""

_NORMAL = NormalDist()


def power(difference: Difference, gain: float, confidence: float = 0.95) -> float:
    """Return the chance that a test of this size and spread sees a true gain of `gain` (0.05: 5 % fewer errors).

    Seen means one-sided, at the confidence. With δ = gain · WER(baseline) it is Φ(δ / spread − z), the spread taken
    from the bootstrap as it is in Bisani & Ney 2004; 1 when nothing spreads.
    """
    if difference.spread == 0:
        return 1.0
    return _NORMAL.cdf(gain * difference.baseline_wer / difference.spread - _NORMAL.inv_cdf(confidence))


def more_words_needed(difference: Difference, gain: float, confidence: float = 0.95) -> int:
    """About how many more reference words make a test with power 0.8, rounded up to two digits.

    0 when there are enough, and when there is nothing to see, as no number of words shows that. The spread shrinks with
    the root of the words, if the new ones come like the old ones: from as many more speakers. A test of one block has
    no spread to start from, and gets the rule of thumb of `words_needed`.
    """
    seen = gain * difference.baseline_wer
    if seen <= 0 or power(difference, gain, confidence) >= POWER:
        return 0
    if difference.blocks < 2:
        return _rounded_up(max(1, words_needed(gain, difference.baseline_wer) - difference.words))
    quantiles = _NORMAL.inv_cdf(confidence) + _NORMAL.inv_cdf(POWER)
    times = (quantiles * difference.spread / seen) ** 2
    return _rounded_up(max(1, math.ceil(difference.words * (times - 1))))


def _rounded_up(number: int) -> int:
    step: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // step) * step
