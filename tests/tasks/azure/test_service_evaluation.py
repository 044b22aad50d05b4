"""The service's own counts stand beside ours in MLflow when they are asked for, and decide nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.azure.azure_model import AzureModel, write_azure_model
from asr.models.checkpoint import fingerprint
from tasks.azure.evaluate import evaluate_azure_model
from tasks.azure.service_evaluation import compare_with_service
from tasks.corpus import Corpora
from tasks.registry import Registered
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.tracking import client, experiment_id
from tests.azure_emulator.faults import Fault
from tests.azure_stock import Stock


@pytest.fixture
def compare(
    at_work: Settings, make_corpora: Callable[..., Corpora], record: Record, stock: Stock, tmp_path: Path
) -> Callable[..., None]:
    """Compare two bases, of which the second knows one word more."""
    testing = make_corpora().testing
    models = []
    for name in ("uncharged", "charged"):
        model = AzureModel(id=stock.base(name), is_base=True, locale="en-US")
        folder = write_azure_model(model, tmp_path / name)
        models.append(Registered(version=1, name=name, directory=folder, fingerprint=fingerprint(folder)))
    stock.emulator.state.recognizer.train(stock.base("charged"), ["zebra"])
    ours = [evaluate_azure_model(at_work, model, model.name, testing, record) for model in models]

    def call(asked: bool = True, second: Registered = models[1]) -> None:
        azure = at_work.azure.model_copy(update={"service_evaluation": asked})
        settings = at_work.model_copy(update={"azure": azure})
        compare_with_service.fn(settings, record, testing, (models[0], second), (ours[0], ours[1]))

    return call


def metrics(settings: Settings) -> dict[str, dict[str, float]]:
    """What was logged of the two models."""
    found = client(settings).search_runs([experiment_id(settings)], "tags.`mlflow.parentRunId` != ''")
    return {run.info.run_name: run.data.metrics for run in found}


def test_its_counts_are_logged(compare: Any, at_work: Settings, stock: Stock) -> None:
    compare()
    compare()  # after a kill
    counts = {"testing.azure_words": 12.0, "testing.azure_deletions": 0.0, "testing.azure_insertions": 0.0}
    assert metrics(at_work) == {
        "baseline": counts | {"testing.azure_substitutions": 1.0, "testing.azure_wer": 1 / 12},
        "candidate": counts | {"testing.azure_substitutions": 0.0, "testing.azure_wer": 0.0},
    }
    assert stock.emulator.state.calls["Evaluations_Create"] == 1


def test_it_is_made_only_when_asked_for(compare: Any, at_work: Settings, stock: Stock, tmp_path: Path) -> None:
    compare(asked=False)
    local = Registered(version=1, name="local", directory=tmp_path, fingerprint="f")
    compare(second=local)
    assert (stock.ids("evaluations"), metrics(at_work)) == (set(), {})


def test_without_it_the_run_goes_on(
    compare: Any, at_work: Settings, stock: Stock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stock.emulator.state.faults.add(Fault("fail", "evaluations", message="a bad day"))
    compare()
    assert "the service's own evaluation is missing: the evaluation wergate/" in caplog.text
    assert "a bad day" in caplog.text
    model = AzureModel(id="11111111-2222-3333-4444-555555555555", is_base=False, locale="en-US")
    gone = Registered(version=1, name="gone", directory=write_azure_model(model, tmp_path / "gone"), fingerprint="f")
    compare(second=gone)
    assert "the service has no model 11111111" in caplog.text
    assert metrics(at_work) == {}
