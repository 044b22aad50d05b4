"""The learning rate when none is given."""

import pytest

from asr.models.family import Family
from asr.training.learning_rate import default_learning_rate, learning_rate
from asr.training.options import TrainingOptions


@pytest.mark.parametrize(
    ("family", "millions", "rate"),
    [
        ("seq2seq", 38, 3.75e-5),  # whisper tiny
        ("seq2seq", 73, 2.5e-5),  # base
        ("seq2seq", 242, 1.25e-5),  # small
        ("seq2seq", 764, 6.25e-6),  # medium
        ("seq2seq", 1543, 5e-6),  # large
        ("ctc", 2.4, 5e-4),  # the embedded base
        ("ctc", 95, 1e-4),  # wav2vec2-base
        ("ctc", 317, 5e-5),  # wav2vec2-large
        ("ctc", 1100, 2e-5),  # parakeet 1.1b
    ],
)
def test_by_family_and_size(family: Family, millions: float, rate: float) -> None:
    assert default_learning_rate(family, int(millions * 1e6), "full") == rate
    assert default_learning_rate(family, int(millions * 1e6), "frozen_encoder") == rate
    assert default_learning_rate(family, int(millions * 1e6), "lora") == pytest.approx(10 * rate)


def test_the_user_decides() -> None:
    assert learning_rate(TrainingOptions(learning_rate=0.01), "ctc", 10) == 0.01
    assert learning_rate(TrainingOptions(method="lora"), "ctc", 10) == pytest.approx(5e-3)
