"""The Trainer computes the gradient that the batch stands for, and prints nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerCallback

from asr.corpus.utterance import Utterance
from asr.models.speech_model import SpeechModel
from asr.training.adapters import prepare_weights
from asr.training.batches import TrainingOrder
from asr.training.diagnosis import Plan
from asr.training.examples import Collator, Examples
from asr.training.loss import set_loss
from asr.training.options import TrainingOptions
from asr.training.trainer import SpeechTrainer, training_arguments


class Gradients(TrainerCallback):
    """Keeps the gradients of each step, as the optimizer gets them."""

    def __init__(self) -> None:
        self.steps: list[dict[str, torch.Tensor]] = []

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        weights = {name: weight.grad for name, weight in model.named_parameters()}
        self.steps.append({name: grad.clone() for name, grad in weights.items() if grad is not None})


@pytest.fixture
def trainer_of(utterances: list[Utterance], tmp_path: Path) -> Callable[[SpeechModel, TrainingOptions], SpeechTrainer]:
    def make(speech: SpeechModel, options: TrainingOptions) -> SpeechTrainer:
        set_loss(speech, options)
        order = TrainingOrder(
            [one.duration for one in utterances], recorded=8, replay=0, batch_size=options.batch_size, epochs=1, seed=1
        )
        arguments = training_arguments(options, tmp_path, steps=1, rate=1e-3, precision="fp32")
        arguments.max_grad_norm = 0
        speech.model = prepare_weights(speech, options)
        return SpeechTrainer(
            speech=speech,
            examples=Examples(utterances, speech, options),
            order=order,
            dev=utterances[:1],
            normalizer="none",
            collator=Collator(speech, options),
            report=lambda *_: None,
            options=options,
            plan=Plan(steps=1, learning_rate=1e-3, usual_learning_rate=1e-3, options=options),
            arguments=arguments,
        )

    return make


def without_chance(speech: SpeechModel) -> SpeechModel:
    """No dropout: half the batch would draw other masks."""
    for module in speech.model.modules():
        for name in ("dropout", "activation_dropout", "attention_dropout", "layerdrop", "p"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)
    speech.model.config.layerdrop = 0.0
    return speech


# Not Moonshine and wav2vec2-base: their GroupNorm hears how far a batch is padded.
@pytest.mark.parametrize("model", ["whisper", "wav2vec2_large"])
def test_accumulated_batches_are_one_large_batch(
    model: str, request: pytest.FixtureRequest, load: Any, trainer_of: Any, short: Any
) -> None:
    """Utterances of 2 to 37 letters: a mean of means over tokens would weigh the short ones more."""
    found = {}
    for batch_size, accumulation in ((8, 1), (4, 2), (2, 4)):
        options = short(batch_size=batch_size, gradient_accumulation=accumulation, spec_augment=False)
        trainer = trainer_of(without_chance(load(request.getfixturevalue(model))), options)
        gradients = Gradients()
        trainer.add_callback(gradients)
        trainer.train()
        [found[accumulation]] = gradients.steps
    whole = found[1]
    size = max(gradient.abs().max() for gradient in whole.values())
    assert size > 0
    for accumulation in (2, 4):
        assert found[accumulation].keys() == whole.keys()
        for name, gradient in found[accumulation].items():
            assert torch.allclose(gradient, whole[name], rtol=1e-2, atol=1e-3 * size), (accumulation, name)


def test_frozen_weights_get_no_gradient(whisper: Path, load: Any, trainer_of: Any, short: Any) -> None:
    trainer = trainer_of(load(whisper), short(batch_size=8, method="frozen_encoder"))
    gradients = Gradients()
    trainer.add_callback(gradients)
    trainer.train()
    names = gradients.steps[0].keys()
    assert names
    assert not [name for name in names if name.startswith("model.encoder.")]


def test_bars_and_logs_stay_off_stdout(
    wav2vec2: Path, load: Any, trainer_of: Any, short: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """It belongs to --json."""
    trainer_of(load(wav2vec2), short(batch_size=8)).train()
    assert capsys.readouterr().out == ""
