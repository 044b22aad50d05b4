"""One attempt, or two: each a child run of its own, none trained twice, and never a third."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tasks.train
from asr.audio import SAMPLE_RATE, write_flac
from asr.corpus.utterance import Utterance, write_manifest
from asr.models.checkpoint import EMBEDDED_DIRECTORY
from asr.synthesis.espeak import Voice, speak
from asr.training import finetune as finetune_module
from asr.training.divergence import Diverged
from asr.training.finetune import TrainedModel
from asr.training.options import TrainingOptions
from tasks.prepare import TrainingSet
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.tracking import client, experiment_id
from tasks.train import train_model

TEXTS = ("yes please", "stop now", "open the door", "turn left at the bridge", "where is the red house", "a cup of tea")
SHORT: dict[str, Any] = {
    "epochs": 1000,
    "max_steps": 24,
    "batch_size": 4,
    "evaluations": 3,
    "patience": 0,
    "replay": 0,
    "noise": False,
    "spec_augment": False,
    "speed_perturbation": False,
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    """Six utterances, two of them to choose the checkpoint by."""
    folder = tmp_path_factory.mktemp("prepared")
    spoken = []
    for number, text in enumerate(TEXTS):
        samples = speak(text, Voice("en-us+m3", speed=200))
        write_flac(folder / f"{number}.flac", samples)
        spoken.append(Utterance(f"{number}", folder / f"{number}.flac", text, len(samples) / SAMPLE_RATE, f"{number}"))
    manifests = {"training": spoken[:4], "dev": spoken[4:], "replay": [], "spoken": []}
    for name, rows in manifests.items():
        write_manifest(rows, folder / f"{name}.jsonl")
    return TrainingSet(**{name: folder / f"{name}.jsonl" for name in manifests}, fingerprint="p")


@pytest.fixture
def train(stored: Callable[..., Settings], prepared: TrainingSet) -> Callable[..., TrainedModel]:
    """Train the embedded base within one run, whose id is the same for all calls."""
    run: list[Record] = []

    def call(**options: Any) -> TrainedModel:
        settings = stored(training=TrainingOptions(**SHORT | options))
        if not run:
            parent = client(settings).create_run(experiment_id(settings), run_name="parent")
            run.append(Record(id=parent.info.run_id, since=None))
        return train_model.fn(settings, run[0], EMBEDDED_DIRECTORY, "base", prepared)

    return call


@pytest.fixture
def children(stored: Callable[..., Settings]) -> Callable[[], dict[str, Any]]:
    """The child runs by their names."""

    def read() -> dict[str, Any]:
        settings = stored()
        found = client(settings).search_runs([experiment_id(settings)], "tags.`mlflow.parentRunId` != ''")
        assert len({run.info.run_name for run in found}) == len(found)
        return {str(run.info.run_name): run for run in found}

    return read


@pytest.fixture
def trained_rates(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The learning rates that trainings were begun with, or gone on with."""
    rates: list[float] = []
    real = tasks.train.finetune

    def finetune(*arguments: Any, **options: Any) -> TrainedModel:
        rates.append(arguments[4].learning_rate)
        return real(*arguments, **options)

    monkeypatch.setattr(tasks.train, "finetune", finetune)
    return rates


def artifacts(settings: Settings, run: Any) -> set[str]:
    return {file.path for file in client(settings).list_artifacts(run.info.run_id)}


def test_a_healthy_training_is_one_attempt(train: Any, children: Any, stored: Any) -> None:
    trained = train(learning_rate=3e-4, auto_retry=True)
    assert trained.diagnoses == () and trained.repeats is None
    [child] = children().values()
    assert (child.info.run_name, child.info.status) == ("training", "FINISHED")
    assert "wergate.diagnosis" not in child.data.tags
    assert {"history.json", "curves.svg"} <= artifacts(stored(), child)


def test_a_flat_loss_is_tried_again_with_ten_times_the_rate(
    train: Any, children: Any, stored: Any, trained_rates: list[float]
) -> None:
    trained = train(learning_rate=1e-6, auto_retry=True)
    assert trained_rates == [1e-6, 1e-5]
    assert trained.learning_rate == 1e-5
    first, second = trained.attempts()
    assert (first.learning_rate, second.learning_rate) == (1e-6, 1e-5)
    assert [one.name for one in first.diagnoses] == ["learning_rate_too_low"]
    assert first.history.is_file() and first.history.parent != trained.directory.parent

    runs = children()
    assert {name: run.info.status for name, run in runs.items()} == {
        "training": "FINISHED",
        "training, learning rate 1e-05": "FINISHED",
    }
    tags = runs["training"].data.tags
    assert tags["wergate.diagnosis"] == "learning_rate_too_low"
    assert "set training.learning_rate = 1e-05" in tags["wergate.diagnosis.learning_rate_too_low"]
    for run in runs.values():
        assert {"history.json", "curves.svg"} <= artifacts(stored(), run)
    assert runs["training, learning rate 1e-05"].data.metrics["training.learning_rate"] == 1e-5

    again = train(learning_rate=1e-6, auto_retry=True)
    assert again == trained
    assert trained_rates == [1e-6, 1e-5], "nothing is trained twice"
    assert len(children()) == 2


