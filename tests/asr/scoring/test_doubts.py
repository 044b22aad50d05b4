"""The transcripts to listen to first are those that a model disagrees with most."""

import pytest

from asr.scoring.doubts import doubts
from asr.scoring.hypothesis import Hypothesis


def heard(name: str, reference: str, hypothesis: str, errors: int, seconds: float = 2.0) -> Hypothesis:
    return Hypothesis(name, reference, hypothesis, seconds, len(reference.split()), errors, 0, 0, len(reference), 0)


def test_the_worst_come_first_and_the_right_ones_not_at_all() -> None:
    rows = [
        heard("right.wav", "turn left", "turn left", 0),
        heard("half.wav", "turn left", "turn right", 1),
        heard("slow.wav", "stop", "go", 1, seconds=4.0),
        heard("fast.wav", "stop", "go", 1, seconds=0.5),
    ]
    found = doubts(rows, 9)
    assert [one.id for one in found] == ["fast.wav", "slow.wav", "half.wav"]
    assert (found[0].text, found[0].heard, found[0].wer) == ("stop", "go", 1.0)
    assert found[0].characters_per_second == pytest.approx(8.0)
    assert [one.id for one in doubts(rows, 1)] == ["fast.wav"]


def test_a_transcript_without_words_does_not_divide_by_zero() -> None:
    (one,) = doubts([heard("a.wav", "…", "hello", 1, seconds=0.0)], 3)
    assert (one.wer, one.characters_per_second) == (1.0, 0.0)
