"""Small corpora and quick settings, so that the whole loop takes seconds; and one finished run to look at."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from asr.training.options import TrainingOptions
from tasks.result import Result
from tasks.settings import Settings
from tests.azure_emulator.running import EmulatorProcess, emulator_process
from tests.flows.azure_runs import EMULATED_KEY, hurried, said

MakeSettings = Callable[..., Settings]
Kill = Callable[..., None]


def some_of(source: Path, target: Path, count: int, start: int = 0) -> None:
    """Copy some utterances of a bundled corpus."""
    with (source / "metadata.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))[start : start + count]
    (target / "audio").mkdir(parents=True)
    with (target / "metadata.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        shutil.copy(source / row["file_name"], target / row["file_name"])


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """`training`, `testing` with a guard set, and `more_testing`: the bundled samples in small; not to be changed."""
    folder = tmp_path_factory.mktemp("speech")
    some_of(repository / "training_data" / "sharjah", folder / "training", 24)
    some_of(repository / "testing_data" / "sharjah", folder / "testing", 8)
    some_of(repository / "testing_data" / "guards" / "general", folder / "testing" / "guards" / "general", 4)
    some_of(repository / "testing_data" / "sharjah", folder / "more_testing", 10)
    return folder


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tracking store with nothing in it; making its tables takes longer than a test."""
    from tasks.tracking import client

    folder = tmp_path_factory.mktemp("store")
    client(Settings(data=folder)).search_experiments()
    return folder / "mlflow.db"


@pytest.fixture(scope="session")
def quick(speech: Path, empty_store: Path) -> MakeSettings:
    """Settings for a run of seconds in a data folder, whose limits let everything pass that is better at all."""

    def make(data: Path, **changes: Any) -> Settings:
        if not data.exists():
            data.mkdir(parents=True)
            shutil.copy(empty_store, data)
        training = {
            "epochs": 100,
            "max_steps": 12,
            "evaluations": 2,
            "batch_size": 8,
            "learning_rate": 3e-3,
            "replay": 0,
            "spec_augment": False,
            "noise": False,
            "speed_perturbation": False,
        }
        settings: dict[str, Any] = {
            "training_data": speech / "training",
            "testing_data": speech / "testing",
            "data": data,
            "normalizer": "english",
            "min_words": 1,
            "min_gain": 0,
            "guard_tolerance": 1,
            "confidence": 0.5,
            "insertion_tolerance": 10,
            "max_slowdown": 1000,
        }
        training |= changes.pop("training", {})
        return Settings(**settings | changes, training=TrainingOptions.model_validate(training))

    return make


@dataclass(frozen=True)
class Story:
    """A run that has ended, and its settings."""

    settings: Settings
    result: Result


