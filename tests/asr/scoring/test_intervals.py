"""Intervals: cover what they promise, follow the blocks, and never depend on chance."""

import random
from dataclasses import replace

import numpy as np
import pytest

from asr.corpus.utterance import Utterance
from asr.scoring.error_rates import score
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.intervals import resampled_unit, wer_interval


def row(number: int, errors: int, words: int, speaker: str = "", source: str = "") -> Hypothesis:
    return Hypothesis(f"{number:05}", "", "", 1.0, words, errors, 0, 0, 1, 0, speaker, source)


def test_agrees_with_a_plain_bootstrap() -> None:
    draw = np.random.default_rng(0)
    errors, words = draw.integers(0, 4, 200), draw.integers(3, 12, 200)
    low, high = wer_interval([row(n, int(e), int(w)) for n, (e, w) in enumerate(zip(errors, words, strict=True))])
    picks = draw.integers(0, 200, (10_000, 200))
    plain = np.percentile(errors[picks].sum(axis=1) / words[picks].sum(axis=1), [2.5, 97.5])
    assert (low, high) == pytest.approx(tuple(plain), abs=0.004)


def test_covers_the_true_rate_about_95_times_in_100() -> None:
    draw = np.random.default_rng(3)
    covered = 0
    for _ in range(150):
        rows = [row(n, int(e), 10) for n, e in enumerate(draw.binomial(10, 0.2, 80))]
        low, high = wer_interval(rows)
        covered += low <= 0.2 <= high
    assert 133 <= covered <= 150


def test_the_same_rows_in_any_order_give_the_same_interval() -> None:
    rows = [row(n, n % 4, 5 + n % 7, speaker=f"s{n % 12}") for n in range(120)]
    shuffled = random.Random(5).sample(rows, len(rows))
    assert wer_interval(rows) == wer_interval(rows) == wer_interval(shuffled)


def test_speakers_widen_the_interval_when_their_errors_go_together() -> None:
    rows = [row(n, 4 if n % 20 < 10 else 0, 10, speaker=f"s{n % 20}") for n in range(400)]
    low, high = wer_interval(rows)
    alone_low, alone_high = wer_interval([replace(each, speaker="") for each in rows])
    assert resampled_unit(rows) == "speaker"
    assert high - low > 2 * (alone_high - alone_low)


def test_the_unit_is_the_largest_of_which_there_are_ten() -> None:
    assert resampled_unit([row(n, 0, 1, f"s{n % 10}", f"r{n % 20}") for n in range(40)]) == "speaker"
    assert resampled_unit([row(n, 0, 1, f"s{n % 9}", f"r{n % 20}") for n in range(40)]) == "source"
    assert resampled_unit([row(n, 0, 1, f"s{n % 9}", f"r{n % 9}") for n in range(40)]) == "utterance"
    assert resampled_unit([row(n, 0, 1) for n in range(40)]) == "utterance"


def test_utterances_of_nobody_are_not_one_speaker() -> None:
    named = [row(n, 1, 10, speaker=f"s{n}") for n in range(10)]
    nameless = [row(n, n % 3, 10) for n in range(10, 200)]
    low, high = wer_interval([*named, *nameless])
    assert high - low < 0.04


def test_edges() -> None:
    assert wer_interval([row(0, 1, 10)]) == (0.0, 1.0)
    assert wer_interval([row(0, 30, 10)]) == (0.0, 3.0)
    assert wer_interval([row(n, 0, 5) for n in range(20)]) == (0.0, 0.0)
    low, high = wer_interval([row(0, 1, 2), row(1, 3, 0), row(2, 0, 0)])
    assert np.isfinite([low, high]).all()
    with pytest.raises(ValueError, match="no reference words"):
        wer_interval([row(0, 2, 0)])


def test_published_system(published: tuple[list[Utterance], dict[str, dict[str, str]]]) -> None:
    utterances, systems = published
    rows = score(utterances, systems["b1.rnnt_baseline"], "none")
    low, high = wer_interval(rows)
    wer = sum(each.errors for each in rows) / sum(each.words for each in rows)
    assert resampled_unit(rows) == "speaker"
    assert low < wer < high < low + 0.02
