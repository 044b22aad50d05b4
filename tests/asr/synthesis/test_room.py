"""A room rings for as long as it should, and leaves level and length as they were."""

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE
from asr.synthesis.espeak import Voice, speak
from asr.synthesis.room import add_room, change_room

CLICK = np.concatenate([np.ones(1), np.zeros(SAMPLE_RATE - 1)]).astype(np.float32)
VOICE = speak("good morning everybody", Voice("en-us+m3"))


def energy(samples: "np.ndarray") -> float:
    return float(np.sum(samples.astype(np.float64) ** 2))


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.6])
def test_the_tail_is_60_decibels_weaker_after_the_reverberation_time(seconds: float) -> None:
    answer = add_room(CLICK, np.random.default_rng(1), seconds=seconds, decibels=6)
    tail = answer[round(0.0025 * SAMPLE_RATE) : round(seconds * SAMPLE_RATE)].astype(np.float64)
    # Schroeder 1965: the energy that is still to come decays as the level does.
    to_come = 10 * np.log10(np.cumsum(tail[::-1] ** 2)[::-1])
    begin, end = round(0.05 * len(tail)), round(0.55 * len(tail))
    slope = (to_come[end] - to_come[begin]) / ((end - begin) / SAMPLE_RATE)
    assert -60 / slope == pytest.approx(seconds, rel=0.15)


@pytest.mark.parametrize("decibels", [0.0, 10.0])
def test_the_direct_sound_is_as_much_louder_as_was_asked(decibels: float) -> None:
    answer = add_room(CLICK, np.random.default_rng(1), seconds=0.4, decibels=decibels)
    assert 10 * np.log10(energy(answer[:1]) / energy(answer[1:])) == pytest.approx(decibels, abs=0.01)
    assert energy(answer[1 : round(0.0024 * SAMPLE_RATE)]) < 1e-9, "walls answer a little later"


def test_level_and_length_stay(random: np.random.Generator) -> None:
    answer = add_room(VOICE, random, seconds=0.5, decibels=3)
    assert len(answer) == len(VOICE)
    assert answer.dtype == np.float32
    assert energy(answer) == pytest.approx(energy(VOICE), rel=1e-4)
    assert energy(answer - VOICE) > 0.1 * energy(VOICE)


def test_the_voice_comes_first() -> None:
    """Nothing of the end is wrapped to the beginning."""
    late = np.concatenate([np.zeros(8000), VOICE[:8000]]).astype(np.float32)
    answer = add_room(late, np.random.default_rng(1), seconds=0.6, decibels=0)
    assert np.abs(answer[:8000]).max() < 1e-6


def test_every_second_utterance_stays_dry_and_the_same_draw_is_the_same_room() -> None:
    same = [change_room(VOICE, np.random.default_rng(seed)) for seed in range(100)]
    again = [change_room(VOICE, np.random.default_rng(seed)) for seed in range(100)]
    assert all(np.array_equal(*pair) for pair in zip(same, again, strict=True))
    dry = sum(one is VOICE for one in same)
    assert 35 <= dry <= 65
    assert len({one.tobytes() for one in same}) == 100 - dry + 1


@pytest.mark.parametrize("length", [0, 1, 100])
def test_short_and_silent_sounds(length: int, random: np.random.Generator) -> None:
    for samples in (np.zeros(length, np.float32), np.ones(length, np.float32)):
        answer = add_room(samples, random, seconds=0.2, decibels=3)
        assert len(answer) == length
        assert np.isfinite(answer).all()
