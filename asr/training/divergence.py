"""The end of a training whose loss or weights are no numbers to go on with."""

import math
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from asr.errors import ModelError
from asr.training.diagnosis import Diagnosis, Point

if TYPE_CHECKING:
    import torch


_EXPLODED = 10.0  # times the first loss; a model that has forgotten everything is at about 7 times
_EXPLODED_LOSS = 5.0  # nats a token; one that writes only blanks is at 3, so that it is not called exploded


class Diverged(ModelError):
    """A training was stopped; whoever catches it may still have a good checkpoint."""

    def __init__(self, message: str, step: int, rate: float, diagnoses: tuple[Diagnosis, ...] = ()) -> None:
        super().__init__(message)
        self.step = step
        self.rate = rate
        self.diagnoses = diagnoses


def refuse_divergence(model: "torch.nn.Module", step: int, rate: float) -> None:
    """Stop a training whose weights are no numbers any more: what it writes could still beat a bad base by chance.

    Raises:
        Diverged: a weight is infinite or not a number.
    """
    import torch

    weights = chain(model.parameters(), model.buffers())
    if not all(bool(torch.isfinite(weight).all()) for weight in weights if weight.is_floating_point()):
        raise Diverged(_message(step, "some weights are not numbers", rate), step, rate)


def refuse_explosion(points: Sequence[Point], rate: float) -> None:
    """Stop a training whose loss is so far above its start that it will not come back.

    Raises:
        Diverged: the last two losses are no numbers, or many times that of the first step.
    """
    losses = [(point.step, point.loss) for point in points if point.loss is not None]
    if len(losses) < 3:
        return
    bound = max(_EXPLODED * losses[0][1], _EXPLODED_LOSS)
    if all(not math.isfinite(loss) or loss > bound for _, loss in losses[-2:]):
        step, loss = losses[-1]
        raise Diverged(_message(step, f"the loss is {loss:.3g}", rate), step, rate)


def _message(step: int, what: str, rate: float) -> str:
    return f"the training diverged: after step {step} {what}; set training.learning_rate lower than {rate:.2g}"
