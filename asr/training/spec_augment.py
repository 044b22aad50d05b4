"""SpecAugment: bands of time and frequency are hidden, so that the model learns from what is left.

Park et al. 2019, "SpecAugment: a simple data augmentation method for automatic speech recognition".
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

_BANDS = 2  # of each kind in an utterance
_WIDEST_FREQUENCY = 0.18  # of all mel bins
_WIDEST_TIME = 0.08  # of the utterance


def mask_features(
    features: "torch.Tensor", lengths: Sequence[float], draws: Sequence[tuple[int, ...]], time_axis: int
) -> "torch.Tensor":
    """Set bands of each utterance to its mean; what is hidden follows from the utterance's draw alone.

    Args:
        features: log-mel features, shape (batch, time, mel) or (batch, mel, time).
        lengths: the share of the time axis that each utterance fills.
        draws: what each utterance's bands are drawn from.
        time_axis: 1 or 2.
    """
    masked = features.clone()
    for utterance, length, draw in zip(masked, lengths, draws, strict=True):
        view = utterance if time_axis == 1 else utterance.T
        frames = min(view.shape[0], max(1, int(view.shape[0] * length)))
        bins = view.shape[1]
        mean = view[:frames].mean()
        random = np.random.default_rng(draw)
        for _ in range(_BANDS):
            width = int(random.integers(0, max(2, int(bins * _WIDEST_FREQUENCY))))
            start = int(random.integers(0, bins - width + 1))
            view[:frames, start : start + width] = mean
            width = int(random.integers(0, max(2, int(frames * _WIDEST_TIME))))
            start = int(random.integers(0, frames - width + 1))
            view[start : start + width] = mean
    return masked
