"""espeak-ng as a synthesizer: many voices, none of those that the samples are tested with."""

import pickle

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE
from asr.base.voices import SHARJAH_TESTING
from asr.errors import SettingsError
from asr.synthesis.espeak_synthesizer import VARIANTS, EspeakSynthesizer
from asr.synthesis.synthesizer import open_synthesizer


@pytest.fixture(scope="module")
def english() -> EspeakSynthesizer:
    return EspeakSynthesizer.of("en")


def test_the_voices_of_the_tests_stay_unheard(english: EspeakSynthesizer) -> None:
    variants = {voice.rpartition("+")[2].lower() for voice in english.voices}
    assert variants == {variant.lower() for variant in VARIANTS}
    assert variants.isdisjoint(variant.lower() for variant in SHARJAH_TESTING)


def test_there_are_many_voices_in_every_language(english: EspeakSynthesizer) -> None:
    assert len(set(english.voices)) == len(english.voices) > 200
    assert len(EspeakSynthesizer.of("de").voices) == len(VARIANTS) > 30


def test_rate_and_pitch_are_drawn(english: EspeakSynthesizer) -> None:
    takes = [english.speak("where is the museum", "en-us+m3", np.random.default_rng(seed)) for seed in (1, 1, 2, 3)]
    assert np.array_equal(takes[0], takes[1])
    assert len({len(take) for take in takes}) == 3


def test_every_rate_and_pitch_can_come(english: EspeakSynthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr("asr.synthesis.espeak_synthesizer.speak", lambda _text, voice, **_: drawn.append(voice))
    random = np.random.default_rng(1)
    for _ in range(3000):
        english.speak("a", "en-us+m3", random)
    for part, least, most in (("speed", 125, 215), ("pitch", 25, 75), ("range", 30, 70)):
        values = {getattr(voice, part) for voice in drawn}
        assert (min(values), max(values)) == (least, most)


def test_phonemes_are_spoken(english: EspeakSynthesizer) -> None:
    spoken = english.speak("[[S'A@dZ@]]", "en-us+m3", np.random.default_rng(1))
    letters = english.speak("S ' A @ d Z @", "en-us+m3", np.random.default_rng(1))
    assert english.takes_phonemes
    assert len(spoken) < 0.5 * len(letters)


def test_a_text_without_end_is_bounded(english: EspeakSynthesizer) -> None:
    samples = english.speak("word " * 10_000, "en-us+m3", np.random.default_rng(1))
    assert 30 < len(samples) / SAMPLE_RATE < 32


def test_its_fingerprint_is_of_what_decides_the_sound(english: EspeakSynthesizer) -> None:
    assert EspeakSynthesizer.of("en").fingerprint == english.fingerprint
    assert EspeakSynthesizer.of("en-US").fingerprint != english.fingerprint


def test_other_processes_speak_the_same(english: EspeakSynthesizer) -> None:
    assert english.in_processes
    assert pickle.loads(pickle.dumps(english)) == english


def test_it_is_the_default_and_knows_what_it_does_not_speak() -> None:
    synthesizer = open_synthesizer("espeak", "de")
    assert synthesizer.name == "espeak"
    assert all(voice.startswith("de+") for voice in synthesizer.voices)
    with pytest.raises(SettingsError, match="does not speak 'xx'"):
        open_synthesizer("espeak", "xx")
