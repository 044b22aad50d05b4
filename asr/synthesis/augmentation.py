"""Recordings that a training set lacks, made from those it has: other speeds, other noise, other levels."""

import numpy as np
import numpy.typing as npt

from asr.audio import SAMPLE_RATE, Samples, resample

_SPEEDS = (0.9, 1.0, 1.1)  # Ko et al. 2015, "Audio augmentation for speech recognition"


def change_speed(samples: Samples, random: np.random.Generator) -> Samples:
    """Play at 0.9, 1.0 or 1.1 of the speed, pitch included."""
    speed = random.choice(_SPEEDS)
    return resample(samples, round(SAMPLE_RATE * speed), SAMPLE_RATE)


def add_noise(samples: Samples, random: np.random.Generator, quietest: float = 35.0, loudest: float = 5.0) -> Samples:
    """Add hiss or rumble to six of ten utterances, at a signal-to-noise ratio of `loudest` – `quietest` decibels."""
    if random.random() >= 0.6:
        return samples
    return mix_noise(samples, random, decibels=random.uniform(loudest, quietest), rumble=random.random() < 0.5)


def mix_noise(samples: Samples, random: np.random.Generator, *, decibels: float, rumble: bool = False) -> Samples:
    """Add noise at one signal-to-noise ratio in decibels: white, or a rumble that falls with frequency."""
    noise = random.standard_normal(len(samples))
    if rumble:
        # Brown noise without what lies below 40 Hz: a random walk less its own moving average.
        walk = np.cumsum(noise)
        noise = walk - _moving_average(walk, min(400, len(walk)))
    power = float(np.mean(samples.astype(np.float64) ** 2))
    noise_power = float(np.mean(noise**2))
    if power == 0 or noise_power == 0:
        return samples
    scale = np.sqrt(power / noise_power * 10 ** (-decibels / 10))
    noisy: Samples = (samples + scale * noise).astype(np.float32)
    return noisy


def _moving_average(values: npt.NDArray[np.float64], width: int) -> npt.NDArray[np.float64]:
    """As `np.convolve(values, np.ones(width) / width, mode="same")`, in a time that does not grow with the width."""
    sums = np.concatenate([np.zeros(1), np.cumsum(values)])
    ends = np.arange(len(values)) + (width + 1) // 2
    starts = np.clip(ends - width, 0, len(values))
    ends = np.clip(ends, 0, len(values))
    average: npt.NDArray[np.float64] = (sums[ends] - sums[starts]) / width
    return average


def change_level(samples: Samples, random: np.random.Generator) -> Samples:
    """Make it up to 12 decibels quieter or 6 decibels louder."""
    return (samples * 10 ** (random.uniform(-12, 6) / 20)).astype(np.float32)
