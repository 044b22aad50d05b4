"""How much of the text is spoken: as much as is asked for, never one line by heart, never without end."""

import pytest

from asr.training.mixture import spoken_an_epoch, spoken_in_all
from asr.training.options import TrainingOptions


@pytest.mark.parametrize(
    ("lines", "recorded", "share", "expected"),
    [
        (100, 200, 1.0, 200),  # as much as is recorded
        (100, 200, 0.5, 100),
        (1, 200, 1.0, 20),  # one line, not by heart
        (100, 0, 1.0, 100),  # nothing is recorded: each line
        (100, 0, 3.0, 300),
        (100_000, 0, 1.0, 3000),
        (100, 200, 0.0, 0),
        (0, 200, 1.0, 0),
    ],
)
def test_in_an_epoch(lines: int, recorded: int, share: float, expected: int) -> None:
    assert spoken_an_epoch(lines, recorded, TrainingOptions(spoken=share)) == expected


@pytest.mark.parametrize(
    ("lines", "epochs", "expected"), [(100, 5, 500), (100, 0.5, 100), (100, 1000, 3000), (100_000, 3, 3000), (0, 5, 0)]
)
def test_in_all(lines: int, epochs: float, expected: int) -> None:
    assert spoken_in_all(lines, 0, TrainingOptions(epochs=epochs)) == expected
