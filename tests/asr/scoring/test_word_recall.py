"""Word recall: said and found, counted in the references."""

from asr.scoring.alignment import align
from asr.scoring.word_recall import WordRecall, always_missed, count_words, never_learned, words_of
from asr.text.normalizers import normalizer

WORDS = count_words(
    [
        align("go to kalba", "go to calva"),
        align("kalba is near", "is is near"),
        align("go to dibba", "go to dibba kalba"),
        align("21 masafi", "21"),
    ]
)


def test_what_was_said_and_what_was_found() -> None:
    assert WORDS["kalba"] == WordRecall("kalba", said=2, found=0)  # heard elsewhere it is not found
    assert WORDS["go"] == WordRecall("go", said=2, found=2)
    assert (WORDS["dibba"].missed, WORDS["kalba"].missed) == (0, 2)
    assert "calva" not in WORDS


def test_words_that_are_always_missed_were_said_twice() -> None:
    assert [one.word for one in always_missed(WORDS)] == ["kalba"], "masafi was said once"


def test_words_that_training_never_says() -> None:
    assert [one.word for one in never_learned(WORDS, {"go", "to", "is", "near"})] == ["kalba", "masafi", "dibba"]
    assert never_learned(WORDS, set(WORDS)) == ()


def test_the_words_of_texts_are_normalized() -> None:
    assert words_of(["Kalba, don't!", "kalba  DIBBA —"], normalizer("basic")) == {"kalba", "don't", "dibba"}
    assert words_of(["the colour isn't grey"], normalizer("english")) == {"the", "color", "is", "not", "gray"}
