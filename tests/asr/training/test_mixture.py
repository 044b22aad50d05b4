"""How much of the text is spoken: as much as is asked for, never one line by heart, never without end."""

import pytest

from asr.training.mixture import spoken_an_epoch, spoken_in_all, spoken_of_carried
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


@pytest.mark.parametrize(
    ("lines", "carried", "recorded", "an_epoch", "of_carried"),
    [
        (1, 1, 200, 40, 20),  # a carried name is one more line
        (4, 1, 200, 100, 20),
        (99, 1, 200, 200, 2),
        (100, 20, 0, 120, 20),
        (10, 1000, 0, 20, 10),  # what the user wrote is at least half
        (0, 0, 200, 0, 0),
    ],
)
def test_carried_names(lines: int, carried: int, recorded: int, an_epoch: int, of_carried: int) -> None:
    assert spoken_an_epoch(lines, recorded, TrainingOptions(), carried) == an_epoch
    assert spoken_in_all(lines, recorded, TrainingOptions(epochs=2), carried) == 2 * an_epoch
    assert spoken_of_carried(an_epoch, lines, carried) == of_carried
