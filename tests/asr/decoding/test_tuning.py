"""The search is chosen by its errors on dev utterances, and by nothing else."""

import csv
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.utterance import Utterance
from asr.decoding.decoding import Biasing, NgramDecoding
from asr.decoding.ngram import count_ngrams
from asr.decoding.tuning import (
    DEFAULT_BONUS,
    DEFAULT_PHRASE_BONUS,
    DEFAULT_WEIGHT,
    as_many_as_fit,
    climb,
    fewest,
    tune_biasing,
    tune_ngram,
)
from asr.models.abilities import abilities
from asr.models.recognize import recognize_batch
from asr.models.speech_model import load_speech_model
from asr.scoring.error_rates import score


def bowl(best: tuple[float, float]) -> tuple[Callable[[float, float], int], list[tuple[float, float]]]:
    asked: list[tuple[float, float]] = []

    def errors(weight: float, bonus: float) -> int:
        asked.append((weight, bonus))
        return round(100 * ((weight - best[0]) ** 2 + (bonus - best[1]) ** 2))

    return errors, asked


@pytest.mark.parametrize("best", [(0.2, 0.0), (1.0, 2.0), (0.6, 1.0), (1.4, 2.0), (0.2, 2.0)])
def test_it_climbs_down_to_the_fewest_errors_and_asks_for_nothing_twice(best: tuple[float, float]) -> None:
    weights, bonuses = (0.2, 0.6, 1.0, 1.4), (0.0, 1.0, 2.0)
    errors, asked = bowl(best)

    assert climb(errors, weights, bonuses, (0.6, 1.0)) == best
    assert len(asked) == len(set(asked))


def test_of_equals_the_text_that_counts_less() -> None:
    assert climb(lambda _weight, _bonus: 7, (0.2, 0.6, 1.0), (0.0, 1.0), (0.6, 1.0))[0] == 0.2
    assert fewest(["b", "a", "c"], {"b": 2, "a": 1, "c": 1}.__getitem__) == "a"


@pytest.fixture(scope="module")
def dev(repository: Path) -> list[Utterance]:
    folder = repository / "training_data" / "sharjah"
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as table:
        rows = list(islice(csv.DictReader(table), 16))
    return [
        Utterance(row["file_name"], folder / row["file_name"], row["transcription"], duration=2.5, audio_sha256="")
        for row in rows
    ]


def test_an_ngram_mends_the_embedded_base(dev: list[Utterance]) -> None:
    """On speech of the sample domain, with the text of other sentences of that domain."""
    speech = load_speech_model("embedded", device="cpu")
    lines = ["take me to al noor mosque", "how far is rolla square from al qasba", "is al majaz open tomorrow"]
    ngram = count_ngrams([abilities(speech).labels(one) for one in lines * 3], speech.model.config.vocab_size)

    def errors() -> int:
        texts = recognize_batch(speech, [one.samples() for one in dev])
        return sum(row.errors for row in score(dev, dict(zip([one.id for one in dev], texts, strict=True)), "basic"))

    before = errors()
    speech.decoding = tune_ngram(speech, dev, ngram, "basic")
    assert errors() < before


def test_without_dev_utterances_it_is_the_default(parakeet: Path, whisper: Path, load: Any) -> None:
    ngram = count_ngrams([[1, 2]], 29)
    found = tune_ngram(load(parakeet), [], ngram, "basic")
    assert isinstance(found, NgramDecoding)
    assert (found.search.weight, found.search.bonus) == (DEFAULT_WEIGHT, DEFAULT_BONUS)

    assert tune_biasing(load(whisper), [], ["al qasba"], "basic") == Biasing(
        phrases=("al qasba",), bonus=DEFAULT_PHRASE_BONUS
    )


def test_the_bonus_of_phrases_is_chosen_on_dev(whisper: Path, load: Any, utterances: list[Utterance]) -> None:
    """A model without an opinion of its own makes the fewer errors the more a phrase that is said is favoured."""
    speech = load(whisper)
    speech.model.proj_out.weight.data *= 0.01
    said = [replace(utterances[0], text="zorvanta " * 9)]

    def errors(bonus: float) -> int:
        speech.decoding = Biasing(phrases=("zorvanta",), bonus=bonus)
        texts = [recognize_batch(speech, [one.samples()])[0] for one in said]
        return sum(row.errors for row in score(said, dict(zip([one.id for one in said], texts, strict=True)), "basic"))

    found = tune_biasing(speech, said, ["zorvanta"], "basic")
    assert errors(found.bonus) < errors(0.0)


@pytest.mark.parametrize(("tokens", "heard"), [(32, 100), (1025, 100), (21_128, 50), (250_000, 4)])
def test_what_is_heard_of_a_large_vocabulary_fits_into_memory(tokens: int, heard: int) -> None:
    dev = [Utterance(f"{number}", Path("x.wav"), "a", 5.0, "") for number in range(300)]
    assert as_many_as_fit(dev, tokens) == heard
    assert as_many_as_fit(dev[:1], 100_000_000) == 1
