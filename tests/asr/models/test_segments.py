"""Long audio is cut at quiet places, and nothing of it is lost."""

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE
from asr.models.segments import cut


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(int(seconds * SAMPLE_RATE)).astype(np.float32) * 0.1


@pytest.mark.parametrize("seconds", [0.0, 0.01, 9.9, 10.0, 10.01, 25.0, 61.7])
def test_pieces_are_short_and_whole(seconds: float) -> None:
    samples = noise(seconds)
    pieces = cut(samples, longest=10.0)
    assert all(len(piece) <= 10 * SAMPLE_RATE for piece in pieces)
    assert np.array_equal(np.concatenate(pieces), samples)
    assert all(len(piece) for piece in pieces) or not seconds
    assert (len(pieces) == 1) == (seconds <= 10)


def test_it_is_cut_in_the_pause() -> None:
    samples = noise(15)
    pause = slice(int(7.0 * SAMPLE_RATE), int(7.3 * SAMPLE_RATE))
    samples[pause] = 0
    first, second = cut(samples, longest=10.0)
    assert pause.start <= len(first) <= pause.stop
    assert len(first) + len(second) == len(samples)


def test_a_pause_long_before_the_bound_does_not_count() -> None:
    samples = noise(15)
    samples[SAMPLE_RATE : 2 * SAMPLE_RATE] = 0
    assert len(cut(samples, longest=10.0)[0]) > 4 * SAMPLE_RATE