@pytest.fixture(scope="session")
def promoted(quick: MakeSettings, prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """An undisturbed first run that ended with a promotion; tests look at it and change nothing in it."""
    from flows.improve import improve

    # A name that needs quoting everywhere: in URLs, in SQL, in paths.
    settings = quick(tmp_path_factory.mktemp("an elder run – é") / "data")
    return Story(settings, improve(settings))


@pytest.fixture
def learned(promoted: Story, quick: MakeSettings, tmp_path: Path) -> MakeSettings:
    """Quick settings in a new data folder, where the training and the evaluations of `promoted` are done already."""
    data = tmp_path / "data"
    quick(data)
    for step in ("training", "evaluations", "packages", "corpora"):
        shutil.copytree(promoted.settings.data / step, data / step)

    def make(**changes: Any) -> Settings:
        return quick(data, **changes)

    return make


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code, its answer, and what it said beside it."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """What it said went wrong."""
        lines = (line for line in self.err.splitlines() if line.startswith("wergate: "))
        return "\n".join(line.removeprefix("wergate: ") for line in lines)


@pytest.fixture
def wergate(prefect_server: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command in this process, as `main` would, in the folder `tmp_path`."""
    from flows.cli import execute
    from flows.cli_arguments import parse

    def run(*arguments: object) -> Ran:
        answers = io.StringIO()
        capsys.readouterr()
        code = execute(parse([str(argument) for argument in arguments]), tmp_path, answers)
        sys.stderr.flush()
        return Ran(code, answers.getvalue(), capsys.readouterr().err)

    return run


def as_flags(settings: Settings) -> list[str]:
    """A command line that gives these settings."""
    from tasks.settings import setting_fields
    from tasks.settings_sources import flag

    flags = []
    for key in setting_fields():
        value: Any = settings
        for name in key:
            value = getattr(value, name)
        text = str(value).lower() if isinstance(value, bool) else "auto" if value is None else str(value)
        flags += [f"{flag(key)}={text}"] if text else []
    return flags


@pytest.fixture(scope="session", name="as_flags")
def flags_of_settings() -> Callable[[Settings], list[str]]:
    """Gives the command line for settings."""
    return as_flags


@pytest.fixture
def aliases() -> Callable[[Settings], dict[str, int]]:
    """Reads where the three aliases point."""
    from tasks.registry import CHALLENGER, CHAMPION, PREVIOUS, version_by_alias

    def read(settings: Settings) -> dict[str, int]:
        found = {alias: version_by_alias(settings, alias) for alias in (CHAMPION, PREVIOUS, CHALLENGER)}
        return {alias: int(version.version) for alias, version in found.items() if version}

    return read


@pytest.fixture
def runs() -> Callable[..., list[Any]]:
    """Reads the MLflow runs with these tags; the parents when none are given."""
    from tasks.tracking import client, experiment_id

    def read(settings: Settings, **tags: str) -> list[Any]:
        found = client(settings).search_runs([experiment_id(settings)])
        if not tags:
            return [run for run in found if "mlflow.parentRunId" not in run.data.tags]
        return [run for run in found if all(run.data.tags.get(name) == value for name, value in tags.items())]

    return read


@pytest.fixture(scope="session")
def whisper(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The small Whisper with random weights that the tests of `asr` make."""
    from transformers import WhisperFeatureExtractor, WhisperProcessor

    spec = spec_from_file_location("speech_models", repository / "tests" / "asr" / "conftest.py")
    assert spec and spec.loader
    models = module_from_spec(spec)
    spec.loader.exec_module(models)
    directory = tmp_path_factory.mktemp("models") / "whisper"
    tokenizer = models.whisper_tokenizer()
    models.whisper_model(tokenizer, seed=0).save_pretrained(directory)
    WhisperProcessor(WhisperFeatureExtractor(chunk_length=5), tokenizer).save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def emulated(speech: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    """An emulator of Azure in a process of its own, which was told what is said in `speech`."""
    folder = tmp_path_factory.mktemp("azure")
    truth = said(speech / "training", speech / "more_testing", speech / "testing" / "guards" / "general")
    (folder / "truth.json").write_text(json.dumps(truth))
    options = {"recognizer": "scripted", "truth": folder / "truth.json", "pace": 0}
    with emulator_process(folder / "emulator", key=EMULATED_KEY, **options) as emulator:
        yield emulator


@pytest.fixture
def emulator(emulated: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorProcess]:
    """The emulator with nothing in it, and a client that is signed in and loses no time."""
    from tasks.azure.service import _service

    emulated.control("reset", {})
    monkeypatch.setenv("AZURE_SPEECH_KEY", EMULATED_KEY)
    for name, value in hurried().items():
        monkeypatch.setattr(name.replace(":", "."), value)
    _service.cache_clear()  # its connection belongs to the test before
    yield emulated
    counts = emulated.counts()
    assert not counts["violations"], counts["violations"]


@pytest.fixture
def at_azure(emulator: EmulatorProcess, quick: MakeSettings, tmp_path: Path) -> MakeSettings:
    """Quick settings that train and recognize at the emulator."""

    def make(**changes: Any) -> Settings:
        options = {"address": emulator.address, "allow_charged_training": True} | changes.pop("azure", {})
        data = tmp_path / changes.pop("data", "data")
        return quick(data, **{"backend": "azure", "language": "en-US"} | changes, azure=options)

    return make


@pytest.fixture(scope="module")
def kill(repository: Path, prefect_server: None) -> Iterator[Kill]:
    """Starts a run that is killed before or after the nth call of a function."""
    from prefect.settings import PREFECT_API_URL

    environ = os.environ | {"PYTHONPATH": str(repository), "PREFECT_API_URL": str(PREFECT_API_URL.value())}
    environ["AZURE_SPEECH_KEY"] = EMULATED_KEY
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("killed_runs.py"))]
    driver = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, text=True, bufsize=1)
    assert driver.stdin and driver.stdout
    assert driver.stdout.readline() == "ready\n"

    def kill(
        settings: Settings, moment: str, function: str, *, nth: int = 1, word: str = "", force: bool = False
    ) -> None:
        order = {"function": function, "moment": moment, "nth": nth, "word": word, "force": force}
        driver.stdin.write(json.dumps(order | {"settings": settings.model_dump(mode="json")}) + "\n")
        assert driver.stdout.readline() == "9\n", f"not killed {moment} {function}"

    with driver:
        yield kill
        driver.stdin.close()
