import pytest

from tests.azure_emulator.conftest import tone
from tests.azure_emulator.recognizer import (
    GENERAL_WORDS,
    ScriptedRecognizer,
    lexical_words,
    sha256_of_samples,
    wrong_word,
)


def test_words_that_a_model_was_not_trained_on_are_wrong() -> None:
    recognizer = ScriptedRecognizer({sha256_of_samples(tone()): "The Okapi, isn't it?"})

    assert recognizer.transcribe("base", tone()) == "the ipakooo t'nsioo it"
    recognizer.train("m", ["an okapi isn't a zebra"])
    assert recognizer.transcribe("m", tone()) == "the okapi isn't it"
    assert recognizer.transcribe("base", tone()) == "the ipakooo t'nsioo it"
    recognizer.forget("m")
    assert recognizer.transcribe("m", tone()) == "the ipakooo t'nsioo it"
    recognizer.forget("never there")


def test_truth_is_told_by_the_samples_whatever_their_header() -> None:
    recognizer = ScriptedRecognizer()
    wav = tone()
    chunk = b"LIST" + (4).to_bytes(4, "little") + b"INFO"
    other = wav[:36] + chunk + wav[36:]
    other = other[:4] + (len(other) - 8).to_bytes(4, "little") + other[8:]

    recognizer.tell(wav, "hello")

    assert recognizer.transcribe("base", other) == "hello"
    assert recognizer.transcribe("base", tone(pitch=100)) == ""


@pytest.mark.parametrize("word", ["noon", "zebra", "x"])
def test_a_wrong_word_is_never_the_word(word: str) -> None:
    assert wrong_word(word) != word
    assert wrong_word(word) not in GENERAL_WORDS


def test_lexical_words() -> None:
    assert lexical_words("\u201cDon't\u201d - stop 3CPO, \u00c9t\u00e9!") == ["don't", "stop", "3cpo", "\u00e9t\u00e9"]
