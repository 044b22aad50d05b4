"""The accents of a language are those that espeak-ng speaks, and none of another language or writing."""

import pytest

from asr.errors import SettingsError
from asr.synthesis.accents import find_accents
from asr.synthesis.espeak import Voice, speak


@pytest.mark.parametrize(
    ("language", "accents"),
    [
        ("en-US", ("en-us", "en-us-nyc")),
        ("EN_us", ("en-us", "en-us-nyc")),
        ("pt", ("pt", "pt-br")),
        ("pt-BR", ("pt-br",)),
        ("es-MX", ("es-419",)),
        ("de", ("de",)),
        ("de-AT", ("de",)),
        ("hi-IN", ("hi",)),
        ("no", ("nb",)),
        ("zh-CN", ("cmn",)),  # not Cantonese, and not what reads pinyin
        ("yue", ("yue",)),
        ("hy", ("hy",)),
        ("fa", ("fa",)),
    ],
)
def test_the_accents_of_a_language(language: str, accents: tuple[str, ...]) -> None:
    assert find_accents(language) == accents


def test_english_is_spoken_in_many_accents_and_written_in_one_way() -> None:
    accents = find_accents("en")
    assert {"en-029", "en-gb-scotland", "en-gb-x-rp", "en-us"} < set(accents)
    assert "en-shaw" not in accents
    assert find_accents("en-AU") == accents, "of a country that it does not know"
    assert set(find_accents("en-GB")) < set(accents)


@pytest.mark.parametrize("language", ["en", "fr", "vi", "cmn", "ar", "ru"])
def test_each_can_be_spoken(language: str) -> None:
    for accent in find_accents(language):
        assert len(speak("1 2 3", Voice(f"{accent}+m3"))) > 4000


@pytest.mark.parametrize("language", ["xx", "english", "fil-PH", "", "-", "e", "fo"])  # `fo` has no dictionary
def test_a_language_that_is_not_spoken(language: str) -> None:
    with pytest.raises(SettingsError) as error:
        find_accents(language)
    message = str(error.value)
    assert repr(language) in message
    assert "facebook/mms-tts-" in message
    assert "\n" not in message
