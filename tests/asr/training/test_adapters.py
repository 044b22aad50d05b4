"""What is not trained stays bit for bit, and an adapter ends up inside a plain model."""

from pathlib import Path
from typing import Any

import pytest
import torch

from asr.errors import SettingsError
from asr.models.features import features
from asr.models.speech_model import SpeechModel
from asr.training.adapters import merge_adapter, prepare_weights

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj", "out_proj")


def changed(before: Path, after: Path, load: Any) -> set[str]:
    first, second = (load(directory).model.state_dict() for directory in (before, after))
    assert first.keys() == second.keys()
    return {name for name in first if not torch.equal(first[name], second[name])}


@pytest.mark.parametrize("model", ["parakeet", "whisper", "wav2vec2", "moonshine"])
def test_lora_changes_attention_and_head_alone(
    model: str, request: pytest.FixtureRequest, train: Any, load: Any
) -> None:
    base = request.getfixturevalue(model)
    trained = train(base, method="lora", lora_rank=4)
    names = changed(base, trained.directory, load)
    assert any(name.split(".")[-2] in ATTENTION for name in names)
    others = {name for name in names if name.split(".")[-2] not in ATTENTION}
    heads = {"parakeet": {"ctc_head.weight", "ctc_head.bias"}, "wav2vec2": {"lm_head.weight", "lm_head.bias"}}
    assert others <= heads.get(model, set()), "neither weights nor running statistics"
    assert bool(others) == (model in heads)
    assert trained.trainable_parameters < trained.parameters
    assert not list(trained.directory.glob("adapter*"))


@pytest.mark.parametrize(
    ("model", "frozen"),
    [("whisper", "model.encoder."), ("moonshine", "model.encoder."), ("wav2vec2", "feature_extractor")],
)
def test_a_frozen_encoder_stays(model: str, frozen: str, request: pytest.FixtureRequest, train: Any, load: Any) -> None:
    base = request.getfixturevalue(model)
    trained = train(base, method="frozen_encoder")
    names = changed(base, trained.directory, load)
    assert names
    assert not [name for name in names if frozen in name]


def test_a_frozen_front_stays(parakeet: Path, train: Any, load: Any) -> None:
    names = changed(parakeet, train(parakeet, method="frozen_encoder", epochs=1).directory, load)
    assert names
    assert not [name for name in names if name.startswith("encoder.subsampling.")]


@pytest.mark.parametrize(("learn", "batch_size"), [(False, 3), (False, 8), (True, 8)])
def test_batch_normalizations_keep_their_statistics_unless_told_otherwise(
    parakeet: Path, train: Any, load: Any, learn: bool, batch_size: int
) -> None:
    trained = train(parakeet, epochs=1, learn_statistics=learn, batch_size=batch_size)
    names = changed(parakeet, trained.directory, load)
    assert any(name.endswith("conv.norm.weight") for name in names), "scale and shift are weights as all others"
    assert any(name.endswith("running_mean") for name in names) == learn


def test_full_training_changes_everything_that_learns(whisper: Path, train: Any, load: Any) -> None:
    trained = train(whisper)
    names = changed(whisper, trained.directory, load)
    learned = {name for name, weight in load(whisper).model.named_parameters() if weight.requires_grad}
    # A key's bias adds the same to every score of a query, and unused positions are not looked up: gradients of zero.
    still = {name for name in learned - names if "k_proj" not in name}
    assert not still
    assert trained.trainable_parameters == sum(
        weight.numel() for weight in load(whisper).model.parameters() if weight.requires_grad
    )


def test_a_merged_adapter_computes_the_same(wav2vec2_large: Path, load: Any, short: Any, sounds: Any) -> None:
    speech: SpeechModel = load(wav2vec2_large)
    model = prepare_weights(speech, short(method="lora", lora_rank=4))
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1)
    inputs = features(speech, sounds[2:4])
    model.eval()
    with torch.inference_mode():
        beside = model(**inputs).logits
        inside = merge_adapter(model)(**inputs).logits
        untouched = load(wav2vec2_large).model(**inputs).logits
    assert torch.allclose(beside, inside, atol=1e-3)
    assert not torch.allclose(untouched, inside, atol=1e-1)


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("whisper", "full"),
        ("whisper", "frozen_encoder"),
        *((model, "lora") for model in ("parakeet", "whisper", "wav2vec2", "moonshine")),
    ],
)
def test_activations_computed_again_give_the_same_gradients(
    model: str, method: str, request: pytest.FixtureRequest, train: Any, load: Any
) -> None:
    trained = train(request.getfixturevalue(model), method=method, gradient_checkpointing=True, epochs=1, max_steps=1)
    plain = train(
        request.getfixturevalue(model), trained.directory.parents[1] / "plain", method=method, epochs=1, max_steps=1
    )
    first, second = (load(one.directory).model.state_dict() for one in (trained, plain))
    assert all(torch.allclose(first[name], second[name], atol=1e-4) for name in first)


def test_a_model_without_known_attention(whisper: Path, load: Any, short: Any) -> None:
    speech = load(whisper)
    speech.model = torch.nn.Sequential(torch.nn.Linear(2, 2))  # type: ignore[assignment]
    with pytest.raises(SettingsError, match=r"no attention layer of .* is known; set it to 'full'"):
        prepare_weights(speech, short(method="lora"))


def test_a_model_that_cannot_compute_activations_again(whisper: Path, load: Any, short: Any) -> None:
    speech = load(whisper)
    speech.model.supports_gradient_checkpointing = False
    with pytest.raises(SettingsError, match=r"training\.gradient_checkpointing.*set it to false"):
        prepare_weights(speech, short(gradient_checkpointing=True))
