"""Phrases: words in a row that fail, without the parts of longer ones."""

from asr.scoring.alignment import align
from asr.scoring.phrases import Phrase, failing_phrases


def test_phrases_that_were_said_twice_and_hold_errors() -> None:
    found = failing_phrases(
        [
            align("take me to al khan", "take me to alan"),
            align("how far is al khan", "how far is al can"),
            align("take me to kalba", "take me to kalba"),
        ]
    )
    assert found == (Phrase("al khan", said=2, failed=2),)


def test_a_part_of_a_longer_phrase_that_fails_as_often_is_not_listed_again() -> None:
    twice = [align("we saw al qasba park", "we saw al cass park")] * 2
    assert [(one.text, one.failed) for one in failing_phrases(twice)] == [
        ("al qasba park", 2),
        ("saw al qasba", 2),
    ]
    other = failing_phrases([*twice, align("near al qasba now", "near al cass now")])
    assert ("al qasba", 3) in [(one.text, one.failed) for one in other], "it fails more often than what holds it"


def test_a_word_put_between_breaks_the_phrase_around_it_only() -> None:
    found = failing_phrases([align("red house here", "red big house here")] * 2)
    assert [(one.text, one.failed) for one in found] == [("red house here", 2)]
    assert failing_phrases([align("red house", "big red house too")] * 2) == ()


def test_a_phrase_that_mostly_succeeds_comes_after_one_that_does_not() -> None:
    found = failing_phrases([*[align("a b", "a x")] * 2, *[align("c d", "c x")] * 2, align("c d", "c d")])
    assert found == (Phrase("a b", said=2, failed=2), Phrase("c d", said=3, failed=2))


def test_no_errors_no_phrases() -> None:
    assert failing_phrases([align("a b c", "a b c")] * 3) == ()
