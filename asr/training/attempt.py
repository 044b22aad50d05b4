"""A training as the report tells it: with which learning rate, what became of it, and its curves."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from asr.training.curves import svg_curves
from asr.training.diagnosis import Diagnosis
from asr.training.history import read_history

if TYPE_CHECKING:
    from markupsafe import Markup


class Attempt(BaseModel):
    """One training; a second one may follow with another learning rate."""

    model_config = ConfigDict(frozen=True)

    learning_rate: float
    steps: int
    """After which it ended, or was stopped."""
    best_step: int | None
    """The one that was kept; None when it diverged before there was one."""
    dev_wer: float | None
    """Of the best step, as a fraction."""
    history: Path
    diagnoses: tuple[Diagnosis, ...] = ()

    def curves(self, key: str) -> "Markup":
        """Its curves as an SVG element with ids that begin with `key`; nothing when its history is gone."""
        from markupsafe import Markup

        if not self.history.is_file():
            return Markup("")
        name = f"the training with learning rate {self.learning_rate:.2g}"
        return Markup(svg_curves(read_history(self.history), name, key))  # its texts are escaped
