from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from asr.azure.entities import DeprecationDates, Features, ModelProperties, ServiceBase
from asr.azure.expiry import Watch, find_expiring
from asr.azure.inventory import BaseFacts, Inventory, Item

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def item(sort: Any, id: str, days: float | None, **more: Any) -> Item:
    expires = None if days is None else NOW + days * DAY
    return Item(sort=sort, id=id, name=f"p/{id}", locale="en-US", role=sort, expires=expires, **more)


def hosting(days: float | None, **more: Any) -> Inventory:
    """An endpoint with a model that expires in so many days, trained from the base `old`."""
    old = BaseFacts(id="old", name="20250101", locale="en-US", created=NOW - 300 * DAY, expires=NOW + 400 * DAY)
    items = (item("model", "m", days, base="old"), item("endpoint", "e", days, uses=("m",)))
    return Inventory(project="p", items=items, bases=more.pop("bases", (old,)), **more)


def base(id: str, age: float, **more: Any) -> ServiceBase:
    features = Features(supports_adaptations_with=more.pop("kinds", ("Language",)), supports_endpoints=True)
    dates = DeprecationDates(adaptation_date_time=NOW + more.pop("trains", 100) * DAY)
    return ServiceBase(
        self_url=f"https://s/models/base/{id}", display_name=f"name of {id}", locale=more.pop("locale", "en-US"),
        status="Succeeded", created_date_time=NOW - age * DAY,
        properties=ModelProperties(deprecation_dates=dates, features=features),
    )  # fmt: skip


def watched(inventory: Inventory, champion: str = "", bases: tuple[ServiceBase, ...] = ()) -> Watch:
    return find_expiring(inventory, champion, bases, 60, NOW)


@pytest.mark.parametrize(("days", "soon"), [(61, False), (60.01, False), (60, True), (1, True), (-1, True)])
def test_a_hosted_model_is_told_of_in_time(days: float, soon: bool) -> None:
    found = watched(hosting(days))
    assert [one.model for one in found.expiring] == (["m"] if soon else [])
    assert bool(found.asks) == soon


def test_the_sentence_says_where_and_when() -> None:
    assert watched(hosting(10.5)).asks.startswith(
        "the model of the endpoint of en-US expires on 2026-05-12, in 10 days; there is no newer base"
    )
    gone = watched(hosting(-0.5)).asks
    assert gone.startswith("the model of the endpoint of en-US has expired on 2026-05-01, and the service answers with")


def test_the_champion_is_watched_where_no_endpoint_has_it() -> None:
    champion = item("model", "c", 5)
    inventory = hosting(100)
    inventory = inventory.model_copy(update={"items": (*inventory.items, champion)})
    assert [(one.where, one.model) for one in watched(inventory, "c").expiring] == [("champion", "c")]
    assert [one.where for one in watched(hosting(5), "m").expiring] == ["endpoint of en-US"]
    assert watched(inventory).expiring == ()


def test_a_base_that_is_champion_is_watched() -> None:
    old = BaseFacts(id="old", name="20250101", locale="en-US", expires=NOW + 3 * DAY)
    found = watched(Inventory(project="p", bases=(old,)), "old")
    assert [(one.where, one.name, one.days) for one in found.expiring] == [("champion", "20250101", 3)]


def test_where_the_service_says_nothing_that_is_said() -> None:
    assert watched(hosting(None)).unknown == ("endpoint of en-US",)
    assert watched(Inventory(project="p"), "gone").unknown == ("champion",)


def test_the_first_to_expire_comes_first() -> None:
    inventory = hosting(30)
    sooner = (item("model", "n", 3), item("endpoint", "f", 3, uses=("n",)))
    inventory = inventory.model_copy(update={"items": (*inventory.items, *sooner)})
    assert [one.model for one in watched(inventory).expiring] == ["n", "m"]


@pytest.mark.parametrize(
    ("bases", "newer"),
    [
        ([base("old", 300), base("new", 10), base("mid", 100)], "name of new (new)"),
        ([base("old", 300)], ""),
        ([base("older", 400)], ""),
        ([base("closed", 10, trains=-1), base("mid", 100)], "name of mid (mid)"),
        ([base("fixed", 10, kinds=())], ""),
        ([base("foreign", 10, locale="de-DE")], ""),
    ],
    ids=[
        "the newest",
        "the same",
        "an older one",
        "one that trains no more",
        "one that never trains",
        "another locale",
    ],
)
def test_a_newer_base_is_named(bases: list[ServiceBase], newer: str) -> None:
    found = watched(hosting(10), bases=tuple(bases))
    assert found.newer_base == newer
    assert ("from the newer base" in found.asks) == bool(newer)


def test_a_base_that_the_settings_name_is_in_the_way() -> None:
    def asked(pinned: str) -> str:
        return find_expiring(hosting(10), "", (base("new", 10),), 60, NOW, pinned).asks

    assert "; empty azure.base_model and run `wergate run`: it trains from the newer base name of new" in asked("old")
    assert asked("new") == asked("") == watched(hosting(10), bases=(base("new", 10),)).asks
    assert "; run `wergate run`" in asked("")
    assert "empty azure" not in find_expiring(hosting(10), "", (), 60, NOW, "old").asks


def test_a_newer_base_is_named_when_the_old_one_is_withdrawn() -> None:
    assert watched(hosting(10, bases=()), bases=(base("new", 10),)).newer_base == "name of new (new)"
