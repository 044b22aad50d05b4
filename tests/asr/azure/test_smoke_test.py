"""A model hears at its endpoint what it heard when it was evaluated, but for some words; another model does not."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from asr.audio import Samples, decode
from asr.azure.smoke_test import answers, smoke_test_endpoint
from asr.corpus.utterance import Corpus
from asr.errors import UserError
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.hypothesis import write_table

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
    assert endpoint.heard == ["go", "yes please", "stop now", "open the door", "turn left at the bridge"]


@pytest.mark.parametrize(("wrong", "passes"), [(2, True), (3, False), (13, False)], ids=["few", "more", "all"])
def test_some_words_may_differ(corpus: Corpus, evaluated: Callable[..., Evaluation], wrong: int, passes: bool) -> None:
    """Of 13 words a fifth may be wrong."""
    endpoint = Endpoint(corpus, wrong)
    if passes:
        smoke_test_endpoint(endpoint, WHERE, corpus, evaluated(), "basic")
        return
    with pytest.raises(UserError, match=f"{WHERE}: {wrong} of 13 words are wrong there, and 0 were when") as raised:
        smoke_test_endpoint(endpoint, WHERE, corpus, evaluated(), "basic")
    assert str(raised.value).endswith("; the champion stays as it is")
    assert "for 4.flac it wrote 'x x x" in str(raised.value), "the worst one"


def test_what_was_wrong_before_may_be_wrong_again(corpus: Corpus, evaluated: Callable[..., Evaluation]) -> None:
    evaluation = evaluated({"4.flac": "x x x x x"})
    smoke_test_endpoint(Endpoint(corpus, 7), WHERE, corpus, evaluation, "basic")
    with pytest.raises(UserError, match="8 of 13 words are wrong there, and 5 were when"):
        smoke_test_endpoint(Endpoint(corpus, 8), WHERE, corpus, evaluation, "basic")


def test_an_endpoint_that_hears_nothing(corpus: Corpus, evaluated: Callable[..., Evaluation]) -> None:
    with pytest.raises(UserError, match="13 of 13 words are wrong there"):
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
