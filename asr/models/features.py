"""Samples to what a model hears: log-mel features or normalized samples, by its own feature extractor."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from asr.audio import SAMPLE_RATE, Samples
from asr.models.speech_model import SpeechModel

if TYPE_CHECKING:
    import torch

_INPUTS = {"input_features", "input_values", "attention_mask"}

_SHORTEST = SAMPLE_RATE // 4
"""Samples that the convolutions, spectrograms and training masks of every family have enough of."""

_GROUP = 8
"""Utterances at once: the spectrograms of more do not fit into a core's cache, and take twice as long."""


def features(speech: SpeechModel, audio: Sequence[Samples]) -> dict[str, "torch.Tensor"]:
    """Turn samples into model inputs on the CPU, padded to the longest of them, or to the model's window (Whisper)."""
    from asr.models.detours import faster_ways

    padded = [one if len(one) >= _SHORTEST else np.pad(one, (0, _SHORTEST - len(one))) for one in audio]
    extractor: Any = speech.processor.feature_extractor
    # Samples are only normalized, some of them together with the padding: nothing to gain, and all at once is the rule.
    size = _GROUP if "input_features" in extractor.model_input_names else len(padded)
    with faster_ways():
        groups = [_extract(speech, padded[start : start + size]) for start in range(0, len(padded), size)]
    fill = extractor.padding_value
    return {name: _joined([group[name] for group in groups], fill) for name in groups[0]}


def _extract(speech: SpeechModel, audio: Sequence[Samples]) -> dict[str, "torch.Tensor"]:
    extractor: Any = speech.processor.feature_extractor
    fixed = speech.window is not None
    inputs = extractor(
        audio,
        sampling_rate=SAMPLE_RATE,
        return_tensors="pt",
        padding="max_length" if fixed else True,
        **({} if fixed else {"return_attention_mask": getattr(extractor, "return_attention_mask", True)}),
    )
    return {name: tensor for name, tensor in inputs.items() if name in _INPUTS}


def _joined(groups: "list[torch.Tensor]", fill: float) -> "torch.Tensor":
    """One tensor of all groups, padded as the extractor pads within a group: masks with 0."""
    import torch

    if len(groups) == 1:
        return groups[0]
    largest = [max(sizes) for sizes in zip(*(group.shape[1:] for group in groups), strict=True)]
    count = sum(len(group) for group in groups)
    kind = groups[0].dtype
    joined = torch.full((count, *largest), fill if kind.is_floating_point else 0, dtype=kind)
    start = 0
    for group in groups:
        joined[start : start + len(group), *(slice(size) for size in group.shape[1:])] = group
        start += len(group)
    return joined
