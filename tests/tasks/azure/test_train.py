"""A training at the service: found again after a kill, not begun when it costs too much, known for what it learned."""

from collections.abc import Callable
from typing import Any

import pytest

from asr.azure.azure_error import AzureError
from asr.azure.azure_model import read_azure_model
from asr.azure.entities import CustomModel, Dataset, ServiceBase
from asr.corpus.utterance import read_manifest
from asr.errors import DataError, SettingsError
from tasks.azure import train as train_module
from tasks.azure.service import custom_speech
from tasks.azure.service_models import find_azure_base
from tasks.azure.train import begin_training, finish_training, train_on_azure, training_kinds
from tasks.candidates import Candidates
from tasks.corpus import Corpora
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.tracking import client, experiment_id
from tests.azure_emulator.faults import Fault
from tests.azure_stock import Stock

Make = Callable[..., Corpora]
EVERYTHING = {
    "plain_text.txt": "a line of the domain\n",
    "structured_text.md": "@ list town =\n- oslo\n- bergen\n\n# Lines\n- go to {@town}\n",
}
WORDS = {"pronunciation.txt": "zebra\tzee bra\n"}


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@pytest.fixture(autouse=True)
def tasks_as_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps without a Prefect server."""
    monkeypatch.setattr(train_module, "begin_training", begin_training.fn)
    monkeypatch.setattr(train_module, "finish_training", finish_training.fn)


@pytest.fixture
def train(at_work: Settings, record: Record) -> Callable[..., Candidates]:
    """Find the base and train from it."""

    def call(corpora: Corpora, settings: Settings = at_work) -> Candidates:
        return train_on_azure(settings, record, find_azure_base.fn(settings, corpora), corpora)

    return call


def with_options(settings: Settings, **options: object) -> Settings:
    return settings.model_copy(update={"azure": settings.azure.model_copy(update=options)})


def calls(stock: Stock, operation: str) -> int:
    return stock.emulator.state.calls[operation]


def kinds_there(settings: Settings) -> list[str]:
    return sorted(one.kind for one in custom_speech(settings).all(Dataset))


def test_the_candidate_and_what_it_has_learned_from(
    at_work: Settings, make_corpora: Make, train: Any, stock: Stock, record: Record
) -> None:
    corpora = make_corpora(files=EVERYTHING | WORDS)
    candidates = train(corpora)
    [package] = candidates.packages
    named = read_azure_model(package.directory)
    assert (named.is_base, named.base, named.locale) == (False, stock.base("charged"), "en-US")
    assert {named.id} == stock.ids("models")
    model = custom_speech(at_work).get(CustomModel, named.id)
    assert model.status == "Succeeded" and len(model.datasets or ()) == 3
    assert model.custom_properties["wergate.run"] == record.id
    assert read_manifest(candidates.prepared.training) == corpora.training.read()
    assert [read_manifest(path) for path in (candidates.prepared.dev, candidates.prepared.spoken)] == [[], []]
    assert (candidates.prepared.fingerprint, package.search) == (corpora.training.fingerprint, "by Azure")
    assert candidates.seconds is not None and candidates.seconds >= 0
    [child] = client(at_work).search_runs([experiment_id(at_work)], "tags.`mlflow.parentRunId` != ''")
    assert child.data.tags["wergate.azure.model"] == model.self_url
    assert child.data.metrics["training.seconds"] == candidates.seconds
    assert not list((at_work.data / "azure" / "parts").rglob("*.zip")), "the service has them"


def test_a_second_run_uploads_and_trains_nothing(make_corpora: Make, train: Any, stock: Stock) -> None:
    corpora = make_corpora(files=EVERYTHING)
    first = train(corpora)
    uploads, trainings = calls(stock, "Datasets_UploadBlock"), calls(stock, "Models_Create")
    assert train(corpora) == first
    assert (calls(stock, "Datasets_UploadBlock"), calls(stock, "Models_Create")) == (uploads, trainings)


@pytest.mark.parametrize("killed_in", ["upload", "ensure_model", "wait_or_suspend", "finish_training"])
def test_killed_anywhere_nothing_is_made_twice(
    make_corpora: Make, train: Any, stock: Stock, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    corpora = make_corpora(files=WORDS)

    usual = getattr(train_module, killed_in)

    def killed(*arguments: Any, **options: Any) -> None:
        if killed_in in ("upload", "ensure_model"):
            usual(*arguments, **options)  # it is dead when the service has done it
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(train_module, killed_in, killed)
        train(corpora)
    train(corpora)
    assert (len(stock.ids("datasets")), len(stock.ids("models"))) == (2, 1)
    assert (calls(stock, "Datasets_UploadBlock"), calls(stock, "Models_Create")) == (2, 1)


def test_a_failed_training_is_told_and_begun_anew(make_corpora: Make, train: Any, stock: Stock) -> None:
    corpora = make_corpora()
    stock.emulator.state.faults.add(Fault("fail", "models", message="a bad day"))
    with pytest.raises(
        AzureError, match=r"the training of wergate/model/\w+ failed \(PipelineError: a bad day\); mend"
    ):
        train(corpora)
    train(corpora)
    assert (len(stock.ids("models")), calls(stock, "Datasets_UploadBlock")) == (1, 1)


def test_what_costs_too_much_is_not_begun(at_work: Settings, make_corpora: Make, train: Any, stock: Stock) -> None:
    corpora = make_corpora()
    free = stock.base("uncharged")
    with pytest.raises(
        SettingsError, match=rf"allow_charged_training = true, or azure.base_model = {free}, which is not"
    ):
        train(corpora, with_options(at_work, allow_charged_training=False))
    with pytest.raises(
        SettingsError, match=r"training_data: 0\.00 hours of audio, and .*max_training_audio_hours is 0;"
    ):
        train(corpora, with_options(at_work, max_training_audio_hours=0.0))
    assert (stock.ids("datasets"), stock.ids("models")) == (set(), set())
    train(corpora, with_options(at_work, allow_charged_training=False, base_model=free))
    assert len(stock.ids("models")) == 1


def test_lines_that_the_service_leaves_out(at_work: Settings, make_corpora: Make, train: Any, stock: Stock) -> None:
    corpora = make_corpora()
    stock.emulator.state.faults.add(Fault("reject", "datasets"))
    with pytest.raises(
        DataError, match=r"\(training Acoustic\): the service left out 1 of 2 lines.*max_rejected is 5%"
    ):
        train(corpora)
    assert stock.ids("models") == set()
    train(corpora, with_options(at_work, max_rejected=0.5))
    assert len(stock.ids("models")) == 1


@pytest.mark.parametrize(
    ("files", "kinds"),
    [
        (EVERYTHING, ["Acoustic", "Language", "LanguageMarkdown"]),
        (EVERYTHING | WORDS, ["Acoustic", "Language", "Pronunciation"]),
        ({}, ["Acoustic"]),
    ],
    ids=["structured", "with-pronunciations", "audio-alone"],
)
def test_structured_text_goes_with_no_pronunciations(
    at_work: Settings, make_corpora: Make, train: Any, files: dict[str, str], kinds: list[str]
) -> None:
    train(make_corpora(files=files))
    assert kinds_there(at_work) == kinds


def test_where_audio_teaches_nothing_its_transcripts_do(
    at_work: Settings, make_corpora: Make, train: Any, stock: Stock, caplog: pytest.LogCaptureFixture
) -> None:
    settings = with_options(at_work.model_copy(update={"language": "et-EE"}), unsupported_data="drop")
    train(make_corpora(settings=settings, files=WORDS), settings)
    assert kinds_there(settings) == ["Language", "Pronunciation"]
    store = stock.emulator.state.store
    [text] = [file for one in store.all("datasets") for file in one.files if file.kind == "LanguageData"]
    lines = store.content(text.id).read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["the zebra went to the city", "open the red door"]
    assert [message for message in caplog.messages if message.endswith("does not learn from audio with transcripts")]


def test_a_kind_that_is_dropped_is_told(
    at_work: Settings, make_corpora: Make, train: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings = with_options(at_work.model_copy(update={"language": "ar-EG"}), unsupported_data="drop")
    train(make_corpora(settings=settings, files=WORDS), settings)
    assert kinds_there(settings) == ["Acoustic"]
    assert [message for message in caplog.messages if message.endswith("does not learn from pronunciations")]


def test_text_alone_trains_too(at_work: Settings, make_corpora: Make, train: Any, stock: Stock) -> None:
    candidates = train(make_corpora({}, files={"plain_text.txt": "the zebra went home\n"}))
    assert kinds_there(at_work) == ["Language"]
    assert read_manifest(candidates.prepared.training) == []


def test_kinds_of_a_base_that_says_nothing(at_work: Settings, make_corpora: Make) -> None:
    assert training_kinds(make_corpora().training, ServiceBase(display_name="b", locale="en-US")) == frozenset()