def test_nobody_asked_for_a_second_attempt(train: Any, children: Any, trained_rates: list[float]) -> None:
    trained = train(learning_rate=1e-6)
    assert [one.name for one in trained.diagnoses] == ["learning_rate_too_low"]
    assert list(children()) == ["training"]
    train(learning_rate=1e-6, auto_retry=True)
    assert trained_rates == [1e-6, 1e-5], "whoever asks later finds the first one trained"


def test_it_diverges_twice_and_is_not_tried_a_third_time(
    train: Any, children: Any, stored: Any, trained_rates: list[float]
) -> None:
    options = {"learning_rate": 1.0, "max_steps": 40, "evaluations": 1, "auto_retry": True}
    for _ in range(2):
        with pytest.raises(Diverged, match=r"the training diverged: .* set training.learning_rate lower than 1"):
            train(**options)
        assert trained_rates == [1.0, 0.1], "and both are remembered"
    runs = children()
    assert {name: run.info.status for name, run in runs.items()} == {
        "training": "FAILED",
        "training, learning rate 0.1": "FAILED",
    }
    for run in runs.values():
        assert run.data.tags["wergate.diagnosis"] == "diverged"
        assert {"history.json", "curves.svg"} <= artifacts(stored(), run)


def test_what_diverged_is_tried_again_with_a_tenth(train: Any, children: Any) -> None:
    trained = train(learning_rate=0.2, max_steps=40, evaluations=1, auto_retry=True, warmup=0)
    first, second = trained.attempts()
    assert (first.best_step, first.dev_wer, second.learning_rate) == (None, None, 0.02)
    assert [one.name for one in first.diagnoses] == ["diverged"]
    assert {name: run.info.status for name, run in children().items()} == {
        "training": "FAILED",
        "training, learning rate 0.02": "FINISHED",
    }


def test_a_second_attempt_that_diverges_leaves_the_first(
    train: Any, children: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tasks.train.finetune

    def finetune(*arguments: Any, **options: Any) -> TrainedModel:
        if arguments[4].learning_rate == 1e-5:
            raise Diverged("the training diverged", 3, 1e-5)
        return real(*arguments, **options)

    monkeypatch.setattr(tasks.train, "finetune", finetune)
    monkeypatch.setattr(tasks.train, "log_files", lambda *_: None)
    trained = train(learning_rate=1e-6, auto_retry=True)
    assert (trained.learning_rate, trained.repeats) == (1e-6, None)
    assert children()["training, learning rate 1e-05"].info.status == "FAILED"


class Killed(BaseException):
    """Instead of a signal, which would end the tests."""


@pytest.mark.parametrize(("rate", "again"), [(1e-6, 1e-5), (0.2, 0.02)], ids=["flat", "diverged"])
def test_killed_in_the_second_attempt(
    rate: float, again: float, train: Any, children: Any, trained_rates: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    from asr.training.trainer import SpeechTrainer

    step = SpeechTrainer.training_step

    def until(self: Any, *arguments: Any, **rest: Any) -> Any:
        if trained_rates[-1] == again and self.state.global_step == 22:
            raise Killed
        return step(self, *arguments, **rest)

    options = {"learning_rate": rate, "auto_retry": True, "warmup": 0, "max_steps": 40, "evaluations": 2}
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(SpeechTrainer, "training_step", until)
        train(**options)
    before = {name: run.info.run_id for name, run in children().items()}
    trained = train(**options)
    assert trained_rates == [rate, again, again], "the first attempt is not trained again"
    assert (trained.learning_rate, trained.attempts()[0].learning_rate) == (again, rate)
    assert {name: run.info.run_id for name, run in children().items()} == before
    assert finetune_module.last_complete_checkpoint(trained.directory.parent / "checkpoints") is not None


def test_a_forced_run_trains_anew_what_diverged(
    stored: Any, prepared: TrainingSet, trained_rates: list[float], tmp_path: Path
) -> None:
    settings = stored(training=TrainingOptions(**SHORT | {"learning_rate": 1.0, "max_steps": 40, "evaluations": 1}))
    parent = client(settings).create_run(experiment_id(settings), run_name="parent").info.run_id
    for since in (None, None, float("inf")):
        with pytest.raises(Diverged):
            train_model.fn(settings, Record(id=parent, since=since), EMBEDDED_DIRECTORY, "base", prepared)
    assert trained_rates == [1.0, 1.0]
