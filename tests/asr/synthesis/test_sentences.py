"""Sentences from a grammar: each once, and the same for the same seed."""

from itertools import islice
from pathlib import Path
from random import Random

import pytest

from asr.synthesis.sentences import Grammar, distinct_sentences, in_words

GRAMMAR = Grammar(("go to {place}", "{place} is {number} steps from {place}"), {"place": ("dibba", "kalba", "al khan")})


def test_slots_are_filled() -> None:
    sentences = list(islice(distinct_sentences(GRAMMAR, seed=1), 50))
    assert len(set(sentences)) == 50
    assert not any("{" in sentence for sentence in sentences)
    assert "go to al khan" in sentences


def test_the_same_seed_gives_the_same_sentences() -> None:
    first, second, other = (list(islice(distinct_sentences(GRAMMAR, seed=seed), 20)) for seed in (1, 1, 2))
    assert first == second != other


def test_what_is_left_out_never_comes() -> None:
    without = frozenset(islice(distinct_sentences(GRAMMAR, seed=1), 30))
    assert without.isdisjoint(islice(distinct_sentences(GRAMMAR, seed=1, without=without), 30))


def test_a_grammar_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "g.toml").write_text('templates = ["to {place}"]\n[words]\nplace = "dibba|al khan"\n')
    grammar = Grammar.load(tmp_path / "g.toml")
    assert {grammar.sentence(Random(seed)) for seed in range(20)} == {"to dibba", "to al khan"}


@pytest.mark.parametrize(
    ("number", "words"), [(0, "zero"), (13, "thirteen"), (20, "twenty"), (42, "forty two"), (99, "ninety nine")]
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert in_words(number) == words
