"""The candidates of a run, whoever has trained them."""

from pydantic import BaseModel, ConfigDict

from asr.training.attempt import Attempt
from tasks.prepare import TrainingSet
from tasks.search import Package


class Candidates(BaseModel):
    """What was trained, in one or two packages, and what from."""

    model_config = ConfigDict(frozen=True)

    packages: tuple[Package, ...]
    prepared: TrainingSet
    attempts: tuple[Attempt, ...] = ()
    """Of a training on this machine: with which learning rates, and how they went."""
    seconds: float | None = None
    """Of training."""
