"""The paired difference: right on a plain bootstrap, covering what it promises, never dependent on chance."""

import random
from dataclasses import replace

import numpy as np
import pytest

from asr.scoring.difference import Difference, difference
from asr.scoring.hypothesis import Hypothesis


def row(number: int, errors: int, words: int, speaker: str = "", insertions: int = 0) -> Hypothesis:
    return Hypothesis(f"{number:05}", "", "", 1.0, words, errors - insertions, 0, insertions, 1, 0, speaker)


def both(before: list[int], after: list[int], words: list[int]) -> tuple[list[Hypothesis], list[Hypothesis]]:
    rows = [[row(n, e, w) for n, (e, w) in enumerate(zip(errors, words, strict=True))] for errors in (before, after)]
    return rows[0], rows[1]


def test_agrees_with_a_plain_bootstrap() -> None:
    draw = np.random.default_rng(0)
    words = draw.integers(3, 12, 200)
    before = draw.binomial(words, 0.3)
    after = draw.binomial(before, 0.85) + draw.binomial(words, 0.02)
    found = difference(*both(before.tolist(), after.tolist(), words.tolist()))

    picks = draw.integers(0, 200, (10_000, 200))
    plain = (after - before)[picks].sum(axis=1) / words[picks].sum(axis=1)
    assert found.interval == pytest.approx(tuple(np.percentile(plain, [2.5, 97.5])), abs=0.003)
    assert found.spread == pytest.approx(plain.std(), rel=0.05)
    assert found.probability_better == pytest.approx((plain < 0).mean() + (plain == 0).mean() / 2, abs=0.01)
    assert found.delta == pytest.approx((after.sum() - before.sum()) / words.sum())
    assert found.delta == pytest.approx(found.candidate_wer - found.baseline_wer)
    assert (found.unit, found.blocks, found.utterances, found.words) == ("utterance", 200, 200, words.sum())


def test_covers_the_true_difference_about_95_times_in_100() -> None:
    """Forty speakers, each with a difficulty of their own and a share of errors that the candidate mends."""
    draw = np.random.default_rng(5)
    covered, tests = 0, 200
    for _ in range(tests):
        difficulty, mended = draw.beta(2, 8, 40), draw.beta(2, 6, 40)  # means 0.2 and 0.25: truly 0.05 better
        before = draw.binomial(50, difficulty[:, None], (40, 4))
        after = draw.binomial(before, 1 - mended[:, None])
        rows = [
            [row(4 * s + n, int(errors[s, n]), 50, f"s{s}") for s in range(40) for n in range(4)]
            for errors in (before, after)
        ]
        found = difference(rows[0], rows[1])
        assert found.unit == "speaker"
        covered += found.interval[0] <= -0.05 <= found.interval[1]
    assert 0.90 * tests <= covered <= 0.985 * tests


def test_what_is_hard_for_both_cancels_out() -> None:
    draw = np.random.default_rng(7)
    before = draw.integers(0, 9, 300)
    found = difference(*both(before.tolist(), (before - (before > 6)).tolist(), [10] * 300))
    assert found.interval[1] < 0
    assert found.probability_better == 1.0
    assert found.spread < 0.004


def test_errors_are_drawn_with_their_words() -> None:
    words = [1 + n**2 for n in range(30)]
    found = difference(*both(words, [0] * 30, words))
    assert (found.delta, found.interval, found.spread) == (-1.0, (-1.0, -1.0), 0.0)


def test_a_candidate_that_does_the_same_is_neither_better_nor_worse() -> None:
    rows = [row(n, n % 4, 10, f"s{n % 12}") for n in range(120)]
    found = difference(rows, rows)
    assert (found.delta, found.interval, found.spread, found.probability_better) == (0.0, (0.0, 0.0), 0.0, 0.5)
    assert (found.insertion_delta, found.insertion_interval) == (0.0, (0.0, 0.0))


