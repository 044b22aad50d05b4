"""A phrase gets its bonus when it is written to its end; what breaks off is as probable as before."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from asr.decoding.biasing import PhraseBonus, phrase_tokens, phrase_tree, rewards, spellings, step
from asr.decoding.decoding import Biasing
from asr.decoding.generation import prompt
from asr.models.recognize import recognize_batch

PHRASES = [[1, 2, 3], [2, 3, 4, 5], [1, 2], [6]]


def total(written: tuple[int, ...]) -> int:
    """The tokens whose bonus a text has when it is over and nothing of a phrase is open any more."""
    node, found = phrase_tree(PHRASES), 0
    for token in (*written, 0):
        gains, otherwise = rewards(node)
        found += gains.get(token, otherwise)
        node = step(node, token)
    return found


def test_what_breaks_off_gives_everything_back() -> None:
    assert total((1,)) == total((2, 3, 4)) == total((2, 3)) == total((0, 7, 5)) == 0


def test_a_whole_phrase_keeps_one_for_each_token() -> None:
    assert total((1, 2)) == total((7, 1, 2, 7)) == 2
    assert total((1, 2, 3)) == total((1, 2, 3, 7)) == 3
    assert total((2, 3, 4, 5)) == 4
    assert total((6, 6, 6)) == 3
    assert total((1, 2, 3, 1, 2)) == 5
    assert total((1, 1, 2)) == 2, "the phrase begins anew in its own middle"


def test_no_text_has_more_than_all_of_its_tokens() -> None:
    for written in product(range(7), repeat=4):
        assert 0 <= total(written) <= len(written)
        if not {1, 2, 6} & set(written):
            assert total(written) == 0


def test_a_beginning_that_becomes_another_phrase_keeps_what_that_has() -> None:
    """1 2 3 is whole; 2 3 of it goes on as 2 3 4 5, whose first two were paid already."""
    assert total((1, 2, 3, 4, 5)) == 5


def test_scores_of_a_batch() -> None:
    bonus = PhraseBonus(phrase_tree(PHRASES), 2.0, begin=1)
    scores = bonus(torch.tensor([[9, 0, 0], [9, 7, 1], [9, 1, 2]]), torch.zeros(3, 10))

    assert scores[0].tolist() == [0, 2, 2, 0, 0, 0, 2, 0, 0, 0]
    assert scores[1].tolist() == [-2, 0, 2, -2, -2, -2, 0, -2, -2, -2]
    assert scores[2].tolist() == [0, 2, 2, 2, 0, 0, 2, 0, 0, 0]


def test_spellings() -> None:
    assert spellings("al  Qasba") == [
        " al Qasba", "al Qasba", " al qasba", "al qasba", " Al Qasba", "Al Qasba",
    ]  # fmt: skip


def test_a_phrase_is_tokenized_as_it_stands_in_a_text(whisper: Path, load: Any) -> None:
    tokenizer = load(whisper).processor.tokenizer
    assert tokenizer(" the on", add_special_tokens=False).input_ids in phrase_tokens(tokenizer, ["the on"])


def test_special_tokens_are_no_phrase(whisper: Path, load: Any) -> None:
    tokenizer = load(whisper).processor.tokenizer
    assert tokenizer("<|endoftext|>", add_special_tokens=False).input_ids == [tokenizer.eos_token_id]
    special = set(tokenizer.all_special_ids)
    assert all(special.isdisjoint(tokens) for tokens in phrase_tokens(tokenizer, ["<|endoftext|>", "al qasba"]))


@pytest.mark.parametrize("family", ["whisper", "moonshine"])
def test_a_model_writes_the_phrase_when_the_bonus_is_large(
    family: str, load: Any, request: pytest.FixtureRequest, sounds: list[np.ndarray]
) -> None:
    directory = request.getfixturevalue(family)
    plain, speech = load(directory), load(directory)
    before = recognize_batch(plain, sounds[:2])
    assert not any("zorvanta" in text.lower() for text in before)

    speech.decoding = Biasing(phrases=("zorvanta",), bonus=50.0, beams=3)
    assert all("zorvanta" in text.lower() for text in recognize_batch(speech, sounds[:2]))

    speech.decoding = Biasing(phrases=("zorvanta",), bonus=0.0, beams=1)
    assert recognize_batch(speech, sounds[:2]) == before, "without a bonus nothing changes"


def test_a_phrase_does_not_depend_on_the_company(whisper: Path, load: Any, sounds: list[np.ndarray]) -> None:
    speech = load(whisper)
    speech.decoding = Biasing(phrases=("the on", "ther"), bonus=3.0, beams=4)
    some = [sounds[0], sounds[-1], sounds[1]]
    together = recognize_batch(speech, some)
    assert together == [recognize_batch(speech, [sound])[0] for sound in some]


def test_a_prompt_is_told_and_never_written(whisper: Path, load: Any, sounds: list[np.ndarray]) -> None:
    speech = load(whisper)
    plain = recognize_batch(speech, sounds[:2])
    speech.decoding = Biasing(phrases=("zorvanta", "al qasba"), bonus=0.0, beams=1, prompt=True)
    told = recognize_batch(speech, sounds[:2])

    assert told != plain, "what was said before is heard"
    assert told == [recognize_batch(speech, [sound])[0] for sound in sounds[:2]]
    assert not any("zorvanta" in text for text in told)
    speech.decoding = Biasing(phrases=("zorvanta",), bonus=50.0, beams=2, prompt=True)
    assert all("zorvanta" in text.lower() for text in recognize_batch(speech, sounds[:2]))


def test_a_prompt_has_as_many_phrases_as_fit(whisper: Path, load: Any) -> None:
    speech = load(whisper)
    positions = speech.model.config.max_target_positions
    names = ["<|endoftext|>", *(f"place {number}" for number in range(500))]
    tokens = prompt(speech, names)

    assert len(tokens) < positions // 2
    text = speech.processor.tokenizer.decode(tokens.tolist()[1:])
    assert text.strip().startswith("place 0, place 1")
    assert text.strip().endswith(".")


def test_the_tree_is_made_once(
    whisper: Path, load: Any, sounds: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of phrases take seconds, and there are many batches."""
    made = []
    monkeypatch.setattr("asr.decoding.generation.phrase_tree", lambda tokens: made.append(1) or phrase_tree(tokens))
    speech = load(whisper)
    for phrases in (("al qasba",), ("al qasba",), ("rolla",)):
        speech.decoding = Biasing(phrases=phrases, bonus=1.0, beams=2)
        recognize_batch(speech, sounds[:1])
    assert len(made) == 2
