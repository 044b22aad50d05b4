"""A run of a deployment holds no worker while Azure trains: it is scheduled to look again, and goes on from there."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from tasks.azure.service import custom_speech
from tasks.settings import Settings
from tests.azure_emulator.recognizer import ScriptedRecognizer
from tests.azure_emulator.running import RunningEmulator, running_emulator
from tests.flows.azure_runs import EMULATED_KEY, hurried, made, said
from tests.flows.deployed import Deployed

pytestmark = [pytest.mark.slow, pytest.mark.long]

PAUSE = timedelta(seconds=1)
UPLOADED = {"datasets": 2, "models": 1, "transcriptions": 1, "projects": 1}
"""What there is when the training has begun: the base was heard in the test set."""


class SlowTeacher(ScriptedRecognizer):
    """Trains until it is let go."""

    def __init__(self, truth: dict[str, str]) -> None:
        super().__init__(truth)
        self.may_end = threading.Event()

    def train(self, model: str, texts: Sequence[str]) -> None:
        """Learns when it may."""
        self.may_end.wait(60)
        super().train(model, texts)


@pytest.fixture
def teacher(speech: Path) -> Iterator[SlowTeacher]:
    one = SlowTeacher(said(speech / "training", speech / "more_testing"))
    yield one
    one.may_end.set()


@pytest.fixture
def emulator(teacher: SlowTeacher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningEmulator]:
    """An emulator whose trainings end when they may, and a client that lets its worker go at once."""
    monkeypatch.setenv("AZURE_SPEECH_KEY", EMULATED_KEY)
    for name, value in hurried().items():
        monkeypatch.setattr(name.replace(":", "."), value)
    monkeypatch.setattr("tasks.azure.waiting.HOLD", 0.2)
    monkeypatch.setattr("tasks.azure.waiting.PAUSE", PAUSE)
    with running_emulator(recognizer=teacher, key=EMULATED_KEY, pace=0, folder=tmp_path / "emulator") as one:
        yield one
        assert not one.counts()["violations"]


@pytest.fixture
def settings(emulator: RunningEmulator, quick: Callable[..., Settings], speech: Path, tmp_path: Path) -> Settings:
    azure = {"address": emulator.address, "allow_charged_training": True}
    folders = {"testing_data": speech / "more_testing"}
    return quick(tmp_path / "data", backend="azure", language="en-US", azure=azure, **folders)


def trained(settings: Settings) -> bool:
    from asr.azure.entities import CustomModel

    return all(one.status == "Succeeded" for one in custom_speech(settings).all(CustomModel))


def holds_nothing(settings: Settings) -> None:
    for lock in ("run.lock", "promotion.lock"):
        with FileLock(settings.data / lock, timeout=0):
            pass


def test_it_lets_its_worker_go_and_goes_on_later(settings, emulator, teacher, aliases, runs, prefect_server) -> None:
    run = Deployed(settings)
    for _ in range(2):
        state = run.work()
        assert (state.type.value, state.name) == ("SCHEDULED", "AwaitingAzure"), state.message
        late = datetime.now(UTC) + PAUSE - state.state_details.scheduled_time
        assert timedelta(0) < late < timedelta(seconds=1)
        holds_nothing(settings)
        assert made(emulator.counts()) == UPLOADED
        assert [one.info.status for one in runs(settings)] == ["RUNNING"]
        assert aliases(settings) == {"champion": 1}
    teacher.may_end.set()
    while not trained(settings):
        time.sleep(0.02)
    calls = emulator.counts()["calls"]
    assert run.work().is_completed()
    assert aliases(settings) == {"champion": 2, "previous": 1}
    counts = emulator.counts()
    assert made(counts) == UPLOADED | {"transcriptions": 2, "endpoints": 1}
    assert counts["calls"]["Datasets_UploadBlock"] == calls["Datasets_UploadBlock"]
    [parent] = runs(settings)
    assert (parent.info.status, parent.data.tags["wergate.outcome"]) == ("FINISHED", "promoted")
    assert parent.data.tags["prefect.flow_run_id"] == str(run.id)


def test_a_training_that_takes_too_long_is_told(settings, emulator, prefect_server, runs) -> None:
    hours = settings.azure.model_copy(update={"patience_hours": 0.1 / 3600})
    run = Deployed(settings.model_copy(update={"azure": hours}))
    state = run.work()
    assert state.is_failed()
    assert "run again later: it goes on from there" in state.message
    assert [one.info.status for one in runs(settings)] == ["FAILED"]
