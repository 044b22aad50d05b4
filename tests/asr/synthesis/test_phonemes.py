import pytest

from asr.errors import SettingsError
from asr.synthesis.espeak import Voice, speak
from asr.synthesis.phonemes import unknown_phonemes


@pytest.mark.parametrize("phonemes", ["g@Udr'aIv", "S'A@dZ@", "n'aU 'OU", "ga_'Udr3aIv", "S'A@|||", "_:", "b'aI|_|n"])
def test_known_phonemes(phonemes: str) -> None:
    assert unknown_phonemes([phonemes], "en") == [""]


@pytest.mark.parametrize(
    ("phonemes", "says"),
    [
        ("g'oU dr$Iv", "of “dr$Iv” espeak-ng speaks only “dr”"),
        ("S'Ar_!Z", "speaks only “S”"),
        ("gəʊ", "speaks only “g”"),
        ("(m)n", "cannot speak “(m)n”"),
        ("m_^_de", "changes the language"),
        ("s" * 61, "longer than 60 characters"),
        ("x" * 100_000, "longer than 60 characters"),
    ],
    ids=["sign", "letter", "ipa", "bracket", "language", "long", "endless"],
)
def test_unknown_phonemes_are_named(phonemes: str, says: str) -> None:
    (unknown,) = unknown_phonemes([phonemes], "en")

    assert says in unknown


def test_each_string_has_its_own_answer_in_its_language() -> None:
    assert list(map(bool, unknown_phonemes(["g'oU", "s2", "", "dr'aIv"], "en"))) == [False, True, False, False]
    assert unknown_phonemes(["y:b@"], "de") == [""]
    assert unknown_phonemes(["y:b@"], "en") != [""]


def test_a_language_that_nobody_speaks() -> None:
    with pytest.raises(SettingsError, match="does not speak 'xx'"):
        unknown_phonemes(["a"], "xx")


def test_what_is_called_unknown_is_what_espeak_does_not_speak() -> None:
    voice = Voice("en-us")

    whole, broken = (len(speak(f"[[{phonemes}]]", voice)) for phonemes in ("g'oU|dr'aIv", "g'oU$|dr'aIv"))

    assert broken < 0.8 * whole


def test_asking_leaves_no_trace_in_what_is_spoken() -> None:
    before = speak("hello [[w'3:ld]]", Voice("en-us"))
    unknown_phonemes(["w'3:ld"], "de")

    assert (speak("hello [[w'3:ld]]", Voice("en-us")) == before).all()
