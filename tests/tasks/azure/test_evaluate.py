"""A model of the service is measured once: one upload, one batch, and nothing left behind when its result is here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.azure.azure_error import AzureError
from asr.azure.azure_model import AzureModel, write_azure_model
from asr.errors import ModelError
from asr.models.checkpoint import fingerprint
from asr.scoring.evaluation import Evaluation
from tasks.azure import evaluate as evaluate_module
from tasks.azure.evaluate import evaluate_azure_model
from tasks.corpus import Corpora
from tasks.registry import Registered
from tasks.run_record import Record
from tasks.settings import Settings
from tests.azure_emulator.faults import Fault
from tests.azure_stock import Stock

SUBMIT, UPLOAD = "Transcriptions_Submit", "Datasets_UploadBlock"


@pytest.fixture
def base(stock: Stock, tmp_path: Path) -> Registered:
    """The uncharged base."""
    model = AzureModel(id=stock.base("uncharged"), is_base=True, locale="en-US")
    folder = write_azure_model(model, tmp_path / "base")
    return Registered(version=1, name="wergate v1", directory=folder, fingerprint=fingerprint(folder))


@pytest.fixture
def evaluate(
    at_work: Settings, base: Registered, make_corpora: Callable[..., Corpora], record: Record
) -> Callable[..., Evaluation]:
    """Measure a model on the testing data."""
    corpora = make_corpora()

    def call(model: Registered = base, run: Record | None = record, settings: Settings = at_work) -> Evaluation:
        return evaluate_azure_model(settings, model, "champion", corpora.testing, run)

    return call


def calls(stock: Stock) -> tuple[int, int]:
    return stock.emulator.state.calls[UPLOAD], stock.emulator.state.calls[SUBMIT]


def test_it_is_measured_once(evaluate: Any, stock: Stock) -> None:
    first = evaluate()
    assert (first.wer, first.words, first.utterances, first.recognition) == (1 / 12, 12, 2, "azure-batch@1")
    assert (first.model, first.corpus) == ("champion", "testing")
    assert evaluate() == evaluate(run=None) == first
    assert calls(stock) == (1, 1)
    assert (stock.ids("transcriptions"), len(stock.ids("datasets"))) == (set(), 1), "its batch was read"


@pytest.mark.parametrize("language", ["", "english", "de-DE"], ids=["none", "english", "another"])
def test_a_run_of_this_machine_measures_it_in_its_own_locale(
    evaluate: Any, at_work: Settings, stock: Stock, language: str
) -> None:
    settings = at_work.model_copy(update={"backend": "local", "language": language})
    assert evaluate(settings=settings).wer == 1 / 12
    datasets, projects = (stock.emulator.state.store.all(kind) for kind in ("datasets", "projects"))
    assert [one.body["locale"] for one in (*datasets, *projects)] == ["en-US", "en-US"]
    assert evaluate().wer == 1 / 12 and calls(stock) == (1, 1), "what was measured holds for either"


def test_killed_between_result_and_deletion_it_is_not_measured_again(
    evaluate: Any, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(evaluate_module, "forget_transcription", killed)
        evaluate()
    assert evaluate().wer == 1 / 12
    assert (calls(stock), len(stock.ids("transcriptions"))) == ((1, 1), 1), "tidying up takes it"


def test_another_normalizer_is_another_measurement(evaluate: Any, at_work: Settings, stock: Stock) -> None:
    evaluate()
    other = evaluate(settings=at_work.model_copy(update={"normalizer": "none"}))
    assert other.normalizer.startswith("none@") and calls(stock) == (1, 2)


def test_forced_it_is_measured_again(evaluate: Any, stock: Stock, record: Record) -> None:
    evaluate()
    evaluate(run=record.model_copy(update={"since": 4e9}))
    assert calls(stock) == (1, 2), "the data are there"


def test_a_batch_that_failed_is_begun_anew(evaluate: Any, stock: Stock) -> None:
    stock.emulator.state.faults.add(Fault("fail", "transcriptions", message="a bad day"))
    with pytest.raises(AzureError, match=r"transcription wergate/.* failed .*a bad day"):
        evaluate()
    assert evaluate().wer == 1 / 12
    assert (stock.ids("transcriptions"), calls(stock)) == (set(), (1, 2))


def test_a_model_that_is_gone(evaluate: Any, tmp_path: Path, stock: Stock) -> None:
    model = AzureModel(id="11111111-2222-3333-4444-555555555555", is_base=False, locale="en-US")
    folder = write_azure_model(model, tmp_path / "gone")
    gone = Registered(version=2, name="wergate v2", directory=folder, fingerprint="g" * 64)
    with pytest.raises(ModelError, match=r"the service has no model 11111111.* any more; "):
        evaluate(gone)
    assert calls(stock) == (0, 0), "nothing is uploaded for it"
