"""A transcript is brought into the letters of a model."""

import pytest

from asr.models.speech_model import SpeechModel
from asr.models.spelling import spell, writable_characters

LOWER = frozenset("abcdefghijklmnopqrstuvwxyz' ")
UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ' ")


@pytest.mark.parametrize(
    ("text", "lower"),
    [
        ("Al Noor Mosque", "al noor mosque"),
        ("Café, crème brûlée!", "cafe creme brulee"),
        ("don\u2019t stop", "don't stop"),
        ("well-known   places", "well known places"),
        ("cafe\u0301", "cafe"),
        ("soft\u00adware", "software"),
        ("room 4", "room"),
        ("…", ""),
        ("smørrebrød", "sm rrebr d"),
    ],
)
def test_spelling_in_either_case(text: str, lower: str) -> None:
    assert spell(text, LOWER) == lower
    assert spell(text, UPPER) == lower.upper()


def test_letters_that_the_model_has_keep_their_accents() -> None:
    assert spell("Übermut e\u0301te\u0301", LOWER | {"ü", "é"}) == "übermut été"


def test_vowel_points_do_not_cut_words() -> None:
    assert spell("مَدْرَسَة", frozenset("مدرسة ")) == "مدرسة"


def test_both_cases_stay_as_they_are() -> None:
    assert spell("Al Noor", LOWER | UPPER) == "Al Noor"


def test_a_model_of_word_pieces_can_write_anything() -> None:
    assert spell("Ça  va, 42?", None) == "Ça va, 42?"


def test_the_characters_of_each_model(any_model: SpeechModel) -> None:
    wanted = {"parakeet": LOWER, "wav2vec2": UPPER, "wav2vec2_large": UPPER, "whisper": None}
    if any_model.directory.name in wanted:
        assert writable_characters(any_model.processor.tokenizer) == wanted[any_model.directory.name]
