"""A job of the service is waited for in a terminal; a run of a deployment lets its worker go; the time for it ends."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from prefect.exceptions import Pause

from asr.azure.azure_error import AzureError, NotThere, TimedOut
from asr.azure.entities import CustomModel
from tasks.azure import waiting
from tasks.azure.service import custom_speech
from tasks.azure.waiting import wait_or_suspend
from tasks.settings import Settings
from tests.azure_stock import Stock


@pytest.fixture
def model(stock: Stock, at_work: Settings) -> Callable[..., CustomModel]:
    """A model as the service tells of it."""

    def make(status: str = "Running", hours: float = 0.0) -> CustomModel:
        id = stock.model(status=status, days=hours / 24)
        return custom_speech(at_work).get(CustomModel, id)

    return make


@pytest.fixture
def suspended(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """This is a run of a deployment; when it was told to look again."""
    asked: list[datetime] = []

    def suspend(when: datetime) -> None:
        asked.append(when)
        raise Pause

    monkeypatch.setattr(waiting, "deployment", SimpleNamespace(id="a deployment"))
    monkeypatch.setattr(waiting, "HOLD", 0.1)
    monkeypatch.setattr(waiting, "_suspend_until", suspend)
    return asked


def patient(settings: Settings, hours: float) -> Settings:
    return settings.model_copy(update={"azure": settings.azure.model_copy(update={"patience_hours": hours})})


@pytest.mark.parametrize("status", ["Succeeded", "Failed"])
def test_in_a_terminal_it_is_waited_for(
    at_work: Settings, stock: Stock, model: Callable[..., CustomModel], caplog: pytest.LogCaptureFixture, status: str
) -> None:
    caplog.set_level(logging.INFO)
    running = model()
    entity = stock.emulator.state.store.get("models", running.id)
    assert entity is not None
    looks = 0
    get = stock.emulator.state.store.get

    def later(kind: str, id: str) -> object:
        nonlocal looks
        looks += kind == "models"
        if looks == 3:
            entity.body["status"] = status
            entity.busy = False
        return get(kind, id)

    stock.emulator.state.store.get = later  # type: ignore[assignment, method-assign]
    found = wait_or_suspend(at_work, CustomModel, running, "train")
    assert (found.status, looks) == (status, 3)
    told = [message for message in caplog.messages if message.startswith("train: ")]
    assert told == ["train: Running", f"train: {status}"], "each status once"


def test_the_time_that_it_has_begins_when_it_was_begun(
    at_work: Settings, stock: Stock, model: Callable[..., CustomModel]
) -> None:
    old = model(hours=3.0)
    calls = dict(stock.emulator.state.calls)
    with pytest.raises(TimedOut) as raised:
        wait_or_suspend(patient(at_work, 2.5), CustomModel, old, "train")
    assert str(raised.value) == (
        f"wait for the service to train: {old.display_name} is Running and was begun over 2.5 hours ago; run again "
        "later: it goes on from there; or raise azure.patience_hours"
    )
    assert stock.emulator.state.calls == calls


def test_in_a_terminal_the_time_ends(at_work: Settings, model: Callable[..., CustomModel]) -> None:
    just_now = model().model_copy(update={"created_date_time": datetime.now(UTC)})
    with pytest.raises(TimedOut, match="still Running after 0 s; run again later: it goes on from there"):
        wait_or_suspend(patient(at_work, 0.3 / 3600), CustomModel, just_now, "train")


def test_a_worker_is_let_go(at_work: Settings, model: Callable[..., CustomModel], suspended: list[datetime]) -> None:
    with pytest.raises(Pause):
        wait_or_suspend(at_work, CustomModel, model(), "train")
    [when] = suspended
    assert timedelta(minutes=9) < when - datetime.now(UTC) <= timedelta(minutes=10)


def test_a_worker_stays_for_what_has_ended(
    at_work: Settings, stock: Stock, model: Callable[..., CustomModel], suspended: list[datetime]
) -> None:
    done = model("Succeeded")
    assert wait_or_suspend(at_work, CustomModel, done, "train") == done
    assert suspended == []


def test_a_worker_is_not_let_go_when_the_time_is_over(
    at_work: Settings, model: Callable[..., CustomModel], suspended: list[datetime]
) -> None:
    just_now = model().model_copy(update={"created_date_time": datetime.now(UTC)})
    with pytest.raises(TimedOut, match="still Running"):
        wait_or_suspend(patient(at_work, 0.05 / 3600), CustomModel, just_now, "train")
    with pytest.raises(TimedOut, match=r"was begun over 0.5 hours ago"):
        wait_or_suspend(patient(at_work, 0.5), CustomModel, model(hours=1.0), "train")
    assert suspended == []


def test_one_that_was_deleted_meanwhile(
    at_work: Settings, stock: Stock, model: Callable[..., CustomModel], suspended: list[datetime]
) -> None:
    running = model()
    entity = stock.emulator.state.store.get("models", running.id)
    assert entity is not None
    stock.emulator.state.store.remove(entity)
    with pytest.raises(NotThere, match=f"GET models/{running.id}"):
        wait_or_suspend(at_work, CustomModel, running, "train")
    assert suspended == []


def test_a_run_that_cannot_be_suspended_fails(
    at_work: Settings, model: Callable[..., CustomModel], suspended: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_suspend_until", suspended.append)
    with pytest.raises(AzureError, match="the run in Prefect could not be suspended while the service is to train"):
        wait_or_suspend(at_work, CustomModel, model(), "train")
