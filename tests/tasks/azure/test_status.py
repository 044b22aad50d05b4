from collections.abc import Callable
from typing import Any

from asr.azure.marks import RELEASE, TRIED
from tasks.azure.status import look_at_azure
from tasks.registry import CHAMPION, PREVIOUS
from tasks.settings import Settings
from tests.azure_stock import Stock

Make = Callable[..., Any]


def test_nothing_is_there(settings: Settings) -> None:
    found = look_at_azure(settings)
    assert (found.inventory.items, found.champion, found.remarks, found.watch.expiring) == ((), "", (), ())


def test_all_is_well(settings: Settings, stock: Stock, in_registry: Make) -> None:
    model = stock.model(stock.dataset())
    stock.endpoint(model, {RELEASE: f"v1-a {model}", TRIED: "yes"})
    in_registry(model, "promoted", CHAMPION)
    found = look_at_azure(settings)
    assert (found.champion, found.names, found.remarks) == (model, {model: "v1 champion"}, ())


def test_an_endpoint_that_has_not_the_champion(settings: Settings, stock: Stock, in_registry: Make) -> None:
    old, new = stock.model(), stock.model(expires=30)
    stock.endpoint(old, {TRIED: "yes"})
    in_registry(old, "promoted", PREVIOUS)
    in_registry(new, "promoted", CHAMPION)
    found = look_at_azure(settings)
    assert found.remarks == (
        "the endpoint of en-US has v1 previous, and v2 champion is the champion; `wergate run` puts that right",
    )
    assert [one.model for one in found.watch.expiring] == [new]


def test_endpoints_that_cost_and_do_not_answer(settings: Settings, stock: Stock, in_registry: Make) -> None:
    model = stock.model()
    in_registry(model, "promoted", CHAMPION)
    stock.endpoint(model)
    stock.endpoint(model, {TRIED: "yes"}, status="Failed")
    first, second = look_at_azure(settings).remarks
    assert first.startswith("the endpoint of en-US was never tried, and is charged")
    assert second.startswith("the endpoint of en-US has failed (the service does not say why)")


def test_endpoints_that_a_local_champion_does_not_need(settings: Settings, stock: Stock, in_registry: Make) -> None:
    old, new = stock.model(), stock.model()
    in_registry(old, "promoted", PREVIOUS)
    stock.endpoint(old, {RELEASE: f"v1-a {old}", TRIED: "yes"})
    stock.endpoint(new, {RELEASE: f"v2-b {new}", TRIED: "before"})
    stock.endpoint(new, {RELEASE: f"v2-b {new}"})
    tried, untried, unused = look_at_azure(settings).remarks
    assert tried.startswith("the endpoint of en-US has v1 previous, is charged, and no model of Azure is the champion;")
    assert untried.startswith("the endpoint of en-US has the model wergate/model/")
    assert untried.endswith(", which was never tried there; `wergate run` puts that right")
    assert unused.startswith("the endpoint of en-US was never tried, and is charged")


def test_a_champion_that_is_gone_and_an_upload_that_stopped(
    settings: Settings, stock: Stock, in_registry: Make
) -> None:
    in_registry("11111111-2222-3333-4444-555555555555", "promoted", CHAMPION)
    stock.dataset(status="NotStarted", days=2)
    stock.dataset(status="NotStarted", days=0.5)
    remarks = look_at_azure(settings).remarks
    assert len(remarks) == 2
    assert "is not at this resource; if it was deleted there, wergate run --force" in remarks[0]
    assert "was interrupted on" in remarks[1]
