"""Noise has the strength that was asked for, and speed changes length."""

from typing import Any

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE
from asr.synthesis.augmentation import add_noise, change_level, change_speed, mix_noise

TIME = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
TONE = (0.2 * np.sin(2 * np.pi * 440 * TIME)).astype(np.float32)


def power(samples: Any) -> float:
    return float(np.mean(np.asarray(samples, np.float64) ** 2))


@pytest.mark.parametrize("rumble", [False, True])
@pytest.mark.parametrize("decibels", [0.0, 12.0, 30.0])
def test_the_signal_to_noise_ratio(decibels: float, rumble: bool) -> None:
    noise = mix_noise(TONE, np.random.default_rng(1), decibels=decibels, rumble=rumble) - TONE
    assert 10 * np.log10(power(TONE) / power(noise)) == pytest.approx(decibels, abs=0.1)


def test_rumble_lies_lower_than_hiss() -> None:
    def center(rumble: bool) -> float:
        noise = mix_noise(TONE, np.random.default_rng(1), decibels=0, rumble=rumble) - TONE
        spectrum = np.abs(np.fft.rfft(noise)) ** 2
        return float((spectrum * np.fft.rfftfreq(len(noise), 1 / SAMPLE_RATE)).sum() / spectrum.sum())

    assert center(rumble=True) < 500 < 3000 < center(rumble=False)


@pytest.mark.parametrize("samples", [np.zeros(1000, np.float32), np.zeros(0, np.float32), np.ones(1, np.float32)])
def test_silence_and_crumbs(samples: np.ndarray) -> None:
    for rumble in (False, True):
        if len(samples):
            noisy = mix_noise(samples, np.random.default_rng(0), decibels=10, rumble=rumble)
            assert np.isfinite(noisy).all()
            assert len(noisy) == len(samples)


def test_six_of_ten_become_noisy() -> None:
    random = np.random.default_rng(0)
    noisy = sum(not np.array_equal(add_noise(TONE[:400], random), TONE[:400]) for _ in range(400))
    assert 200 < noisy < 280


def test_noise_stays_between_its_bounds() -> None:
    ratios = []
    for seed in range(60):
        noise = add_noise(TONE, np.random.default_rng(seed), quietest=20, loudest=10) - TONE
        if power(noise):
            ratios.append(10 * np.log10(power(TONE) / power(noise)))
    assert 9.9 < min(ratios) < 12
    assert 18 < max(ratios) < 20.1


def test_speed_changes_length_and_pitch() -> None:
    lengths: dict[float, np.ndarray] = {}
    for seed in range(20):
        played = change_speed(TONE, np.random.default_rng(seed))
        lengths[round(len(TONE) / len(played), 2)] = played
    assert sorted(lengths) == [0.9, 1.0, 1.1]
    for speed, played in lengths.items():
        peak = np.fft.rfftfreq(len(played), 1 / SAMPLE_RATE)[np.abs(np.fft.rfft(played)).argmax()]
        assert peak == pytest.approx(440 * speed, rel=0.01)


def test_level_changes_between_a_quarter_and_double() -> None:
    factors = [float(np.abs(change_level(TONE, np.random.default_rng(seed))).max() / 0.2) for seed in range(100)]
    assert 0.25 <= min(factors) < 0.35
    assert 1.7 < max(factors) <= 2.0
    assert change_level(TONE, np.random.default_rng(0)).dtype == np.float32


@pytest.mark.parametrize("augment", [change_speed, add_noise, change_level])
def test_the_same_draw_is_the_same_sound(augment: Any) -> None:
    for seed in range(5):
        first, second = (augment(TONE, np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(first, second)
