"""Everything of this project, with what it belongs to, and of all else nothing but how much there is."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from asr.azure.azure_error import NotThere
from asr.azure.connection import Connection
from asr.azure.credential import Credential
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Entity, Project
from asr.azure.inventory import take_inventory
from asr.azure.marks import RELEASE, TRIED
from tests.azure_emulator.running import running_emulator
from tests.azure_stock import Stock


@pytest.fixture(scope="module")
def emulated() -> Iterator[tuple[CustomSpeech, Stock]]:
    with running_emulator(pace=0.01, contract=None) as emulator:
        connection = Connection(emulator.address, Credential(key=emulator.key))
        yield CustomSpeech(connection), Stock(emulator)
        connection.close()


@pytest.fixture
def service(emulated: tuple[CustomSpeech, Stock]) -> CustomSpeech:
    return emulated[0]


@pytest.fixture
def stock(emulated: tuple[CustomSpeech, Stock]) -> Stock:
    emulated[1].emulator.state.store.clear()
    return emulated[1]


def test_an_empty_resource(service: CustomSpeech, stock: Stock) -> None:
    found = take_inventory(service, "wergate")
    assert (found.items, found.bases, found.others, found.used_by_others) == ((), (), {}, frozenset())


def test_everything_is_there_with_what_it_belongs_to(service: CustomSpeech, stock: Stock) -> None:
    stock.project_in_studio()
    training, testing = stock.dataset(run="r1"), stock.dataset("testing audio")
    model = stock.model(training, run="r1", expires=90)
    stock.endpoint(model, {RELEASE: f"v2-abc {model}", TRIED: "yes"})
    stock.evaluation(model, testing)
    stock.transcription(model, testing, status="Failed")
    found = take_inventory(service, "wergate")
    assert [one.sort for one in found.items] == [
        "project", "dataset", "dataset", "model", "endpoint", "evaluation", "transcription",
    ]  # fmt: skip
    [kept], [endpoint] = found.of("model"), found.of("endpoint")
    assert (kept.id, kept.uses, kept.base, kept.run) == (model, (training,), stock.base(), "r1")
    assert (endpoint.uses, endpoint.release, endpoint.was_used) == ((model,), f"v2-abc {model}", True)
    assert kept.expires and (kept.expires - datetime.now(UTC)).days == 89
    assert endpoint.expires == kept.expires
    assert [one.id for one in found.bases] == [stock.base()]
    assert found.bases[0].trains_until and found.bases[0].expires
    assert found.of("evaluation")[0].uses == (model, testing)
    assert (found.of("transcription")[0].uses, found.of("transcription")[0].status) == ((model, testing), "Failed")
    assert found.name_of(stock.base()).endswith("charged")
    assert found.name_of("nobody") == "nobody"


def test_what_others_made_is_only_counted(service: CustomSpeech, stock: Stock) -> None:
    ours = stock.dataset()
    stock.dataset(project="another project")
    theirs = stock.model(ours, marked=False)
    hosted = stock.model()
    stock.endpoint(hosted, project="wergate 2")
    stock.transcription(theirs, ours, marked=False)
    found = take_inventory(service, "wergate")
    assert {one.id for one in found.items} == {ours, hosted}
    assert found.others == {"dataset": 1, "model": 1, "endpoint": 1, "transcription": 1}
    assert {ours, hosted} <= found.used_by_others


def test_a_version_of_the_interface_without_projects(
    service: CustomSpeech, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, everything = stock.dataset(), CustomSpeech.all

    def without_projects(service: CustomSpeech, kind: type[Entity], where: str = "") -> Iterator[Entity]:
        if kind is Project:
            raise NotThere("no such path", status=404)
        return everything(service, kind, where)

    monkeypatch.setattr(CustomSpeech, "all", without_projects)
    assert [one.id for one in take_inventory(service, "wergate").items] == [dataset]


def test_more_than_a_page(service: CustomSpeech, stock: Stock) -> None:
    made = {stock.dataset() for _ in range(230)}
    assert {one.id for one in take_inventory(service, "wergate").items} == made


def test_an_endpoint_with_a_base_and_one_with_a_model_of_others(service: CustomSpeech, stock: Stock) -> None:
    base = stock.base("uncharged")
    stock.endpoint(base)
    stock.endpoint(stock.model(marked=False, expires=12))
    found = take_inventory(service, "wergate")
    first, second = found.of("endpoint")
    assert [one.id for one in found.bases] == [base]
    assert first.expires == found.bases[0].expires
    assert second.expires and (second.expires - datetime.now(UTC)).days == 11


def test_bases_are_looked_up_when_asked_for_and_may_be_gone(service: CustomSpeech, stock: Stock) -> None:
    base = stock.base()
    found = take_inventory(service, "wergate", [base, "11111111-2222-3333-4444-555555555555"])
    assert [one.id for one in found.bases] == [base]
