"""A training of a few steps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.utterance import Utterance
from asr.models.speech_model import SpeechModel
from asr.scoring.hypothesis import Hypothesis
from asr.training import trainer as trainer_module
from asr.training.finetune import TrainedModel, finetune
from asr.training.options import TrainingOptions

SHORT: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 3,
    "evaluations": 2,
    "patience": 0,
    "replay": 0,
    "learning_rate": 1e-3,
    "noise": False,
    "speed_perturbation": False,
}


@pytest.fixture(scope="session")
def short() -> Callable[..., TrainingOptions]:
    """Options of a short training, with changes."""
    return lambda **changes: TrainingOptions(**SHORT | changes)


@pytest.fixture
def dev_wers(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The dev WER of each evaluation to come; what training does with it is what is tested."""
    wers: list[float] = []

    def row(*_: Any) -> list[Hypothesis]:
        errors = round(100 * wers.pop(0))
        return [Hypothesis("one", "said " * 100, "heard", 1.0, 100, errors, 0, 0, 500, errors)]

    monkeypatch.setattr(trainer_module, "score", row)
    return wers


@pytest.fixture
def train(
    utterances: list[Utterance], load: Callable[[Path], SpeechModel], tmp_path: Path
) -> Callable[..., TrainedModel]:
    """Train a directory on six utterances, judged by the other two."""

    def run(base: Path, folder: Path | None = None, report: Any = lambda *_: None, **changes: Any) -> TrainedModel:
        return finetune(
            load(base),
            utterances[2:],
            utterances[:2],
            [],
            TrainingOptions(**SHORT | changes),
            normalizer="basic",
            folder=folder or tmp_path / "training",
            report=report,
        )

    return run
