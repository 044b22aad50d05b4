"""A training from its first step to the directory that is kept."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from asr.corpus.utterance import Utterance
from asr.errors import DataError, ModelError
from asr.models.checkpoint import fingerprint
from asr.models.recognize import recognize_batch
from asr.models.speech_model import SpeechModel, load_speech_model
from asr.training.divergence import Diverged
from asr.training.finetune import finetune


def history(trained: Any) -> list[dict[str, float]]:
    points: list[dict[str, float]] = json.loads(trained.history.read_text())
    return points


def test_every_family_trains(any_model: SpeechModel, train: Any, load: Any, sounds: Any) -> None:
    seen: list[tuple[int, dict[str, float]]] = []
    trained = train(any_model.directory, report=lambda step, metrics: seen.append((step, metrics)))
    assert trained.steps == 4
    again = load(trained.directory)
    assert again.family == any_model.family
    before, after = any_model.model.state_dict(), again.model.state_dict()
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert all(torch.isfinite(weight).all() for weight in after.values())
    assert len(recognize_batch(again, sounds)) == 8
    assert trained.fingerprint == again.fingerprint == fingerprint(trained.directory)
    assert [step for step, metrics in seen if "dev_wer" in metrics] == [2, 4]
    assert all(metrics["loss"] > 0 for _, metrics in seen if "loss" in metrics)
    assert trained.dev_wer == min(point["dev_wer"] for point in history(trained) if "dev_wer" in point)


def test_it_learns(parakeet: Path, train: Any) -> None:
    trained = train(parakeet, epochs=12, batch_size=6, spec_augment=False, evaluations=1)
    losses = [point["loss"] for point in history(trained) if "loss" in point]
    assert len(losses) >= 1
    first = train(parakeet, trained.directory.parents[1] / "first", epochs=1, batch_size=6, evaluations=1)
    assert losses[-1] < 0.8 * history(first)[0]["loss"]


def test_language_and_task_survive_a_training(whisper: Path, train: Any, load: Any) -> None:
    trained = train(whisper, max_steps=1)
    again = load_speech_model(str(trained.directory), device="cpu")
    assert again.model.generation_config.language == "<|en|>"
    assert again.model.generation_config.task == "transcribe"
    tokens = again.processor.tokenizer.convert_ids_to_tokens(again.processor.tokenizer("").input_ids)
    assert tokens[:4] == ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]


def test_the_step_with_the_best_dev_wer_is_kept(whisper: Path, train: Any, dev_wers: list[float]) -> None:
    dev_wers += [0.9, 0.4, 0.4, 0.8]
    trained = train(whisper, epochs=4, evaluations=4)
    assert (trained.best_step, trained.dev_wer, trained.steps) == (4, 0.4, 8), "the first of equals"
    kept = load_file(trained.directory / "model.safetensors")
    checkpoints = trained.directory.parent / "checkpoints"
    assert all(
        torch.equal(kept[name], weight)
        for name, weight in load_file(checkpoints / "checkpoint-4/model.safetensors").items()
    )
    last = load_file(checkpoints / "checkpoint-8/model.safetensors")
    assert any(not torch.equal(kept[name], weight) for name, weight in last.items())


def test_the_best_adapter_is_kept(wav2vec2: Path, train: Any, dev_wers: list[float]) -> None:
    dev_wers += [0.4]
    once = train(wav2vec2, wav2vec2.parent / "once", method="lora", epochs=4, max_steps=2, evaluations=1, warmup=0)
    dev_wers += [0.9, 0.4, 0.8, 0.7]
    trained = train(wav2vec2, method="lora", epochs=4, evaluations=4)
    dev_wers += [0.9, 0.8, 0.8, 0.7]
    last = train(wav2vec2, wav2vec2.parent / "last", method="lora", epochs=4, evaluations=4)
    assert (once.best_step, trained.best_step, last.best_step) == (2, 4, 8)
    kept, final = (load_file(one.directory / "model.safetensors") for one in (trained, last))
    assert any(not torch.equal(kept[name], final[name]) for name in kept)
    assert any(not torch.equal(kept[name], final[name]) for name in kept if name.startswith("lm_head"))


def test_it_stops_when_nothing_gets_better(wav2vec2: Path, train: Any, dev_wers: list[float]) -> None:
    dev_wers += [0.5, 0.6, 0.4, 0.6, 0.5, 0.1, 0.1, 0.1]
    trained = train(wav2vec2, epochs=8, evaluations=8, patience=2)
    assert (trained.steps, trained.best_step, trained.dev_wer) == (10, 6, 0.4)


def test_without_patience_it_never_stops(wav2vec2: Path, train: Any, dev_wers: list[float]) -> None:
    dev_wers += [0.1, 0.6, 0.4, 0.6]
    assert train(wav2vec2, epochs=4, evaluations=4, patience=0).steps == 8


@pytest.mark.parametrize(
    ("changes", "steps", "measured"),
    [
        ({"max_steps": 3, "evaluations": 2}, 3, [2, 3]),
        ({"max_steps": 1}, 1, [1]),
        ({"epochs": 0.5, "batch_size": 1}, 3, [2, 3]),
        ({"epochs": 3, "batch_size": 4, "gradient_accumulation": 4, "evaluations": 1}, 2, [2]),
        ({"epochs": 1, "batch_size": 1, "gradient_accumulation": 4, "evaluations": 9}, 2, [1, 2]),
    ],
)
def test_how_long_it_goes_on(
    changes: dict[str, Any], steps: int, measured: list[int], wav2vec2: Path, train: Any
) -> None:
    """And the last step is evaluated, wherever it falls."""
    trained = train(wav2vec2, **changes)
    assert trained.steps == steps
    assert [point["step"] for point in history(trained) if "dev_wer" in point] == measured


def test_a_single_step_trains(wav2vec2: Path, train: Any) -> None:
    """Without the learning rate rising from zero at its only step."""
    trained = train(wav2vec2, max_steps=1, warmup=0)
    before, after = (load_file(folder / "model.safetensors") for folder in (wav2vec2, trained.directory))
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_minutes_are_a_limit(wav2vec2: Path, train: Any) -> None:
    trained = train(wav2vec2, epochs=1000, max_minutes=1e-9)
    assert trained.steps == 1
    assert history(trained)[-1].keys() == {"step", "dev_wer"}


def test_losses_are_known_of_the_first_step_and_at_every_checkpoint(wav2vec2: Path, train: Any) -> None:
    """Gone on with after a kill, a training would else know another loss, and might come to another diagnosis."""
    trained = train(wav2vec2, epochs=1000, max_steps=24, evaluations=2)
    assert [point["step"] for point in history(trained) if "loss" in point] == [1, 10, 12, 20, 24]


def test_the_learning_rate_follows_from_the_model(wav2vec2: Path, train: Any) -> None:
    trained = train(wav2vec2, learning_rate=None, max_steps=1)
    assert trained.learning_rate == 5e-4
    assert trained.parameters == trained.trainable_parameters > 10_000


def test_bfloat16_on_the_processor(wav2vec2_large: Path, train: Any) -> None:
    trained = train(wav2vec2_large, precision="bf16", max_steps=2)
    assert trained.precision == "bf16"
    weights = load_file(trained.directory / "model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.float32}


def test_replay_is_mixed_in(wav2vec2: Path, load: Any, utterances: list[Utterance], short: Any, tmp_path: Path) -> None:
    new, replayed = utterances[:3], utterances[3:7]
    trained = finetune(
        load(wav2vec2),
        new,
        utterances[7:],
        replayed,
        short(replay=1.0, batch_size=2, epochs=2),
        normalizer="basic",
        folder=tmp_path,
    )
    assert trained.steps == 2 * 3


@pytest.mark.parametrize(("training", "dev"), [(0, 1), (1, 0), (0, 0)])
def test_too_little(
    training: int, dev: int, wav2vec2: Path, load: Any, utterances: list[Utterance], short: Any, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=f"{training} utterances to train on and {dev} for development are too few"):
        finetune(
            load(wav2vec2), utterances[:training], utterances[:dev], [], short(), normalizer="none", folder=tmp_path
        )


def test_checkpoints_are_not_chosen_by_synthesized_speech(
    wav2vec2: Path, load: Any, utterances: list[Utterance], short: Any, tmp_path: Path
) -> None:
    dev = [utterances[0], replace(utterances[1], synthetic=True)]
    with pytest.raises(DataError, match="1 of the utterances for development were synthesized"):
        finetune(load(wav2vec2), utterances[2:], dev, [], short(), normalizer="none", folder=tmp_path)


def test_bad_transcripts_end_it_before_the_first_step(
    whisper: Path, load: Any, utterances: list[Utterance], short: Any, tmp_path: Path
) -> None:
    bad = [replace(utterances[0], text="word " * 448), *utterances[1:]]
    with pytest.raises(DataError, match=r"^0\.flac \(\d+\): more than the 448 tokens"):
        finetune(load(whisper), bad, utterances[:1], [], short(), normalizer="none", folder=tmp_path)
    assert not (tmp_path / "checkpoints").exists()


def test_text_that_does_not_fit_its_audio_does_no_harm(
    wav2vec2: Path, load: Any, utterances: list[Utterance], short: Any, tmp_path: Path
) -> None:
    """Its CTC loss is infinite, and one such utterance would make every weight not a number."""
    spoken = [replace(utterances[0], text="word " * 80), *utterances[1:]]
    trained = finetune(load(wav2vec2), spoken, utterances[:1], [], short(), normalizer="none", folder=tmp_path)
    weights = load_file(trained.directory / "model.safetensors").values()
    assert all(torch.isfinite(weight).all() for weight in weights)


@pytest.fixture
def break_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes the weights no numbers in a step."""
    from transformers import Trainer

    step = Trainer.training_step

    def arrange(broken: int) -> None:
        def training_step(self: Any, model: Any, *args: Any, **rest: Any) -> Any:
            loss = step(self, model, *args, **rest)
            if self.state.global_step == broken - 1:
                with torch.no_grad():
                    next(iter(model.parameters())).fill_(float("nan"))
            return loss

        monkeypatch.setattr(Trainer, "training_step", training_step)

    return arrange


