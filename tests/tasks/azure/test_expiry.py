from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import tasks.azure.expiry
from asr.azure.expiry import Expiring, Watch
from tasks.azure.expiry import RetrainingNeeded, is_watched, look_when_models_expire, watch_page
from tasks.registry import CHAMPION
from tasks.settings import Settings
from tests.azure_stock import Stock

Make = Callable[..., Any]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is sent to Prefect."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.azure.expiry, "emit_event", lambda **event: sent.append(event))
    return sent


@pytest.fixture
def hosted(stock: Stock, in_registry: Make) -> str:
    """The champion, on its endpoint, that expires in 20 days and was trained from a base that is not the newest."""
    model = stock.model(base=stock.base("uncharged"), expires=20)
    stock.endpoint(model)
    in_registry(model, "promoted", CHAMPION)
    return model


def test_there_is_time(settings: Settings, stock: Stock, in_registry: Make) -> None:
    in_registry(stock.model(expires=300), "promoted", CHAMPION)
    assert look_when_models_expire.fn(settings) == Watch(days=60)


def test_a_base_is_watched_as_long_as_it_is_champion(settings: Settings, stock: Stock, in_registry: Make) -> None:
    in_registry(stock.base("old 3"), "base", CHAMPION, is_base=True)
    found = look_when_models_expire.fn(settings)
    assert [(one.where, one.model) for one in found.expiring] == [("champion", stock.base("old 3"))]
    assert found.newer_base.endswith(f"charged ({stock.base()})")


def test_the_flow_fails_with_what_to_do_and_tells_those_who_listen(
    settings: Settings, stock: Stock, hosted: str, events: list[dict[str, Any]], prefect_server: None
) -> None:
    from flows.watch_expiry import watch_expiry

    state = watch_expiry(settings, return_state=True)
    assert state.is_failed()
    assert state.message and len(state.message.splitlines()) == 1
    when = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}"
    assert f"the model of the endpoint of en-US expires on {when}, in 19 days" in state.message
    assert "it trains from the newer base" in state.message and stock.base() in state.message
    [event] = events
    assert event["event"] == "wergate.azure.model-expires"
    assert event["resource"]["prefect.resource.id"] == f"wergate.azure.model.{hosted}"
    assert (event["payload"]["days"], event["payload"]["project"]) == (19, "wergate")


def test_the_flow_succeeds_when_there_is_time(
    settings: Settings, stock: Stock, hosted: str, events: list[dict[str, Any]], prefect_server: None
) -> None:
    from flows.watch_expiry import watch_expiry

    patient = settings.model_copy(update={"azure": settings.azure.model_copy(update={"expiry_days": 15})})
    state = watch_expiry(patient, return_state=True)
    assert state.is_completed()
    assert events == []


def test_the_page_shows_names_as_they_are() -> None:
    one = Expiring(where="champion", model="m", name="<b>|x", expires=datetime(2026, 5, 1, tzinfo=UTC), days=-1)
    page = watch_page(Watch(days=60, expiring=(one,), unknown=("endpoint of de-DE",)))
    assert "| champion | &lt;b&gt;\\|x | 2026-05-01 | -1 |" in page
    assert "does not say when the model of the endpoint of de-DE expires." in page
    assert "expires within 7 days" in watch_page(Watch(days=7))


def test_the_error_is_one_line() -> None:
    one = Expiring(where="champion", model="m", name="x", expires=datetime(2026, 5, 1, tzinfo=UTC), days=3)
    watch = Watch(days=60, expiring=(one,))
    assert str(RetrainingNeeded(watch)) == watch.asks
    assert RetrainingNeeded(watch).exit_code == 1


def test_a_deployment_of_local_models_has_nothing_to_watch(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    local = settings.model_copy(update={"backend": "local"})
    assert is_watched(local)
    monkeypatch.setattr(tasks.azure.expiry, "deployment", SimpleNamespace(id="0"))
    assert is_watched(settings)
    assert not is_watched(local)
