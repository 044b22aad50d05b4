"""Alignments: right on an example, as short as jiwer's on anything, and with as many words right as can be."""

import random
from functools import cache

import jiwer
import pytest

from asr.scoring import alignment
from asr.scoring.alignment import Item, align, edits


def test_every_kind_of_error_has_its_place() -> None:
    assert align("turn left at the noor mosque today", "turn at the nur mosque on today") == [
        Item("match", "turn", "turn"),
        Item("deletion", "left", ""),
        Item("match", "at", "at"),
        Item("match", "the", "the"),
        Item("substitution", "noor", "nur"),
        Item("match", "mosque", "mosque"),
        Item("insertion", "", "on"),
        Item("match", "today", "today"),
    ]


def test_an_alignment_spells_both_texts_with_the_fewest_errors(noisy_pairs: list[tuple[str, str]]) -> None:
    for reference, heard in noisy_pairs:
        items = align(reference, heard)
        assert [item.reference for item in items if item.reference] == reference.split()
        assert [item.hypothesis for item in items if item.hypothesis] == heard.split()
        assert all((item.kind == "match") == (item.reference == item.hypothesis) for item in items)
        judged = jiwer.process_words(reference, heard)
        errors = judged.substitutions + judged.deletions + judged.insertions
        assert sum(item.kind != "match" for item in items) == errors


def test_empty_texts() -> None:
    assert align("", "") == []
    assert align("", "a b") == [Item("insertion", "", "a"), Item("insertion", "", "b")]
    assert align("a", "") == [Item("deletion", "a", "")]


def fewest(words: list[str], heard: list[str]) -> tuple[int, int]:
    """Errors, and substitutions among them: the least of all ways there are, looked at one by one."""

    @cache
    def least(at: int, at_heard: int) -> tuple[int, int]:
        if not at or not at_heard:
            return at + at_heard, 0
        errors, substitutions = least(at - 1, at_heard - 1)
        wrong = words[at - 1] != heard[at_heard - 1]
        ways = [(errors + wrong, substitutions + wrong)]
        for errors, substitutions in (least(at - 1, at_heard), least(at, at_heard - 1)):
            ways.append((errors + 1, substitutions))
        return min(ways)

    return least(len(words), len(heard))


def test_of_equally_few_errors_most_words_are_right() -> None:
    choice = random.Random(1)
    for _ in range(2000):
        words, heard = choice.choices("abcd", k=choice.randrange(9)), choice.choices("abcd", k=choice.randrange(9))
        found = edits(words, heard)
        assert (len(found), sum(tag == "replace" for tag, _, _ in found)) == fewest(words, heard)
        items = align(" ".join(words), " ".join(heard))
        assert [item.reference for item in items if item.reference] == words
        assert [item.hypothesis for item in items if item.hypothesis] == heard
        assert sum(item.kind != "match" for item in items) == len(found)


def test_a_word_that_is_right_is_worth_more_than_two_that_are_not() -> None:
    assert [item.kind for item in align("a b", "b c")] == ["deletion", "match", "insertion"]
    assert [item.kind for item in align("a b", "c d")] == ["substitution", "substitution"]


def test_very_long_texts_are_not_searched_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "_CELLS", 8)
    assert [item.kind for item in align("a b", "b c")] == ["substitution", "substitution"]
