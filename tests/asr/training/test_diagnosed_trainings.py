"""Real trainings that go wrong, each in its own way, and what they are told; the healthy one is told nothing.

The embedded base, which knows general speech, and the small Whisper of these tests, which knows nothing.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.utterance import Utterance
from asr.errors import ModelError
from asr.models.checkpoint import EMBEDDED_DIRECTORY
from asr.training.diagnosis import Diagnosis
from asr.training.divergence import Diverged
from asr.training.finetune import TrainedModel, finetune

RUSSIAN = (
    "да",
    "да спасибо",
    "стоп",
    "открой дверь",
    "поверни налево",
    "где красный дом",
    "две чашки чая",
    "поезд уходит в полдень",
)

Learn = Callable[..., TrainedModel]


@pytest.fixture
def learn(load: Any, short: Any, utterances: list[Utterance], tmp_path: Path) -> Learn:
    """Train on all utterances but two, judged by all eight."""

    def run(
        base: Path = EMBEDDED_DIRECTORY,
        *,
        training: Sequence[Utterance] = utterances[2:],
        dev: Sequence[Utterance] = utterances,
        normalizer: str = "basic",
        folder: Path = tmp_path / "training",
        **changes: Any,
    ) -> TrainedModel:
        options = {"epochs": 1000, "max_steps": 24, "batch_size": 6, "evaluations": 3, "spec_augment": False} | changes
        return finetune(load(base), training, dev, [], short(**options), normalizer=normalizer, folder=folder)

    return run


def only(trained: TrainedModel) -> Diagnosis:
    [found] = trained.diagnoses
    return found


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name.startswith("asr.training")]


def test_a_healthy_one(learn: Learn, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        trained = learn(learning_rate=3e-4)
    assert trained.dev_wer < 0.2
    assert trained.diagnoses == ()
    assert warnings(caplog) == []


def test_flat_because_the_learning_rate_is_too_low(learn: Learn, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = only(learn(learning_rate=1e-6))
    assert (found.name, found.factor) == ("learning_rate_too_low", 10)
    assert "set training.learning_rate = 1e-05 (it was 1e-06)" in found.mend
    told = [line for line in warnings(caplog) if found.name in line]
    assert len(told) == 2, "once while it trained, once at the end"


def test_flat_because_the_learning_rate_is_too_high(learn: Learn) -> None:
    """The base forgets all, and ends where it writes only blanks."""
    trained = learn(learning_rate=0.03)
    found = only(trained)
    assert (found.name, found.factor) == ("learning_rate_too_high", 0.1)
    assert "set training.learning_rate = 0.003 (it was 0.03)" in found.mend
    assert trained.dev_wer == 1


def test_an_explosion_leaves_the_last_good_checkpoint(learn: Learn, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        trained = learn(learning_rate=1.0, evaluations=24, warmup=0.5)
    found = only(trained)
    assert (found.name, found.factor) == ("diverged", 0.1)
    assert trained.steps < 10, "it was stopped"
    assert trained.best_step == 1 and trained.dev_wer < 0.6, "from before it flew apart"
    assert any("step 1, the best before it, is kept" in line for line in warnings(caplog))


def test_an_explosion_before_there_is_a_checkpoint(learn: Learn) -> None:
    with pytest.raises(ModelError, match="the training diverged: after step 20 the loss is") as error:
        learn(learning_rate=1.0, max_steps=60, evaluations=1)
    assert isinstance(error.value, Diverged)
    assert [one.name for one in error.value.diagnoses] == ["diverged"]


def test_overfitting(learn: Learn, utterances: list[Utterance]) -> None:
    trained = learn(
        training=utterances[:2],
        dev=utterances[2:],
        learning_rate=1e-3,
        max_steps=40,
        batch_size=2,
        evaluations=8,
    )
    found = only(trained)
    assert found.name == "overfitting"
    assert f"set training.max_steps = {trained.best_step}" in found.mend
    assert trained.best_step < 20


def test_a_budget_that_is_too_small(learn: Learn, utterances: list[Utterance]) -> None:
    found = only(learn(training=utterances, learning_rate=3e-5, warmup=1.0, evaluations=6))
    assert found.name == "learning_too_slow"
    assert found.mend == "set training.max_steps = 48"


def test_runaway_decoding(learn: Learn, whisper: Path, utterances: list[Utterance]) -> None:
    trained = learn(whisper, dev=utterances[:2], learning_rate=1e-2, batch_size=3, max_steps=40, evaluations=2)
    found = only(trained)
    assert found.name == "runaway_decoding"
    assert trained.dev_wer > 1


def test_a_wrong_normalizer(learn: Learn, utterances: list[Utterance]) -> None:
    """The base writes small letters, the transcripts are shouted, and nobody says that it is the same."""
    shouted = [replace(one, text=one.text.upper() + "!") for one in utterances]
    trained = learn(dev=shouted, normalizer="none", learning_rate=1e-4, max_steps=4, evaluations=2)
    found = only(trained)
    assert (found.name, found.mend) == ("wrong_normalizer", 'set normalizer = "basic"')
    assert trained.dev_wer >= 1


@pytest.fixture(scope="module")
def russian(
    load: Any, short: Any, whisper: Path, utterances: list[Utterance], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A Whisper that has learned to hear Russian in these recordings, and to write it."""
    from asr.models.speech_model import load_speech_model

    said = [replace(one, text=text) for one, text in zip(utterances, RUSSIAN, strict=True)]
    trained = finetune(
        load_speech_model(str(whisper), language="ru", device="cpu"),
        said,
        said,
        [],
        short(epochs=1000, max_steps=60, batch_size=8, evaluations=2, spec_augment=False, learning_rate=1e-2),
        normalizer="basic",
        folder=tmp_path_factory.mktemp("russian"),
    )
    return trained.directory


def test_a_wrong_language(russian: Path, learn: Learn, caplog: pytest.LogCaptureFixture) -> None:
    """It is told `en`, and is asked what it hears before training teaches it to believe that."""
    with caplog.at_level(logging.WARNING):
        trained = learn(russian, max_steps=2, evaluations=1, learning_rate=1e-6)
    found = only(trained)
    assert (found.name, found.mend) == ("wrong_language", 'set language = "ru"')
    assert "the base hears ru in 8 of 8 utterances" in found.evidence
    assert "is told to write en" in found.evidence
    assert trained.dev_wer >= 1
    assert "at step 0" in warnings(caplog)[0], "before it costs anything"


def test_what_the_base_heard_is_known_after_a_kill(russian: Path, learn: Learn) -> None:
    first = learn(russian, max_steps=2, evaluations=1, learning_rate=1e-6)
    again = learn(russian, max_steps=2, evaluations=1, learning_rate=1e-6)
    assert again.diagnoses == first.diagnoses != ()


def test_another_script_than_the_transcripts(russian: Path, learn: Learn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a base that cannot be asked, what it writes tells."""
    monkeypatch.setattr("asr.training.callbacks.doubt_language", lambda *_: None)
    found = only(learn(russian, max_steps=2, evaluations=1, learning_rate=1e-6))
    assert found.name == "wrong_language"
    assert "Cyrillic for Latin" in found.evidence
