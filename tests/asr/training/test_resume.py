"""A training that was killed ends with the same weights, bit for bit, as one that was not."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.utterance import Utterance, write_manifest
from asr.training import trainer as trainer_module
from asr.training.finetune import TrainedModel, last_complete_checkpoint

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no such signal")

LONG: dict[str, Any] = {
    "epochs": 5,
    "batch_size": 2,
    "evaluations": 5,
    "noise": True,
    "speed_perturbation": True,
    "patience": 4,
    "max_steps": 13,
}
"""13 of 15 steps, an evaluation and a checkpoint every third, two checkpoints kept."""

KILLED = """
import json, os, signal, sys
from pathlib import Path
from asr.corpus.utterance import read_manifest
from asr.models.speech_model import load_speech_model
from asr.training.finetune import finetune
from asr.training.options import TrainingOptions
from asr.training.trainer import SpeechTrainer

base, manifest, folder, options, at = sys.argv[1:]
utterances = read_manifest(Path(manifest))
training_step = SpeechTrainer.training_step
def until(self, *args, **rest):
    if self.state.global_step == int(at):
        os.kill(os.getpid(), signal.SIGKILL)
    return training_step(self, *args, **rest)
SpeechTrainer.training_step = until
speech = load_speech_model(base, language="en", device="cpu")
options = TrainingOptions(**json.loads(options))
finetune(speech, utterances[2:], utterances[:2], [], options, normalizer="basic", folder=Path(folder))
"""


@pytest.fixture
def kill(utterances: list[Utterance], tmp_path: Path, repository: Path, short: Any) -> Callable[..., None]:
    """Train in a process that ends itself with SIGKILL in the step after `at`."""
    write_manifest(utterances, tmp_path / "manifest.jsonl")

    def run(base: Path, folder: Path, at: int, **changes: Any) -> None:
        arguments = [base, tmp_path / "manifest.jsonl", folder, short(**LONG | changes).model_dump_json(), at]
        command = [sys.executable, "-c", KILLED, *map(str, arguments)]
        ended = subprocess.run(command, timeout=300, cwd=repository, capture_output=True, text=True)
        assert ended.returncode == -signal.SIGKILL, ended.stderr

    return run


def weights(trained: TrainedModel) -> bytes:
    return (trained.directory / "model.safetensors").read_bytes()


def steps(checkpoints: Path) -> list[int]:
    return sorted(int(path.name.rpartition("-")[2]) for path in checkpoints.glob("checkpoint-*"))


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        # dropout, dropped layers, and masks drawn by the model
        pytest.param("wav2vec2_large", {}, marks=pytest.mark.long),
        ("whisper", {"gradient_accumulation": 2, "max_steps": 0}),
        # batch normalization beside the adapters
        pytest.param("parakeet", {"method": "lora", "max_steps": 6}, marks=pytest.mark.long),
        # shares of the batch side by side
        pytest.param("parakeet", {"batch_size": 16}, marks=pytest.mark.long),
    ],
)
def test_killed_in_the_middle(
    model: str, changes: dict[str, Any], kill: Any, train: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Thrice: in a step, while a checkpoint was written, and while an old one was deleted."""
    base = request.getfixturevalue(model)
    undisturbed = train(base, tmp_path / "undisturbed", **LONG | changes)
    folder = tmp_path / "killed"
    kill(base, folder, at=undisturbed.steps - 2, **changes)
    checkpoints = folder / "checkpoints"
    *_, older, newest = steps(checkpoints)
    weight_file = next(path.name for path in (checkpoints / f"checkpoint-{newest}").glob("*.safetensors"))
    written = shutil.copytree(checkpoints / f"checkpoint-{newest}", checkpoints / "checkpoint-99")
    (written / "trainer_state.json").unlink()
    deleted = shutil.copytree(checkpoints / f"checkpoint-{older}", checkpoints / "checkpoint-100")
    (deleted / weight_file).unlink()

    seen: list[int] = []
    trained = train(base, folder, report=lambda step, _: seen.append(step), **LONG | changes)
    assert min(seen) > newest, "it does not begin anew"
    assert weights(trained) == weights(undisturbed)
    same = {"directory", "history", "curves", "seconds"}
    assert trained.model_dump(exclude=same) == undisturbed.model_dump(exclude=same)
    assert json.loads(trained.history.read_text()) == json.loads(undisturbed.history.read_text())


