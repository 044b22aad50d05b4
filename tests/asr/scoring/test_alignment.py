"""Alignments: right on an example, and as short as jiwer's on anything."""

import jiwer

from asr.scoring.alignment import Item, align


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
