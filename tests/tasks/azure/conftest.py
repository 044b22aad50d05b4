"""A Speech resource that is emulated, settings that name it, and a registry that knows of models there."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from asr.audio import write_flac
from asr.azure import connection, custom_speech
from asr.azure.azure_model import AzureModel, write_azure_model
from asr.azure.options import AzureOptions
from asr.azure.rate_budget import RateBudget
from asr.models.checkpoint import fingerprint
from asr.synthesis.espeak import Voice, speak
from tasks.corpus import Corpora, check_corpora
from tasks.registry import Registered, move_alias, register, tag_version
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.tracking import KEY, OUTCOME, client, experiment_id
from tests.azure_emulator.running import running_emulator
from tests.azure_stock import Stock


@pytest.fixture
def stock() -> Iterator[Stock]:
    """An emulated resource, and how things are put there."""
    with running_emulator(pace=0.01, contract=None) as emulator:
        yield Stock(emulator)


@pytest.fixture
def settings(stored: Callable[..., Settings], stock: Stock, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that name the emulated resource, with an empty tracking store."""
    monkeypatch.setenv("AZURE_SPEECH_KEY", stock.emulator.key)
    options = AzureOptions(address=stock.emulator.address)
    return stored(backend="azure", language="en-US", azure=options)


@pytest.fixture
def run(settings: Settings) -> Callable[..., str]:
    """Makes a run of the loop in MLflow, finished with an outcome unless that is empty."""

    def make(outcome: str = "rejected", key: str = "key", began: int | None = None, **tags: str) -> str:
        known = {KEY: key} | ({OUTCOME: outcome} if outcome else {}) | tags
        return str(client(settings).create_run(experiment_id(settings), start_time=began, tags=known).info.run_id)

    return make


@pytest.fixture
def in_registry(settings: Settings, tmp_path: Path) -> Callable[..., Registered]:
    """Registers a model of the service by its id."""

    def make(id: str, outcome: str, *aliases: str, is_base: bool = False, run: str = "", **tags: Any) -> Registered:
        folder = write_azure_model(AzureModel(id=id, is_base=is_base, locale="en-US"), tmp_path / "models" / id)
        known = register(settings, folder, fingerprint(folder), base="azure:b", outcome=outcome, run_id=run)
        tag_version(settings, known.version, tags)
        for alias in aliases:
            move_alias(settings, alias, known.version)
        return known

    return make


@pytest.fixture
def at_work(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same settings with folders of data, an uncharged base, and a client that loses no time."""
    monkeypatch.setattr(custom_speech, "FIRST_POLL", 0.02)
    monkeypatch.setattr(connection, "shared_budget", lambda _address: RateBudget(100_000))
    azure = settings.azure.model_copy(update={"allow_charged_training": True})
    folders = {name: tmp_path / name for name in ("training_data", "testing_data")}
    return settings.model_copy(update=folders | {"azure": azure})


@pytest.fixture
def make_corpora(at_work: Settings) -> Callable[..., Corpora]:
    """Writes training and testing data and checks them as a run does."""

    def make(
        training: Mapping[str, str] | None = None, settings: Settings = at_work, files: Mapping[str, str] | None = None
    ) -> Corpora:
        """`training` is the text by the name of the audio; `files` are text beside it."""
        said = {"one": "the zebra went to the city", "two": "open the red door"} if training is None else training
        _speak(settings.training_data, said, "en-us+m3")
        for name, text in (files or {}).items():
            (settings.training_data / name).write_text(text, encoding="utf-8")
        _speak(
            settings.testing_data,
            {"first": "we saw a zebra by the water", "second": "stop at the red house"},
            "en-us+f2",
        )
        return check_corpora.fn(settings)

    return make


@pytest.fixture
def record(run: Callable[..., str]) -> Record:
    """A run of the loop that is at work."""
    return Record(id=run(""), since=None)


def _speak(folder: Path, texts: Mapping[str, str], voice: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        write_flac(folder / f"{name}.flac", speak(text, Voice(voice, speed=200)))
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
