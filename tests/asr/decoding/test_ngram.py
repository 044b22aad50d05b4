"""What follows what in a text, as counted there, and smoothed so that anything may follow."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.decoding.ngram import NgramStates, count_ngrams, order_of

Sentences = st.lists(st.lists(st.integers(0, 3), max_size=8), min_size=1, max_size=6)


def probabilities(states: NgramStates, tokens: Sequence[int], vocabulary: int) -> np.ndarray:
    """Of each token and of the end, after some tokens."""
    state = np.zeros((1,), np.int32)
    for token in tokens:
        state = states.advance(state, np.array([token]))
    scores = [float(states.scores(state, np.array([token]))[0]) for token in range(vocabulary)]
    return np.exp([*scores, float(states.ends(state)[0])])


@given(Sentences, st.lists(st.integers(0, 3), max_size=12))
@settings(max_examples=200, deadline=None)
def test_it_is_a_distribution_after_any_context(sentences: list[list[int]], context: list[int]) -> None:
    found = probabilities(NgramStates(count_ngrams(sentences, 4)), context, 4)

    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert (found > 0).all(), "anything may be said"


@given(Sentences)
@settings(max_examples=100, deadline=None)
def test_counts_are_those_of_the_text(sentences: list[list[int]]) -> None:
    """Every context of every length, against counting by hand."""
    ngram = count_ngrams(sentences, 4)
    expected: Counter[tuple[int, ...]] = Counter()
    for sentence in sentences:
        symbols = [ngram.border, *(token + 1 for token in sentence), ngram.border]
        for start in range(len(symbols) - 1):
            for end in range(start + 1, min(len(symbols), start + ngram.order) + 1):
                expected[tuple(symbols[start:end])] += 1
    for run, count in expected.items():
        length, start, end = ngram.find(run[:-1])
        assert length == len(run) - 1
        if len(run) > 1 or run[0] != ngram.border:
            assert ngram.follows(length, start, end)[run[-1] - 1] == count


def test_witten_and_bell_by_hand() -> None:
    """`ab` twice and `ac` once: after `a` there are three, of two kinds."""
    states = NgramStates(count_ngrams([[0, 1], [0, 1], [0, 2]], 3))
    after_nothing = (np.array([3, 2, 1, 0]) + np.array([0, 0, 0, 3]) + 4 * 0.25) / (9 + 4)
    # The border itself is not counted as following nothing, but as the end after `b` and `c`.
    once = after_nothing
    twice = (np.array([0, 2, 1, 0]) + 2 * once) / (3 + 2)
    thrice = (np.array([0, 2, 1, 0]) + 2 * twice) / (3 + 2)

    assert probabilities(states, [0], 3) == pytest.approx(thrice, rel=1e-5)


def test_a_context_beyond_the_text_is_its_longest_known_end() -> None:
    states = NgramStates(count_ngrams([[0, 1, 2]], 5))

    assert probabilities(states, [4, 4, 0, 1], 5) == pytest.approx(probabilities(states, [3, 0, 1], 5))
    assert probabilities(states, [0, 1], 5)[2] > probabilities(states, [1], 5)[2] > probabilities(states, [4], 5)[2]


def test_a_text_of_nothing_believes_in_nothing() -> None:
    for sentences in ([], [[]]):
        states = NgramStates(count_ngrams(sentences, 3))
        found = probabilities(states, [1], 3)
        assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(("tokens", "order"), [(29, 8), (200, 8), (300, 7), (1025, 5), (51_865, 4), (250_000, 3)])
def test_a_large_vocabulary_has_short_runs(tokens: int, order: int) -> None:
    assert order_of(tokens) == order
    ngram = count_ngrams([[tokens - 1, 0, tokens - 1]], tokens)
    found = ngram.follows(*ngram.find([tokens]))
    assert {int(place) + 1: int(found[place]) for place in np.flatnonzero(found)} == {1: 1, ngram.border: 1}
    assert np.isfinite(NgramStates(ngram).ends(np.zeros(1, np.int32))[0])
