"""Groups of utterances, joined, are what the extractor makes of all at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from asr.audio import SAMPLE_RATE
from asr.models.features import features
from asr.models.speech_model import SpeechModel


@pytest.mark.parametrize("count", [1, 8, 9, 20])
def test_groups_are_joined_as_if_there_were_none(
    any_model: SpeechModel, sounds: Sequence["np.ndarray[Any, np.dtype[np.float32]]"], count: int
) -> None:
    long = [sound for sound in sounds if len(sound) >= SAMPLE_RATE // 2]
    audio = [long[number % len(long)] for number in range(count)]
    extractor = any_model.processor.feature_extractor
    fixed = any_model.window is not None
    mask = {} if fixed else {"return_attention_mask": extractor.return_attention_mask}
    padding = "max_length" if fixed else True
    wanted = extractor(audio, sampling_rate=SAMPLE_RATE, return_tensors="pt", padding=padding, **mask)
    found = features(any_model, audio)
    assert found
    for name, tensor in found.items():
        assert tensor.dtype == wanted[name].dtype
        assert tensor.shape == wanted[name].shape, name
        assert torch.allclose(tensor.float(), wanted[name].float(), atol=1e-4), name


def test_a_breath_is_long_enough_for_every_model(any_model: SpeechModel) -> None:
    found = features(any_model, [np.zeros(100, np.float32) + 0.1])
    assert all(torch.isfinite(tensor.float()).all() for tensor in found.values())
