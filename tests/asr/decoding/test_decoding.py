"""What a package says of its search is read back as it was written, and damage is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.decoding.beam_search import Search, beam_search
from asr.decoding.decoding import NGRAM, RECIPE, Biasing, NgramDecoding, load_decoding, save_decoding
from asr.decoding.ngram import count_ngrams
from asr.errors import ModelError
from asr.models.abilities import abilities
from asr.models.checkpoint import fingerprint
from asr.models.recognize import recognize_batch
from asr.models.speech_model import SpeechModel, save_speech_model


def with_text(speech: SpeechModel, *lines: str) -> NgramDecoding:
    can = abilities(speech)
    ngram = count_ngrams([can.labels(line) for line in lines], speech.model.config.vocab_size)
    return NgramDecoding(Search(weight=2.0, bonus=1.0, beams=6, tokens=5), ngram)


def test_a_package_is_searched_as_it_was_saved(
    parakeet: Path, load: Any, tmp_path: Path, sounds: list[np.ndarray]
) -> None:
    speech = load(parakeet)
    plain = recognize_batch(speech, sounds[:3])
    speech.decoding = with_text(speech, "take me to al qasba", "rolla square")
    texts = recognize_batch(speech, sounds[:3])
    assert texts != plain
    save_speech_model(speech, tmp_path / "model")
    again = load(tmp_path / "model")

    assert recognize_batch(again, sounds[:3]) == texts
    assert again.search == speech.search
    assert "weight 2, bonus 1" in again.search
    assert again.fingerprint != speech.fingerprint, "a model that is searched otherwise is another model"


def test_the_text_is_part_of_the_fingerprint(parakeet: Path, load: Any, tmp_path: Path) -> None:
    speech = load(parakeet)
    found = set()
    for number, lines in enumerate((("al qasba",), ("al majaz",))):
        speech.decoding = with_text(speech, *lines)
        save_speech_model(speech, tmp_path / str(number))
        found.add(fingerprint(tmp_path / str(number)))
    assert len(found) == 2


def test_biasing_is_read_back(tmp_path: Path) -> None:
    decoding = Biasing(phrases=("al qasba", "GoDrive"), bonus=1.5, beams=3)
    save_decoding(decoding, tmp_path)

    assert load_decoding(tmp_path, "m") == decoding
    assert str(decoding) == "beam search for 2 phrases (bonus 1.5)"


def test_without_a_recipe_there_is_none(tmp_path: Path) -> None:
    assert load_decoding(tmp_path, "m") is None


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (RECIPE, b"{"),
        (RECIPE, b'{"method": "ngram", "version": 2, "weight": 1, "bonus": 1, "beams": 1, "tokens": 1}'),
        (RECIPE, b'{"method": "ngram", "version": 1, "weight": NaN, "bonus": 1, "beams": 1, "tokens": 1}'),
        (RECIPE, b'{"method": "ngram", "version": 1, "weight": 1, "bonus": 1, "beams": 1000, "tokens": 1000}'),
        (RECIPE, b"[" * 100_000),
        (RECIPE, b'{"method": "biasing", "phrases": [], "bonus": 1}'),
        (RECIPE, b'{"method": "biasing", "phrases": ["' + b"x" * 1000 + b'"], "bonus": 1}'),
        (RECIPE, b'{"method": "biasing", "phrases": ["\\ud800"], "bonus": 1}'),
        (NGRAM, None),
        (NGRAM, b"nothing"),
    ],
    ids=[
        "no JSON",
        "newer",
        "no number",
        "too much memory",
        "deep",
        "no phrase",
        "long phrase",
        "no text",
        "gone",
        "no safetensors",
    ],
)
def test_damage_is_one_line(tmp_path: Path, file: str, content: bytes | None) -> None:
    save_decoding(NgramDecoding(Search(1.0, 1.0), count_ngrams([[0, 1]], 3)), tmp_path)
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes(content)

    with pytest.raises(ModelError, match="damaged; release the model again") as raised:
        load_decoding(tmp_path, "m")
    assert "\n" not in str(raised.value)


GOOD = count_ngrams([[0, 1, 2], [1, 2]], 3)


@pytest.mark.parametrize(
    "damage",
    [
        {"counts": -GOOD.counts},
        {"counts": np.full_like(GOOD.counts, 1 << 62)},
        {"counts": GOOD.counts[1:]},
        {"keys": GOOD.keys.view(np.int64)[::-1].copy()},
        {"keys": GOOD.keys.view(np.int64) | 1},
        {"keys": GOOD.keys.astype(np.float64)},
        {"keys": np.arange(len(GOOD.keys))},
        {"shape": np.array([2, GOOD.order])},
        {"shape": np.array([1 << 31, 2])},
        {"shape": np.array(3)},
        {"shape": np.array([3, 0])},
        {"shape": np.array([3, 64])},
    ],
    ids=[
        "negative",
        "overflow",
        "fewer",
        "unsorted",
        "low bits",
        "no integers",
        "nothing first",
        "few",
        "many",
        "0-d",
        "short",
        "long",
    ],
)
def test_an_ngram_that_nobody_counted_is_refused(tmp_path: Path, damage: dict[str, np.ndarray]) -> None:
    from safetensors.numpy import save_file

    save_decoding(NgramDecoding(Search(1.0, 1.0), GOOD), tmp_path)
    whole = {"keys": GOOD.keys.view(np.int64), "counts": GOOD.counts, "shape": np.array([GOOD.tokens, GOOD.order])}
    save_file(whole, tmp_path / NGRAM)
    assert load_decoding(tmp_path, "m") is not None
    save_file(whole | damage, tmp_path / NGRAM)

    with pytest.raises(ModelError, match="damaged; release the model again"):
        load_decoding(tmp_path, "m")


def test_the_search_of_another_model_is_refused(parakeet: Path, whisper: Path, load: Any, tmp_path: Path) -> None:
    speech = load(parakeet)
    larger = count_ngrams([[1]], speech.model.config.vocab_size + 1)
    for number, decoding in enumerate((NgramDecoding(Search(1.0, 1.0), larger), Biasing(phrases=("a",), bonus=1.0))):
        speech.decoding = decoding
        save_speech_model(speech, tmp_path / str(number))
    with pytest.raises(ModelError, match=r"for a model with .* tokens, this one has"):
        load(tmp_path / "0")
    with pytest.raises(ModelError, match="for another kind of model"):
        load(tmp_path / "1")

    told = load(whisper)
    told.decoding = NgramDecoding(Search(1.0, 1.0), count_ngrams([[1]], told.model.config.vocab_size))
    save_speech_model(told, tmp_path / "2")
    with pytest.raises(ModelError, match="for another kind of model"):
        load(tmp_path / "2")


def test_states_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    decoding = NgramDecoding(Search(1.0, 1.0), GOOD)
    first = decoding.states()
    assert decoding.states() is first
    monkeypatch.setattr("asr.decoding.decoding._MOST_MEMORY", first.memory - 1)

    assert decoding.states() is not first


def test_a_large_vocabulary_is_searched_in_parts(
    parakeet: Path, load: Any, sounds: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    speech = load(parakeet)
    speech.decoding = with_text(speech, "take me to al qasba")
    together = recognize_batch(speech, sounds[:3])
    searched = []

    def search(logits: np.ndarray, *others: Any) -> list[list[int]]:
        searched.append(len(logits))
        return beam_search(logits, *others)

    monkeypatch.setattr("asr.decoding.ctc.beam_search", search)
    monkeypatch.setattr("asr.decoding.ctc._TOKENS_TOGETHER", 2 * speech.model.config.vocab_size)
    assert recognize_batch(speech, sounds[:3]) == together
    assert searched == [2, 1]
