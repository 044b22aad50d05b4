"""The same text in the same voice is the same sound, whatever was said before."""

import threading

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE
from asr.synthesis.espeak import Voice, speak

SLOW = Voice("en-gb-x-rp+f2", speed=120, pitch=60)


def test_it_speaks() -> None:
    samples = speak("take me to the bridge", Voice("en-us+m3"))
    assert samples.dtype == np.float32
    assert 0.5 < len(samples) / SAMPLE_RATE < 3
    assert 0.05 < np.abs(samples).max() <= 1


def test_what_was_said_before_does_not_matter() -> None:
    """espeak-ng keeps the phase of a voice's flutter, unless it is loaded anew."""
    first = speak("where is the museum", SLOW)
    speak("something else, at length, and with another voice", Voice("en-us+m7", speed=200, pitch=20))
    assert np.array_equal(speak("where is the museum", SLOW), first)


def test_threads_do_not_matter() -> None:
    texts = ["one", "two", "three", "four"]
    alone = [speak(text, SLOW) for text in texts]
    together: dict[str, np.ndarray] = {}
    threads = [threading.Thread(target=lambda text=text: together.update({text: speak(text, SLOW)})) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(together[text], sound) for text, sound in zip(texts, alone, strict=True))


@pytest.mark.parametrize("change", [{"speed": 200}, {"pitch": 20}, {"range": 90}, {"name": "en-gb-x-rp+m2"}])
def test_every_part_of_a_voice_is_heard(change: dict[str, object]) -> None:
    voice = Voice(**{**vars(SLOW), **change})  # type: ignore[arg-type]
    assert not np.array_equal(speak("good morning", voice), speak("good morning", SLOW))


def test_faster_is_shorter() -> None:
    fast, slow = (speak("the train leaves at noon", Voice("en-us+m3", speed=speed)) for speed in (220, 110))
    assert len(fast) < 0.7 * len(slow)


def test_an_unknown_voice() -> None:
    with pytest.raises(ValueError, match="espeak-ng has no voice 'xx-nowhere'"):
        speak("hello", Voice("xx-nowhere"))
    assert len(speak("hello", SLOW)), "it speaks again afterwards"


def test_phonemes_are_spoken_not_spelled() -> None:
    word, phonemes, letters = (speak(text, SLOW) for text in ("hello", "[[h@l'oU]]", "h @ l ' o U"))
    assert len(phonemes) == pytest.approx(len(word), rel=0.1)
    assert len(letters) > 1.5 * len(word)


@pytest.mark.parametrize("text", ["", " ", "...", "شارقة", "a" * 2000, "line\nbreak", "nul\0byte"])
def test_odd_texts(text: str) -> None:
    assert speak(text, Voice("en-us+m3", speed=400)).ndim == 1


def test_it_falls_silent_when_it_has_said_enough() -> None:
    said, whole = (speak("one two three four five six", SLOW, longest=longest) for longest in (0.5, 30.0))
    assert 0.5 < len(said) / SAMPLE_RATE < 0.6 < len(whole) / SAMPLE_RATE
    assert np.array_equal(whole, speak("one two three four five six", SLOW))
