"""How a room answers a voice: the direct sound, and behind it noise that dies away.

Polack's model (J.-D. Polack 1988, "La transmission de l'énergie sonore dans les salles"): the late part of a room's
impulse response is white Gaussian noise times exp(−3 ln(10) t / T60), with the reverberation time T60 after which it is
60 dB weaker. Single early reflections, and that rooms swallow high sounds sooner than low ones, are left out: it is a
room as a recognizer should bear it, not a certain one.
"""

import numpy as np
import numpy.typing as npt

from asr.audio import SAMPLE_RATE, Samples

_DRY = 0.5  # share of the utterances that stay without a room
_TIMES = (0.1, 0.6)  # reverberation time in seconds: from a car to a bare office
_RATIOS = (0.0, 15.0)  # direct sound over reverberation in decibels: from some metres away to right at the microphone
_GAP = 0.0025  # seconds between the direct sound and the first that walls send back


def change_room(samples: Samples, random: np.random.Generator) -> Samples:
    """Put every second utterance into a room, at a reverberation time and a distance of its own."""
    if random.random() < _DRY:
        return samples
    return add_room(samples, random, seconds=random.uniform(*_TIMES), decibels=random.uniform(*_RATIOS))


def add_room(samples: Samples, random: np.random.Generator, *, seconds: float, decibels: float) -> Samples:
    """Let a room with a reverberation time in seconds answer, at a direct-to-reverberant ratio in decibels.

    Length and mean power stay as they were: what rings on after the end is cut off.
    """
    power = float(np.mean(samples.astype(np.float64) ** 2)) if len(samples) else 0.0
    if power == 0:
        return samples
    response = _impulse_response(random, seconds, decibels)
    size = 1 << (len(samples) + len(response) - 1).bit_length()
    answered = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)[: len(samples)]
    louder = np.sqrt(power / np.mean(answered**2))
    heard: Samples = (answered * louder).astype(np.float32)
    return heard


def _impulse_response(random: np.random.Generator, seconds: float, decibels: float) -> npt.NDArray[np.float64]:
    """At 16 kHz, as long as the reverberation time; the direct sound is 1."""
    time = np.arange(1, round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tail = random.standard_normal(len(time)) * np.exp(-3 * np.log(10) * time / seconds) * (time >= _GAP)
    tail *= np.sqrt(10 ** (-decibels / 10) / np.sum(tail**2))
    return np.concatenate([np.ones(1), tail])
