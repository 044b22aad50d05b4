"""Whose releases an endpoint has, and what it had before one that did not pass its test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.azure import endpoint_place
from asr.azure.azure_error import TimedOut
from asr.azure.azure_model import azure_model, read_azure_model, write_azure_model
from asr.azure.custom_speech import CustomSpeech
from asr.azure.endpoint_place import EndpointPlace
from asr.azure.entities import Endpoint, ServiceBase
from asr.azure.marks import BEFORE, REGISTRY, RELEASE, TRIED, Maker
from asr.errors import UserError
from tests.azure_emulator.endpoints import deployment_of


@pytest.fixture
def staged(azure: Any, tmp_path: Path) -> Callable[[str], Path]:
    """The folder of a release of a model that needs an endpoint: bases that are said to be trained, and `base`."""

    def stage(name: str) -> Path:
        found: ServiceBase = azure.base("uncharged" if name == "v2" else "charged")
        return write_azure_model(azure_model(found), tmp_path / "releases" / name)

    return stage


@pytest.fixture
def made(azure: Any, maker: Maker, staged: Any) -> Callable[..., EndpointPlace]:
    """Makes an endpoint with the release v1, marked by `more`."""

    def make(**more: str) -> EndpointPlace:
        release = {RELEASE: f"v1 {read_azure_model(staged('v1')).id}"}
        names = {"tried": TRIED, "registry": REGISTRY}
        wanted = Endpoint(
            display_name=maker.name("endpoint", "en-US"),
            locale="en-US",
            model=azure.base("charged").reference,
            custom_properties=maker.mark("endpoint", "en-US")
            | release
            | {names[name]: value for name, value in more.items()},
        )
        azure.service.wait(Endpoint, azure.service.create(wanted).id, deadline=20.0)
        return EndpointPlace(azure.service, maker, "en-US", 20.0, "ours")

    return make


@pytest.fixture
def used(made: Callable[..., EndpointPlace]) -> EndpointPlace:
    """The endpoint of a registry, with the release v1 that has passed its test."""
    return made(tried="yes", registry="ours")


def nothing(_folder: Path) -> None:
    pass


def refuse(_folder: Path) -> None:
    raise UserError("it hears nonsense")


def hosted(azure: Any) -> str | None:
    """The model that the only endpoint has, when its deployment has ended."""
    [endpoint] = azure.all(Endpoint)
    azure.service.wait(Endpoint, endpoint.id, deadline=20.0)
    found: str | None = azure.emulator.state.model_of_endpoint(endpoint.id)
    return found


def marks(azure: Any) -> dict[str, str]:
    [endpoint] = azure.all(Endpoint)
    return {name: endpoint.custom_properties.get(name, "") for name in (RELEASE, TRIED, REGISTRY)}


def test_another_registry_does_not_take_it_over(azure: Any, used: EndpointPlace, staged: Any) -> None:
    clone = EndpointPlace(azure.service, used.maker, "en-US", 20.0, "clone")
    before = marks(azure)
    for attempt in (lambda: clone.has(staged("v2")), lambda: clone.release(staged("v2"), nothing)):
        with pytest.raises(UserError, match="has the releases of another MLflow store; set mlflow_tracking_uri") as no:
            attempt()
        assert "\n" not in str(no.value)
    clone.undo()
    assert clone.find() is not None, "looking is free"
    assert (marks(azure), hosted(azure)) == (before, azure.base("charged").id)
    assert used.has(staged("v1"))


def test_one_without_a_registry_is_adopted(azure: Any, made: Any, staged: Any) -> None:
    place = made(tried="yes")
    assert place.has(staged("v1"))
    place.release(staged("v2"), nothing)
    assert marks(azure)[REGISTRY] == "ours" and place.has(staged("v2"))


def test_what_it_had_comes_back(azure: Any, used: EndpointPlace, staged: Any) -> None:
    before = marks(azure)
    with pytest.raises(UserError, match="nonsense"):
        used.release(staged("v2"), refuse)
    assert hosted(azure) == azure.base("uncharged").id
    assert marks(azure)[TRIED] == "before"
    used.undo()
    assert (hosted(azure), marks(azure)) == (azure.base("charged").id, before)
    assert used.has(staged("v1"))
    used.undo()
    assert marks(azure) == before, "there is nothing left to undo"


def test_what_passed_its_test_stays(azure: Any, used: EndpointPlace, staged: Any) -> None:
    used.release(staged("v2"), nothing)
    used.undo()
    assert hosted(azure) == azure.base("uncharged").id
    assert used.has(staged("v2"))


def test_two_that_failed_one_after_the_other(azure: Any, used: EndpointPlace, staged: Any) -> None:
    before = marks(azure)
    for name in ("v2", "v3"):
        with pytest.raises(UserError, match="nonsense"):
            used.release(staged(name), refuse)
    used.undo()
    assert (hosted(azure), marks(azure)) == (azure.base("charged").id, before)


def test_one_that_never_had_a_release_is_deleted(azure: Any, made: Any) -> None:
    made(registry="ours").undo()
    assert azure.all(Endpoint) == []


def test_one_of_another_registry_is_not_deleted(azure: Any, made: Any) -> None:
    made(registry="another").undo()
    assert len(azure.all(Endpoint)) == 1


def test_a_model_that_is_gone_cannot_come_back(
    azure: Any, used: EndpointPlace, staged: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UserError, match="nonsense"):
        used.release(staged("v2"), refuse)
    [endpoint] = azure.all(Endpoint)
    azure.service.change(Endpoint, endpoint.id, custom_properties=endpoint.custom_properties | {BEFORE: "v1 gone"})
    used.undo()
    assert "the model before it is gone" in caplog.text and hosted(azure) == azure.base("uncharged").id


def test_one_that_is_being_worked_on_stays_until_it_can_be_put_back(
    azure: Any, used: EndpointPlace, staged: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(endpoint_place, "LONGEST_DEPLOYMENT", 0.2)
    azure.fails("stuck", "endpoints")
    with pytest.raises(TimedOut, match=r"still Running.*; run again later: .*delete the endpoint in the S") as over:
        used.release(staged("v2"), nothing)
    assert not over.value.passing, "an interrupted release is undone then, and not begun again for ever"
    used.undo()
    assert "is not put back yet, `wergate run` does it" in caplog.text
    state = azure.emulator.state
    [stuck] = state.store.all("endpoints")
    state.jobs.start(stuck, deployment_of(stuck))
    assert hosted(azure) == azure.base("uncharged").id
    used.undo()
    assert hosted(azure) == azure.base("charged").id and used.has(staged("v1"))


def test_a_deployment_has_a_deadline_of_its_own(
    azure: Any, used: EndpointPlace, staged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    wait = CustomSpeech.wait

    def note(service: CustomSpeech, kind: Any, id: str, *, deadline: float, **more: Any) -> Any:
        waited.append(deadline)
        return wait(service, kind, id, deadline=deadline, **more)

    monkeypatch.setattr(CustomSpeech, "wait", note)
    patient = EndpointPlace(azure.service, used.maker, "en-US", 7 * 24 * 3600.0, "ours")
    patient.release(staged("v2"), nothing)
    assert set(waited) == {7200.0}
