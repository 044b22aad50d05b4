"""How many words a test needs: the rule of thumb against simulated tests."""

import numpy as np
import pytest

from asr.scoring.sample_size import BLOCKS, CONFIDENCE, UNSHARED, gain_shown, words_needed


@pytest.mark.parametrize(("gain", "wer", "words"), [(0.05, 0.2, 12_000), (0.1, 0.2, 3_100), (0.05, 0.1, 25_000)])
def test_words_that_show_a_gain(gain: float, wer: float, words: int) -> None:
    assert words_needed(gain, wer) == words


def test_the_gain_that_words_show_is_the_other_way_round() -> None:
    assert gain_shown(words_needed(0.1)) == pytest.approx(0.1, rel=0.01)
    assert gain_shown(10) > 1
    assert gain_shown(0) == float("inf")


@pytest.mark.parametrize(("gain", "wer"), [(0.1, 0.2), (0.3, 0.1)])
def test_four_tests_in_five_show_it(gain: float, wer: float) -> None:
    """Two models, paired by word; errors come in blocks of `BLOCKS` words that are right or wrong together."""
    generator = np.random.default_rng(1)
    blocks = round(words_needed(gain, wer) / BLOCKS)
    unshared, difference = UNSHARED * wer, gain * wer
    fewer, more = (unshared + difference) / 2, (unshared - difference) / 2
    draws = generator.multinomial(blocks, [fewer, more, 1 - fewer - more], size=4000)
    won, lost = draws[:, 0], draws[:, 1]

    shown = np.mean((won - lost) / np.sqrt(np.maximum(1, won + lost)) > CONFIDENCE)

    assert 0.75 < shown < 0.85
