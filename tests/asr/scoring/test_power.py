"""Power: what a test of a size can see, checked by making such tests."""

from statistics import NormalDist

import numpy as np
import pytest

from asr.scoring.difference import Difference, difference
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.power import more_words_needed, power
from asr.scoring.sample_size import words_needed

LIMIT = NormalDist().inv_cdf(0.95)


def measured(spread: float, words: int = 10_000, wer: float = 0.2, blocks: int = 500) -> Difference:
    return Difference(
        baseline_wer=wer,
        candidate_wer=wer,
        delta=0.0,
        interval=(-2 * spread, 2 * spread),
        spread=spread,
        probability_better=0.5,
        insertion_delta=0.0,
        insertion_interval=(0.0, 0.0),
        unit="utterance",
        blocks=blocks,
        utterances=blocks,
        words=words,
    )


def rows(errors: list[int]) -> list[Hypothesis]:
    return [Hypothesis(f"{n:04}", "", "", 1.0, 10, each, 0, 0, 1, 0) for n, each in enumerate(errors)]


def test_as_many_tests_see_the_gain_as_power_says() -> None:
    """Mends a tenth of the errors and makes some of its own, in 500 utterances of ten words."""
    draw = np.random.default_rng(4)
    seen, said = 0, []
    for _ in range(200):
        before = draw.binomial(10, 0.2, 500)
        after = draw.binomial(before, 0.8) + draw.binomial(10 - before, 0.025)  # 2 % − 0.2 · 20 %: a gain of 10 %
        found = difference(rows(before.tolist()), rows(after.tolist()))
        seen += -found.delta / found.spread > LIMIT
        said.append(power(found, 0.1))
    assert seen / 200 == pytest.approx(np.mean(said), abs=0.07)


def test_a_gain_as_large_as_the_limit_is_seen_half_of_the_times() -> None:
    assert power(measured(spread=0.01 / LIMIT), 0.05) == pytest.approx(0.5)
    assert power(measured(spread=1e-9), 0.05) == pytest.approx(1.0)
    assert power(measured(spread=10.0), 0.05) == pytest.approx(0.05, abs=0.001)
    assert power(measured(spread=0.0), 0.05) == 1.0


def test_a_surer_test_is_harder() -> None:
    found = measured(0.005)
    assert power(found, 0.05, confidence=0.99) < power(found, 0.05) < power(found, 0.1)
    assert more_words_needed(found, 0.05, confidence=0.99) > more_words_needed(found, 0.05) > 0


def test_with_the_words_that_it_asks_for_it_is_enough() -> None:
    found = measured(0.006, words=10_000)
    more = more_words_needed(found, 0.05)
    grown = measured(0.006 * (10_000 / (10_000 + more)) ** 0.5, words=10_000 + more)
    assert 0.8 <= power(grown, 0.05) < 0.82
    assert more_words_needed(grown, 0.05) == 0
    assert more == 13_000  # (1.645 + 0.842)² (0.006 / 0.01)² = 2.226 times as many, rounded up to two digits


def test_enough_is_enough() -> None:
    assert more_words_needed(measured(0.0), 0.05) == 0
    assert more_words_needed(measured(0.003), 0.05) == 0


def test_nothing_to_see_needs_no_words() -> None:
    assert more_words_needed(measured(0.01), 0.0) == 0
    assert more_words_needed(measured(0.01, wer=0.0), 0.05) == 0
    assert power(measured(0.01), 0.0) == pytest.approx(0.05)


def test_one_utterance_needs_what_the_rule_of_thumb_says() -> None:
    found = difference(rows([2]), rows([2]))
    assert power(found, 0.05) < 0.1
    assert more_words_needed(found, 0.05) == words_needed(0.05, 0.2) == 12_000
