"""The loss means the same for every model and batch."""

from pathlib import Path
from typing import Any

import pytest
import torch

from asr.models.features import features
from asr.training.loss import set_loss


@pytest.mark.parametrize("model", ["parakeet", "wav2vec2", "wav2vec2_large"])
def test_text_that_does_not_fit_the_audio_does_no_harm(
    model: str, request: pytest.FixtureRequest, load: Any, short: Any, sounds: Any
) -> None:
    speech = load(request.getfixturevalue(model))
    set_loss(speech, short())
    output = speech.model(**features(speech, sounds[:1]), labels=torch.full((1, 400), 7))
    output["loss"].backward()
    gradients = [weight.grad for weight in speech.model.parameters() if weight.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("model", ["parakeet", "wav2vec2_large"])
def test_the_loss_does_not_grow_with_the_batch(
    model: str, request: pytest.FixtureRequest, load: Any, short: Any, sounds: Any
) -> None:
    speech = load(request.getfixturevalue(model))
    set_loss(speech, short())
    losses = [
        speech.model(**features(speech, [sounds[4]] * size), labels=torch.full((size, 5), 7))["loss"].item()
        for size in (1, 4)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


@pytest.mark.parametrize("wanted", [True, False])
def test_one_of_the_two_hides_parts_of_the_input(
    wanted: bool, whisper: Path, wav2vec2: Path, load: Any, short: Any
) -> None:
    """Features are hidden by the collator, raw samples by the model; never both, and neither when it is off."""
    for directory, by_model in ((whisper, False), (wav2vec2, wanted)):
        speech = load(directory)
        speech.model.config.apply_spec_augment = True
        set_loss(speech, short(spec_augment=wanted))
        assert speech.model.config.apply_spec_augment == by_model