def test_a_diverging_training_does_not_win(
    wav2vec2: Path, train: Any, dev_wers: list[float], break_at: Callable[[int], None], tmp_path: Path
) -> None:
    """Weights that are not numbers write "", whose WER of 100 % is better than that of many a base."""
    dev_wers += [0.9, 0.0, 0.0, 0.0]
    good = train(wav2vec2, tmp_path / "good", epochs=4, evaluations=4)
    assert good.best_step == 4
    break_at(4)
    dev_wers[:] = [0.9, 0.0, 0.0, 0.0]
    trained = train(wav2vec2, epochs=4, evaluations=4)
    assert (trained.best_step, trained.dev_wer, trained.steps) == (2, 0.9, 4), "the last good checkpoint"
    [diagnosis] = trained.diagnoses
    assert (diagnosis.name, diagnosis.factor) == ("diverged", 0.1)
    assert "at step 4" in diagnosis.evidence
    assert "training.learning_rate = 0.0001" in diagnosis.mend
    kept = load_file(trained.directory / "model.safetensors")
    best = load_file(trained.directory.parent / "checkpoints" / "checkpoint-2" / "model.safetensors")
    assert all(torch.equal(kept[name], best[name]) for name in best)


def test_a_diverged_training_ends_the_same_when_it_was_killed(
    wav2vec2: Path, train: Any, dev_wers: list[float], break_at: Callable[[int], None]
) -> None:
    break_at(4)
    dev_wers += [0.9, 0.0]
    first = train(wav2vec2, epochs=4, evaluations=4)
    weights = (first.directory / "model.safetensors").read_bytes()
    shutil.rmtree(first.directory)
    seen: list[int] = []
    again = train(wav2vec2, report=lambda step, _: seen.append(step), epochs=4, evaluations=4)
    assert again.model_dump(exclude={"seconds"}) == first.model_dump(exclude={"seconds"})
    assert (again.directory / "model.safetensors").read_bytes() == weights
    assert seen == [4], "it goes on from the checkpoint"


def test_without_a_checkpoint_divergence_is_an_error(
    wav2vec2: Path, train: Any, break_at: Callable[[int], None], tmp_path: Path
) -> None:
    break_at(2)
    with pytest.raises(ModelError, match=r"the training diverged: after step 2 .* lower than 0\.001") as error:
        train(wav2vec2, epochs=4, evaluations=4)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, Diverged)
    assert (error.value.step, error.value.rate) == (2, 0.001)
    assert [one.name for one in error.value.diagnoses] == ["diverged"]
    folder = tmp_path / "training"
    assert [point["step"] for point in json.loads((folder / "history.json").read_text())] == [1, 2]
    assert "<svg" in (folder / "curves.svg").read_text()
    assert not (folder / "model").exists()