def test_turned_round_it_says_the_opposite() -> None:
    draw = np.random.default_rng(8)
    one, other = both(draw.integers(0, 4, 80).tolist(), draw.integers(0, 4, 80).tolist(), [9] * 80)
    there, back = difference(one, other), difference(other, one)
    assert back.delta == -there.delta
    assert back.probability_better == pytest.approx(1 - there.probability_better, abs=0.02)
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]), abs=0.005)


def test_the_same_rows_in_any_order_give_the_same_numbers() -> None:
    one = [row(n, n % 4, 5 + n % 7, f"s{n % 12}") for n in range(120)]
    other = [row(n, n % 3, 5 + n % 7, f"s{n % 12}") for n in range(120)]
    shuffled = random.Random(5)
    assert difference(shuffled.sample(one, 120), shuffled.sample(other, 120)) == difference(one, other)


def test_speakers_go_together() -> None:
    one = [row(n, 2, 10, f"s{n % 20}") for n in range(400)]
    other = [row(n, 4 if n % 20 < 10 else 0, 10, f"s{n % 20}") for n in range(400)]
    by_speaker = difference(one, other)
    by_utterance = difference(*([replace(each, speaker="") for each in rows] for rows in (one, other)))
    assert (by_speaker.unit, by_speaker.blocks) == ("speaker", 20)
    assert (by_utterance.unit, by_utterance.blocks) == ("utterance", 400)
    assert by_speaker.spread > 4 * by_utterance.spread
    assert by_speaker.probability_better == pytest.approx(0.5, abs=0.02)


def test_insertions_have_an_interval_of_their_own() -> None:
    one = [row(n, 2, 10) for n in range(60)]
    other = [row(n, 2, 10, insertions=n % 2) for n in range(60)]
    found = difference(one, other)
    assert (found.delta, found.interval) == (0.0, (0.0, 0.0))
    assert found.insertion_delta == pytest.approx(0.05)
    assert 0.03 < found.insertion_interval[0] < 0.05 < found.insertion_interval[1] < 0.07


def test_one_speaker_is_drawn_by_utterance() -> None:
    one = [row(n, n % 3, 10, "s1") for n in range(30)]
    other = [row(n, n % 2, 10, "s1") for n in range(30)]
    assert (difference(one, other).unit, difference(one, other).blocks) == ("utterance", 30)


@pytest.mark.parametrize(("before", "after"), [(3, 0), (1, 1), (0, 25)], ids=["better", "equal", "made up"])
def test_one_utterance_proves_nothing(before: int, after: int) -> None:
    found = difference([row(0, before, 10)], [row(0, after, 10)])
    low, high = found.interval
    assert low <= -1 <= found.delta <= high
    assert high >= 1
    assert found.probability_better == 0.5
    assert found.spread >= 1
    assert Difference.model_validate_json(found.model_dump_json()) == found


def test_utterances_without_words_count_their_insertions() -> None:
    silence = [row(n, 0, 0) for n in range(20)]
    speech = [row(n, 1, 10) for n in range(20, 40)]
    found = difference([*silence, *speech], [*(row(n, 1, 0, insertions=1) for n in range(20)), *speech])
    assert found.insertion_delta == pytest.approx(0.1)
    assert found.interval[0] > 0


def test_what_cannot_be_paired_is_refused() -> None:
    rows = [row(n, 1, 10) for n in range(3)]
    with pytest.raises(ValueError, match="2 utterances were recognized by one of two models only, as '00002'"):
        difference(rows, [*rows[:2], row(9, 1, 10)])
    with pytest.raises(ValueError, match="1 utterances have other reference words for each model, as '00002'"):
        difference(rows, [*rows[:2], row(2, 1, 11)])
    with pytest.raises(ValueError, match="other reference words"):
        difference(rows, [*rows[:2], replace(rows[2], reference="other words")])
    with pytest.raises(ValueError, match="there twice"):
        difference(rows, [*rows, rows[0]])
    with pytest.raises(ValueError, match="no reference words"):
        difference([], [])
    with pytest.raises(ValueError, match="no reference words"):
        difference([row(0, 1, 0)], [row(0, 0, 0)])
