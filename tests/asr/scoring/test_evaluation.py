"""Evaluations: pooled sums of what the utterances hold."""

from pathlib import Path

import pytest

from asr.errors import DataError
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.hypothesis import Hypothesis

ROWS = [
    Hypothesis("a", "one two", "one\u2028 <b>\n", 2.0, 2, 1, 0, 0, 7, 3, "s1", "r1", "x"),
    Hypothesis("b", "ein Käse", "ein Käse", 4.0, 8, 0, 0, 0, 33, 0),
    Hypothesis("c", "", "you", 6.0, 0, 0, 0, 1, 0, 3),
]


def summary(rows: list[Hypothesis], seconds_of_compute: float = 3.0) -> Evaluation:
    return summarize(
        rows,
        model="m",
        model_fingerprint="f",
        corpus="testing",
        corpus_fingerprint="c",
        normalizer="basic",
        recognition="recognition@2",
        decoding="greedily",
        seconds_of_compute=seconds_of_compute,
        table=Path("t.jsonl"),
    )


def test_rates_are_sums_over_sums() -> None:
    evaluation = summary(ROWS)
    assert evaluation.wer == 2 / 10  # the mean of the utterances' rates would be another number
    assert evaluation.cer == 6 / 40
    assert evaluation.ser == 2 / 3
    assert (evaluation.substitutions, evaluation.deletions, evaluation.insertions, evaluation.errors) == (1, 0, 1, 2)
    assert (evaluation.utterances, evaluation.words, evaluation.seconds) == (3, 10, 12.0)
    assert evaluation.rtfx == 4.0
    assert evaluation.interval[0] <= evaluation.wer <= evaluation.interval[1]
    assert evaluation.normalizer == "basic@1"


def test_an_unknown_time_is_no_speed() -> None:
    assert summary(ROWS, seconds_of_compute=0.0).rtfx == 0.0


def test_survives_json() -> None:
    evaluation = summary(ROWS)
    assert Evaluation.model_validate_json(evaluation.model_dump_json()) == evaluation


def test_no_reference_words() -> None:
    with pytest.raises(DataError, match="testing has no reference words"):
        summary(ROWS[2:])
