"""What a package says of its search is read back as it was written, and damage is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.decoding.beam_search import Search
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
        (RECIPE, b'{"method": "biasing", "phrases": [], "bonus": 1}'),
        (NGRAM, None),
        (NGRAM, b"nothing"),
    ],
    ids=["no JSON", "newer", "no number", "no phrase", "gone", "no safetensors"],
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
