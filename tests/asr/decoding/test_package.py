"""What a package is made of, and that knowing the dev set by heart is not what its weight is chosen by."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.corpus.utterance import Utterance
from asr.decoding import package
from asr.decoding.decoding import MOST_PHRASES, RECIPE, Biasing, NgramDecoding
from asr.decoding.ngram import Ngram, count_ngrams
from asr.decoding.package import learn_text, write_package
from asr.decoding.tuning import DEFAULT_BONUS, DEFAULT_WEIGHT, tune_ngram
from asr.models.abilities import abilities
from asr.models.speech_model import SpeechModel

LINES = ["take me to al qasba", "rolla square is open"]


def counted(speech: SpeechModel, lines: list[str]) -> Ngram:
    return count_ngrams([abilities(speech).labels(one) for one in lines], speech.model.config.vocab_size)


def test_sentences_of_the_dev_set_are_searched_for_but_not_tuned_with(
    parakeet: Path, load: Any, utterances: list[Utterance], monkeypatch: pytest.MonkeyPatch
) -> None:
    speech, tuned = load(parakeet), []

    def tune(speech: SpeechModel, dev: list[Utterance], ngram: Ngram, normalizer: str) -> NgramDecoding:
        tuned.append((list(dev), ngram))
        return tune_ngram(speech, dev[:1], ngram, normalizer)

    monkeypatch.setattr(package, "tune_ngram", tune)
    copied = [one.text.upper() + "!" for one in utterances]
    found = learn_text(speech, [*LINES, *copied], [], utterances, "basic")

    [(dev, ngram)] = tuned
    assert dev == utterances
    assert np.array_equal(ngram.keys, counted(speech, LINES).keys)
    assert isinstance(found, NgramDecoding)
    assert np.array_equal(found.ngram.keys, counted(speech, [*LINES, *copied]).keys)


def test_a_text_of_nothing_but_the_dev_set_is_not_tuned(parakeet: Path, load: Any, utterances: list[Utterance]) -> None:
    found = learn_text(load(parakeet), [one.text for one in utterances], [], utterances, "basic")

    assert isinstance(found, NgramDecoding)
    assert (found.search.weight, found.search.bonus) == (DEFAULT_WEIGHT, DEFAULT_BONUS)


def test_without_text_there_is_no_search(parakeet: Path, whisper: Path, load: Any) -> None:
    assert learn_text(load(parakeet), [], ["al qasba"], [], "basic") is None
    assert learn_text(load(whisper), LINES, [], [], "basic") is None
    assert learn_text(load(whisper), LINES, ["x" * 1000], [], "basic") is None


def test_names_that_are_too_many_are_counted_in_the_log(
    whisper: Path, load: Any, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"name{number}" for number in range(MOST_PHRASES + 3)]
    found = learn_text(load(whisper), [], ["x" * 1000, *names], [], "basic")

    assert isinstance(found, Biasing)
    assert found.phrases == tuple(names[:MOST_PHRASES])
    assert "looks for 5000 of 5004 names" in caplog.text


def test_a_package_leaves_the_trained_model_as_it_is(tmp_path: Path) -> None:
    """Also when a kill left half of one, or it is made anew."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (tmp_path / "package" / "model.part").mkdir(parents=True)
    (tmp_path / "package" / "model.part" / "half").touch()
    first = Biasing(phrases=("al qasba",), bonus=1.0)
    for decoding in (first, replace_bonus(first)):
        made = write_package(model, decoding, tmp_path / "package" / "model")

    assert sorted(path.name for path in made.iterdir()) == ["config.json", RECIPE]
    assert '"bonus": 2.0' in (made / RECIPE).read_text()
    assert [path.name for path in model.iterdir()] == ["config.json"]
    assert [path.name for path in made.parent.iterdir()] == ["model"]


def replace_bonus(decoding: Biasing) -> Biasing:
    return decoding.model_copy(update={"bonus": 2.0})
