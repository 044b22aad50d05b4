"""A model hears at its endpoint what it heard when it was evaluated, but for some words; another model does not."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE, Samples, decode
from asr.azure.smoke_test import answers, smoke_test_endpoint
from asr.corpus.utterance import Corpus, Utterance
from asr.errors import UserError
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.hypothesis import write_table
from tests.asr.conftest import TEXTS

WHERE = "the Azure endpoint of en-US"


@pytest.fixture
def evaluated(corpus: Corpus, tmp_path: Path) -> Callable[..., Evaluation]:
    """An evaluation of the eight utterances; `texts` is what was heard instead of the truth."""

    def make(texts: dict[str, str] | None = None) -> Evaluation:
        said = {one.id: one.text for one in corpus.read()} | (texts or {})
        rows = score(corpus.read(), said, "basic")
        write_table(rows, tmp_path / "table.jsonl")
        return summarize(
            rows, model="m", model_fingerprint="f", corpus="testing", corpus_fingerprint="f", normalizer="basic",
            recognition="azure-batch@1", decoding="by Azure", seconds_of_compute=0.0, table=tmp_path / "table.jsonl",
        )  # fmt: skip

    return make


class Endpoint:
    """Hears what is said, but for the words that it is told to get wrong."""

    def __init__(self, corpus: Corpus, wrong: int = 0) -> None:
        self.heard: list[str] = []
        self._texts = {decode(one.audio).tobytes(): one.text for one in corpus.read()}
        self._wrong = wrong

    def __call__(self, audio: Sequence[Samples]) -> list[str]:
        texts = [self._texts[samples.tobytes()] for samples in audio]
        self.heard += texts
        words = [text.split() for text in texts]
        for _ in range(self._wrong):
            place = next(at for at in range(len(words) - 1, -1, -1) if set(words[at]) != {"x"})
            words[place][next(at for at, word in enumerate(words[place]) if word != "x")] = "x"
        return [" ".join(one) for one in words]


def test_five_utterances_are_enough(corpus: Corpus, evaluated: Callable[..., Evaluation]) -> None:
    endpoint = Endpoint(corpus)
    smoke_test_endpoint(endpoint, WHERE, corpus, evaluated(), "basic")
    assert sorted(endpoint.heard) == sorted(TEXTS[3:]), "the shortest that have three words"


@pytest.mark.parametrize(("wrong", "passes"), [(5, True), (6, False), (28, False)], ids=["few", "more", "all"])
def test_some_words_may_differ(corpus: Corpus, evaluated: Callable[..., Evaluation], wrong: int, passes: bool) -> None:
    """Of 28 words a fifth may be wrong."""
    endpoint = Endpoint(corpus, wrong)
    if passes:
        smoke_test_endpoint(endpoint, WHERE, corpus, evaluated(), "basic")
        return
    with pytest.raises(UserError, match=f"{WHERE}: {wrong} of 28 words are wrong there, and 0 were when") as raised:
        smoke_test_endpoint(endpoint, WHERE, corpus, evaluated(), "basic")
    assert str(raised.value).endswith("; the champion stays as it is")
    assert "for 7.flac it wrote 'x x x x x x" in str(raised.value), "the worst one"


def test_what_was_wrong_before_may_be_wrong_again(corpus: Corpus, evaluated: Callable[..., Evaluation]) -> None:
    evaluation = evaluated({"4.flac": "x x x x x"})
    smoke_test_endpoint(Endpoint(corpus, 10), WHERE, corpus, evaluation, "basic")
    with pytest.raises(UserError, match="11 of 28 words are wrong there, and 5 were when"):
        smoke_test_endpoint(Endpoint(corpus, 11), WHERE, corpus, evaluation, "basic")


def test_an_endpoint_that_hears_nothing(corpus: Corpus, evaluated: Callable[..., Evaluation]) -> None:
    with pytest.raises(UserError, match="28 of 28 words are wrong there"):
        smoke_test_endpoint(lambda audio: [""] * len(audio), WHERE, corpus, evaluated(), "basic")


def test_an_endpoint_that_cannot_be_asked(corpus: Corpus, evaluated: Callable[..., Evaluation]) -> None:
    def refuse(_audio: Sequence[Samples]) -> list[str]:
        raise UserError("nobody is there")

    for try_it in (lambda: smoke_test_endpoint(refuse, WHERE, corpus, evaluated(), "basic"), lambda: answers(refuse)):
        with pytest.raises(UserError, match="nobody is there"):
            try_it()


def test_silence_is_all_that_can_be_tried_without_a_test() -> None:
    asked: list[Samples] = []

    def hear(audio: Sequence[Samples]) -> list[str]:
        asked.extend(audio)
        return [""]

    answers(hear)
    assert [(len(one), one.dtype, float(np.abs(one).max())) for one in asked] == [(16_000, np.float32, 0.0)]


SPOKEN = " ".join(["where is the red house and who opened the door to the two of you at noon today"] * 500)
"""Of two hours: about one word a second."""
UNSPACED = "きょうは二番の船が港に来ます明日は三番の船が出ます" * 290


@dataclass(frozen=True)
class Long:
    """Recordings that are long; nothing of them is on a disk."""

    utterances: tuple[Utterance, ...]
    asked: list[Utterance]

    def read(self) -> Iterator[Utterance]:
        return iter(self.utterances)


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, Evaluation]]:
    """Makes recordings of these seconds, all with one text, and what the model heard in them when it was evaluated."""

    def make(seconds: Sequence[float], text: str = SPOKEN, evaluated: str | None = None) -> tuple[Any, Evaluation]:
        made = [Utterance(f"{n}.flac", Path("no"), text, each, "s") for n, each in enumerate(seconds)]
        corpus = Long(tuple(made), [])

        def samples(one: Utterance) -> Samples:
            corpus.asked.append(one)
            return np.zeros(round(one.duration * SAMPLE_RATE), dtype=np.float32)

        monkeypatch.setattr(Utterance, "samples", samples)
        rows = score(made, dict.fromkeys((one.id for one in made), text if evaluated is None else evaluated), "basic")
        write_table(rows, tmp_path / "long.jsonl")
        return corpus, summarize(
            rows, model="m", model_fingerprint="f", corpus="testing", corpus_fingerprint="f", normalizer="basic",
            recognition="azure-batch@1", decoding="by Azure", seconds_of_compute=0.0, table=tmp_path / "long.jsonl",
        )  # fmt: skip

    return make


def hears(beginning: str) -> Callable[[Sequence[Samples]], list[str]]:
    return lambda audio: [beginning] * len(audio)


@pytest.mark.parametrize(
    ("seconds", "heard"),
    [
        ([7200.0] * 20, [12.0] * 5),
        ([5000.0, 7000.0], [30.0, 30.0]),
        ([7200.0], [60.0]),
        ([2.0, 9000.0, 4.0], [2.0, 4.0, 54.0]),
        ([13.0, 11.0, 12.0, 10.0, 14.0, 9.0], [9.0, 10.0, 11.0, 12.0, 13.0]),
    ],
    ids=["twenty", "two", "one", "one-is-long", "none-is-long"],
)
def test_a_minute_is_heard_at_most(long: Any, seconds: list[float], heard: list[float]) -> None:
    corpus, evaluation = long(seconds)
    asked: list[float] = []

    def hear(audio: Sequence[Samples]) -> list[str]:
        asked.extend(len(one) / SAMPLE_RATE for one in audio)
        return [""] * len(audio)

    with suppress(UserError):
        smoke_test_endpoint(hear, WHERE, corpus, evaluation, "basic")
    assert asked == heard and sum(asked) <= 60.0
    assert all(one.start == 0.0 for one in corpus.asked if one.duration not in seconds), "of a long one the beginning"


def test_the_beginning_of_a_segment_is_where_it_begins(long: Any) -> None:
    corpus, evaluation = long([7200.0])
    segment = replace(corpus.utterances[0], start=30.0)
    smoke_test_endpoint(hears(SPOKEN[:200]), WHERE, Long((segment,), corpus.asked), evaluation, "basic")
    assert [(one.start, one.duration) for one in corpus.asked] == [(30.0, 60.0)]


@pytest.mark.parametrize("said", [SPOKEN, UNSPACED], ids=["words", "no-spaces"])
def test_a_model_is_known_by_how_a_long_recording_begins(long: Any, said: str) -> None:
    corpus, evaluation = long([7200.0] * 5, text=said)
    begins = said[:60] if said == SPOKEN else said[:12]
    smoke_test_endpoint(hears(begins), WHERE, corpus, evaluation, "basic")
    for other in ("", "x", begins[::-1], " ".join(sorted(SPOKEN.split()[:20]))):
        with pytest.raises(UserError, match="words are wrong there, and 0 were when") as raised:
            smoke_test_endpoint(hears(other), WHERE, corpus, evaluation, "basic")
    assert len(str(raised.value)) < 600


def test_a_recording_that_begins_with_silence_spoils_nothing(long: Any) -> None:
    corpus, evaluation = long([7200.0] * 5)
    words = " ".join(SPOKEN.split()[:12])
    smoke_test_endpoint(lambda _audio: [words] * 4 + [""], WHERE, corpus, evaluation, "basic")


def test_what_was_not_understood_in_the_evaluation_proves_nothing(long: Any) -> None:
    corpus, evaluation = long([7200.0], evaluated="")
    smoke_test_endpoint(hears("where is the red house"), WHERE, corpus, evaluation, "basic")


def test_an_endpoint_that_never_ends_talking_is_wrong_soon(long: Any) -> None:
    corpus, evaluation = long([7200.0])
    began = time.process_time()
    with pytest.raises(UserError, match="words are wrong there"):
        smoke_test_endpoint(hears("x y " * 1_000_000), WHERE, corpus, evaluation, "basic")
    assert time.process_time() - began < 10.0