@pytest.mark.long
def test_killed_before_the_first_checkpoint(wav2vec2: Path, kill: Any, train: Any, tmp_path: Path) -> None:
    kill(wav2vec2, tmp_path / "killed", at=1, max_steps=2, evaluations=1)
    assert steps(tmp_path / "killed" / "checkpoints") == []
    short = LONG | {"max_steps": 2, "evaluations": 1}
    killed, undisturbed = (train(wav2vec2, tmp_path / name, **short) for name in ("killed", "undisturbed"))
    assert weights(killed) == weights(undisturbed)


@pytest.mark.parametrize("changes", [{}, {"method": "lora"}, {"epochs": 0.5, "batch_size": 1}])
def test_killed_after_the_last_step(changes: dict[str, Any], wav2vec2: Path, train: Any) -> None:
    """Whatever the number of steps was: none is added."""
    first = train(wav2vec2, **LONG | changes)
    kept = weights(first)
    shutil.rmtree(first.directory)
    first.history.unlink()
    again = train(wav2vec2, report=lambda step, _: pytest.fail(f"step {step} was trained again"), **LONG | changes)
    assert weights(again) == kept
    assert again.model_dump(exclude={"seconds"}) == first.model_dump(exclude={"seconds"})
    assert again.history.is_file()


def test_killed_after_it_stopped_early(wav2vec2: Path, train: Any, dev_wers: list[float]) -> None:
    """It ran out of patience, and must not find new patience after the kill."""
    dev_wers += [0.5, 0.6, 0.7, 0.1, 0.1]
    first = train(wav2vec2, **LONG | {"patience": 2})
    assert (first.steps, first.dev_wer) == (9, 0.5)
    kept = weights(first)
    shutil.rmtree(first.directory)
    again = train(wav2vec2, **LONG | {"patience": 2})
    assert (again.steps, again.dev_wer, weights(again)) == (9, 0.5, kept)


def test_patience_is_remembered(
    wav2vec2: Path, train: Any, dev_wers: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        """Instead of a signal, which would end the tests."""

    training_step = trainer_module.SpeechTrainer.training_step

    def stop(self: Any, *args: Any, **rest: Any) -> Any:
        if self.state.global_step == 7:
            raise Killed
        return training_step(self, *args, **rest)

    dev_wers += [0.5, 0.6, 0.7, 0.1]
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(trainer_module.SpeechTrainer, "training_step", stop)
        train(wav2vec2, **LONG | {"patience": 2})
    dev_wers[:] = [0.7, 0.1, 0.1]
    assert train(wav2vec2, **LONG | {"patience": 2}).steps == 9, "one bad evaluation before the kill, one after"


def test_a_folder_that_was_moved(wav2vec2: Path, train: Any, tmp_path: Path) -> None:
    """The best checkpoint is found where it is now, not where it was."""
    first = train(wav2vec2, tmp_path / "here", **LONG)
    kept = weights(first)
    shutil.rmtree(first.directory)
    (tmp_path / "here").rename(tmp_path / "there")
    again = train(wav2vec2, tmp_path / "there", **LONG)
    assert weights(again) == kept
    assert again.directory == tmp_path / "there" / "model"


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    for step in (5, 10, 100):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        for file in ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth"):
            (folder / file).write_bytes(b"x")
        (folder / "trainer_state.json").write_text("{}")
    return tmp_path


def test_the_newest_is_by_number(checkpoints: Path) -> None:
    assert last_complete_checkpoint(checkpoints) == checkpoints / "checkpoint-100"
    assert steps(checkpoints) == [5, 10, 100]


@pytest.mark.parametrize(
    "absent", ["model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"]
)
def test_what_lacks_a_file_is_removed(checkpoints: Path, absent: str) -> None:
    (checkpoints / "checkpoint-100" / absent).unlink()
    assert last_complete_checkpoint(checkpoints) == checkpoints / "checkpoint-10"
    assert steps(checkpoints) == [5, 10]


@pytest.mark.parametrize("state", ["", '{"global_step": 1', "\0\0"])
def test_what_lacks_the_end_of_its_state_is_removed(checkpoints: Path, state: str) -> None:
    (checkpoints / "checkpoint-100" / "trainer_state.json").write_text(state)
    assert last_complete_checkpoint(checkpoints) == checkpoints / "checkpoint-10"


def test_no_checkpoints(tmp_path: Path) -> None:
    assert last_complete_checkpoint(tmp_path / "nowhere") is None
