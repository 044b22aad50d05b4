"""Long audio cut into pieces that a model can hear at once, at the quietest places."""

import numpy as np

from asr.audio import SAMPLE_RATE, Samples

LONGEST = 30.0
"""Seconds a model is given at once when it sets no bound of its own: memory of self-attention grows with the square."""

_SEARCH = 6.0  # seconds before the bound in which the quietest place is looked for
_FRAME = SAMPLE_RATE // 20


def cut(samples: Samples, longest: float = LONGEST) -> list[Samples]:
    """Cut samples into pieces of at most `longest` seconds, each cut where the energy of 50 ms is lowest."""
    bound = int(longest * SAMPLE_RATE)
    pieces = []
    while len(samples) > bound:
        start = max(_FRAME, bound - int(_SEARCH * SAMPLE_RATE))
        search = samples[start:bound]
        frames = search[: len(search) // _FRAME * _FRAME].reshape(-1, _FRAME)
        quietest = int(np.argmin((frames.astype(np.float64) ** 2).sum(axis=1)))
        at = start + quietest * _FRAME + _FRAME // 2
        pieces.append(samples[:at])
        samples = samples[at:]
    return [*pieces, samples]
