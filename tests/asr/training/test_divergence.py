"""A training is stopped when there is nothing to go on with."""

from pathlib import Path
from typing import Any

import pytest
import torch

from asr.errors import ModelError
from asr.training.diagnosis import Point
from asr.training.divergence import Diverged, refuse_divergence, refuse_explosion

NAN = float("nan")


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(whisper: Path, load: Any, broken: float) -> None:
    model = load(whisper).model
    refuse_divergence(model, 7, 0.5)
    with torch.no_grad():
        next(model.parameters())[0, 0, 0] = broken
    with pytest.raises(ModelError, match=r"after step 7 .* set training.learning_rate lower than 0.5"):
        refuse_divergence(model, 7, 0.5)


def points(*losses: float | None) -> list[Point]:
    return [Point(step=10 * number + 1, loss=loss) for number, loss in enumerate(losses)]


@pytest.mark.parametrize(
    "losses",
    [(), (NAN,), (1.0, 50.0), (1.0, 0.5, 50.0), (1.0, NAN, 0.5), (1.0, 7.8, 8.8, 3.0), (0.1, 3.0, 3.1), (1.0, 50, 2.0)],
    ids=["nothing", "one NaN", "two", "one jump", "an overflow", "it forgets all", "only blanks", "it comes back"],
)
def test_what_may_still_come_back_goes_on(losses: tuple[float, ...]) -> None:
    refuse_explosion(points(*losses), 0.5)


@pytest.mark.parametrize("losses", [(1.0, 11.0, 12.0), (1.2, 47.5, None, 226.1), (1.0, NAN, NAN), (0.1, 6.0, NAN)])
def test_what_explodes_is_stopped(losses: tuple[float | None, ...]) -> None:
    found = points(*losses)
    with pytest.raises(Diverged, match=r"after step \d+ the loss is .* lower than 0.5") as error:
        refuse_explosion(found, 0.5)
    assert (error.value.step, error.value.rate) == (found[-1].step, 0.5)
