"""The search finds what an exhaustive one finds: the most probable text of all."""

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.decoding.beam_search import Search, beam_search
from asr.decoding.ngram import NgramStates, count_ngrams

BLANK, TOKENS = 3, 3
TEXT = [[0, 1, 0], [0, 1, 0], [2, 1], [0, 0]]


def states() -> NgramStates:
    return NgramStates(count_ngrams(TEXT, TOKENS + 1))


def score_of_text(text: tuple[int, ...], search: Search) -> float:
    of_text, state, total = states(), np.zeros(1, np.int32), 0.0
    for token in text:
        total += search.weight * float(of_text.scores(state, np.array([token]))[0]) + search.bonus
        state = of_text.advance(state, np.array([token]))
    return total + search.weight * float(of_text.ends(state)[0])


def exhaustive(logits: np.ndarray, search: Search) -> dict[tuple[int, ...], float]:
    """Every text with its score, summed over every way to say it."""
    heard: dict[tuple[int, ...], float] = {}
    for path in product(range(TOKENS + 1), repeat=len(logits)):
        text = tuple(token for token, _ in groupby(path) if token != BLANK)
        said = float(sum(logits[frame, token] for frame, token in enumerate(path)))
        heard[text] = np.logaddexp(heard.get(text, -np.inf), said)
    return {text: score + score_of_text(text, search) for text, score in heard.items()}


def random_logits(seed: int, *shape: int) -> np.ndarray:
    numbers = np.random.default_rng(seed).standard_normal((*shape, TOKENS + 1)) * 2
    return (numbers - np.log(np.exp(numbers).sum(-1, keepdims=True))).astype(np.float32)


@given(st.integers(0, 10_000), st.integers(1, 5), st.sampled_from([0.0, 0.5, 1.5]), st.sampled_from([0.0, 1.0]))
@settings(max_examples=150, deadline=None)
def test_it_finds_the_best_text(seed: int, frames: int, weight: float, bonus: float) -> None:
    logits, search = random_logits(seed, frames), Search(weight, bonus, beams=400, tokens=3)
    [found] = beam_search(logits[None], np.array([frames]), BLANK, states(), search)
    scores = exhaustive(logits, search)

    assert scores[tuple(found)] == pytest.approx(max(scores.values()), abs=1e-4)


def test_no_utterance_is_touched_by_the_others() -> None:
    search = Search(0.7, 1.0)
    lengths = np.array([30, 12, 1, 0, 30])
    logits = random_logits(1, 5, 30)
    together = beam_search(logits, lengths, BLANK, states(), search)
    alone = [
        beam_search(one[None, : max(length, 1)], np.array([length]), BLANK, states(), search)[0]
        for one, length in zip(logits, lengths, strict=True)
    ]

    assert together == alone
    assert together[3] == [], "nothing was heard"
    assert len({tuple(text) for text in together}) == 5


def test_the_text_decides_what_the_sound_leaves_open() -> None:
    """`ac` sounds a little more probable; the text knows `ab`."""
    logits = np.log(np.array([[[0.9, 0.03, 0.03, 0.04], [0.04, 0.36, 0.56, 0.04]]], np.float32))
    known = NgramStates(count_ngrams([[0, 1]] * 9, TOKENS + 1))

    assert beam_search(logits, np.array([2]), BLANK, known, Search(0.0, 0.0)) == [[0, 2]]
    assert beam_search(logits, np.array([2]), BLANK, known, Search(1.0, 0.5)) == [[0, 1]]


def test_a_token_said_twice_is_written_twice_only_behind_a_blank() -> None:
    sure = {"a": 0, "_": BLANK}
    for said, text in (("aa", [0]), ("a_a", [0, 0]), ("a__a", [0, 0]), ("_a_", [0]), ("a____________a", [0, 0])):
        probabilities = np.full((1, len(said), TOKENS + 1), 1e-5, np.float32)
        for frame, sign in enumerate(said):
            probabilities[0, frame, sure[sign]] = 1 - 3e-5
        found = beam_search(np.log(probabilities), np.array([len(said)]), BLANK, states(), Search(0.0, 0.0))
        assert found == [text], said
