"""Shares of a batch add up to the batch, whatever their number."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch

from asr.corpus.utterance import Utterance
from asr.models.speech_model import SpeechModel
from asr.training.batches import Draw
from asr.training.examples import Collator, Examples
from asr.training.loss import set_loss
from asr.training.shares import Shares, count_shares, is_random

pytestmark = pytest.mark.usefixtures("four_cores")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def inputs(parakeet: Path, load: Any, utterances: list[Utterance], short: Any) -> dict[str, torch.Tensor]:
    speech, options = load(parakeet), short(spec_augment=False)
    examples = Examples(utterances, speech, options)
    return Collator(speech, options)([examples[Draw(number, 0)] for number in range(len(utterances))])


@pytest.fixture
def speech(parakeet: Path, load: Callable[[Path], SpeechModel], short: Any) -> SpeechModel:
    loaded = load(parakeet)
    set_loss(loaded, short())
    return loaded


@pytest.mark.parametrize("count", [1, 2, 3])
def test_gradients_of_shares_are_those_of_the_batch(
    speech: SpeechModel, inputs: dict[str, torch.Tensor], threads: ThreadPoolExecutor, count: int
) -> None:
    whole = deepcopy(speech.model)
    loss = whole(**inputs).loss
    (0.5 * loss).backward()
    found = Shares(speech.model, threads, count, bf16=False).backward(inputs, 0.5)
    assert found.item() == pytest.approx(loss.item(), rel=1e-5)
    wanted = {name: weight.grad for name, weight in whole.named_parameters() if weight.grad is not None}
    size = max(gradient.abs().max() for gradient in wanted.values())
    assert size > 0
    for name, weight in speech.model.named_parameters():
        assert (weight.grad is None) == (name not in wanted), name
        if weight.grad is not None:
            assert torch.allclose(weight.grad, wanted[name], rtol=1e-3, atol=1e-4 * size), name


def test_gradients_are_added_to_those_of_the_batch_before(
    speech: SpeechModel, inputs: dict[str, torch.Tensor], threads: ThreadPoolExecutor
) -> None:
    shares = Shares(speech.model, threads, 2, bf16=False)
    shares.backward(inputs, 1.0)
    once = {name: weight.grad.clone() for name, weight in speech.model.named_parameters() if weight.grad is not None}
    shares.backward(inputs, 1.0)
    assert once
    for name, gradient in once.items():
        assert torch.allclose(speech.model.get_parameter(name).grad, 2 * gradient), name


def test_a_batch_smaller_than_the_shares(
    speech: SpeechModel, inputs: dict[str, torch.Tensor], threads: ThreadPoolExecutor
) -> None:
    three = {name: tensor[:3] for name, tensor in inputs.items()}
    loss = Shares(speech.model, threads, 4, bf16=True).backward(three, 1.0)
    assert torch.isfinite(loss)
    assert speech.model.ctc_head.weight.grad.abs().max() > 0


def test_only_small_models_without_chance_are_shared_out(
    parakeet: Path, wav2vec2_large: Path, whisper: Path, load: Any, short: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    speech, options = load(parakeet), short(batch_size=32)
    assert [count_shares(speech, short(batch_size=size)) for size in (1, 7, 8, 15, 16, 64)] == [1, 1, 2, 3, 4, 4]
    assert count_shares(speech, short(batch_size=32, learn_statistics=True)) == 1, "a share has other statistics"
    assert count_shares(load(wav2vec2_large), options) == 1, "it draws dropout and masks"
    assert count_shares(load(whisper), options) == 1, "its loss is a mean over the tokens of the batch"
    monkeypatch.setattr(type(speech.model), "num_parameters", lambda _: 600_000_000)
    assert count_shares(speech, options) == 1


def test_chance_is_found_wherever_a_configuration_hides_it() -> None:
    assert not is_random({"dropout": 0.0, "layerdrop": 0, "id2label": {0: "a"}, "encoder_config": {"dropout": 0.0}})
    assert is_random({"encoder_config": {"attention_dropout": 0.1}})
    assert is_random({"feat_proj_drop_prob": 0.1})
    assert is_random({"apply_spec_augment": True})
