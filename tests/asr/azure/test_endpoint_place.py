"""One endpoint for a locale: made for the first trained model, then switched, tried each time, and never doubled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.azure.azure_error import AzureError, TimedOut
from asr.azure.azure_model import azure_model, read_azure_model, write_azure_model
from asr.azure.datasets import ensure_dataset
from asr.azure.endpoint_place import EndpointPlace
from asr.azure.entities import CustomModel, Endpoint, ServiceBase
from asr.azure.marks import Maker
from asr.errors import ModelError, UserError
from tests.azure_emulator import endpoints
from tests.azure_emulator.endpoints import deployment_of

CREATE, UPDATE, DELETE = "Endpoints_Create", "Endpoints_Update", "Endpoints_Delete"


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


class Test:
    """Tries releases; remembers which, and what the endpoint had then; fails when told to."""

    __test__ = False

    def __init__(self, azure: Any) -> None:
        self.tried: list[str] = []
        self.live: list[str | None] = []
        self.fails: BaseException | None = None
        self._azure = azure

    def __call__(self, folder: Path) -> None:
        self.tried.append(folder.name)
        [endpoint] = self._azure.all(Endpoint)
        self.live.append(self._azure.emulator.state.model_of_endpoint(endpoint.id))
        if self.fails:
            raise self.fails


@pytest.fixture
def test(azure: Any) -> Test:
    return Test(azure)


def place_at(azure: Any, maker: Maker, patience: float = 20.0, locale: str = "en-US") -> EndpointPlace:
    return EndpointPlace(azure.service, maker, locale, patience)


@pytest.fixture
def place(azure: Any, maker: Maker) -> EndpointPlace:
    """The endpoint of the project for en-US."""
    return place_at(azure, maker)


@pytest.fixture
def staged(azure: Any, maker: Maker, write_corpus: Any, parts_of: Any, tmp_path: Path) -> Callable[[str], Path]:
    """The folder of a release; `base` has a base model, all others a trained one."""
    found: dict[str, ServiceBase | CustomModel] = {"base": azure.base("charged")}
    parts = parts_of(write_corpus({}, files={"plain_text.txt": "a line\n"}), frozenset({"Language"}))
    [part] = parts.parts
    dataset = ensure_dataset(azure.service, maker, "training", part, lambda: parts.path(part), patience=20.0)

    def stage(name: str) -> Path:
        if name not in found:
            wanted = CustomModel(display_name=name, locale="en-US", datasets=(dataset.reference,))
            found[name] = azure.service.wait(CustomModel, azure.service.create(wanted).id, deadline=20.0)
        return write_azure_model(azure_model(found[name]), tmp_path / "releases" / name)

    return stage


def model_of(azure: Any, folder: Path) -> str:
    """The id of the model of a release, by the service."""
    return read_azure_model(folder).look_up(azure.service).id


def test_the_first_release_makes_it_and_the_second_changes_its_model(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    one, two = staged("v1"), staged("v2")
    assert (place.find(), place.has(one), place.has(staged("base"))) == (None, False, True)

    place.release(one, test)

    first = place.find()
    assert first is not None and (first.status, first.locale) == ("Succeeded", "en-US")
    assert (place.has(one), place.has(two)) == (True, False)

    place.release(two, test)

    second = place.find()
    assert second is not None and second.id == first.id
    assert (place.has(one), place.has(two)) == (False, True)
    assert test.tried == ["v1", "v2"]
    assert test.live == [model_of(azure, one), model_of(azure, two)], "it is tried when the model is there"
    assert (azure.calls(CREATE), len(azure.all(Endpoint))) == (1, 1)


def test_back_to_an_earlier_release(azure: Any, place: EndpointPlace, staged: Any, test: Test) -> None:
    for name in ("v1", "v2", "v1"):
        place.release(staged(name), test)
    assert place.has(staged("v1")) and not place.has(staged("v2"))
    assert (test.tried, azure.calls(CREATE)) == (["v1", "v2", "v1"], 1)


def test_what_is_there_already_is_tried_and_not_changed(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    place.release(staged("v1"), test)
    before = azure.calls(UPDATE)
    place.release(staged("v1"), test)
    assert (test.tried, azure.calls(UPDATE) - before) == (["v1", "v1"], 1), "only the mark that it was tried"


def test_a_base_needs_no_endpoint(azure: Any, place: EndpointPlace, staged: Any, test: Test) -> None:
    place.release(staged("base"), test)
    assert (azure.all(Endpoint), test.tried, place.has(staged("base"))) == ([], [], True)


def test_back_to_the_base_the_address_stays(azure: Any, place: EndpointPlace, staged: Any, test: Test) -> None:
    """People call it, so it answers with the base from now on."""
    place.release(staged("v1"), test)
    made = place.find()
    assert not place.has(staged("base"))
    place.release(staged("base"), test)
    found = place.find()
    assert found is not None and made is not None and found.id == made.id
    assert azure.emulator.state.model_of_endpoint(found.id) == azure.base("charged").id
    assert place.has(staged("base")) and not place.has(staged("v1"))


def test_a_first_release_that_fails_its_test_leaves_nothing(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    test.fails = UserError("it hears nonsense")
    with pytest.raises(UserError, match="it hears nonsense"):
        place.release(staged("v1"), test)
    assert not place.has(staged("v1")) and not place.has(staged("base"))

    place.release(staged("base"), test)

    assert (azure.all(Endpoint), place.has(staged("base"))) == ([], True)
    assert test.tried == ["v1"]


def test_two_first_releases_that_fail_their_tests_leave_nothing(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    """Its model was changed meanwhile, but nobody has ever used it."""
    test.fails = UserError("it hears nonsense")
    for name in ("v1", "v2"):
        with pytest.raises(UserError, match="it hears nonsense"):
            place.release(staged(name), test)
    place.release(staged("base"), test)
    assert (azure.all(Endpoint), azure.calls(CREATE)) == ([], 1)


def test_a_later_release_that_fails_its_test_goes_back(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    place.release(staged("v1"), test)
    test.fails = UserError("it hears nonsense")
    with pytest.raises(UserError, match="it hears nonsense"):
        place.release(staged("v2"), test)
    assert not place.has(staged("v1")) and not place.has(staged("v2"))
    test.fails = None
    place.release(staged("base"), test)  # a release has been there: it is not deleted
    place.release(staged("v1"), test)
    assert place.has(staged("v1")) and len(azure.all(Endpoint)) == 1


def test_changed_in_the_studio_it_is_put_right(azure: Any, place: EndpointPlace, staged: Any, test: Test) -> None:
    place.release(staged("v1"), test)
    endpoint = place.find()
    assert endpoint is not None
    azure.service.change(Endpoint, endpoint.id, model=azure.base("uncharged").reference)
    azure.service.wait(Endpoint, endpoint.id, deadline=20.0)
    assert not place.has(staged("v1"))
    place.release(staged("v1"), test)
    assert place.has(staged("v1"))
    assert azure.emulator.state.model_of_endpoint(endpoint.id) == model_of(azure, staged("v1"))


def test_a_change_that_somebody_else_makes_is_waited_for(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    place.release(staged("v1"), test)
    later = staged("v2")
    azure.emulator.state.jobs.pace = 0.3
    endpoint = place.find()
    assert endpoint is not None
    try:
        azure.service.change(Endpoint, endpoint.id, model=azure.base("uncharged").reference)
        assert not place.has(staged("v1"))
        place.release(later, test)
    finally:
        azure.emulator.state.jobs.pace = 0.01
    assert place.has(later)


@pytest.mark.parametrize("used", [False, True], ids=["first", "later"])
def test_killed_between_change_and_test_it_is_done_again(
    azure: Any, place: EndpointPlace, staged: Any, test: Test, used: bool
) -> None:
    if used:
        place.release(staged("v1"), test)
    test.fails = Killed()
    with pytest.raises(Killed):
        place.release(staged("v2"), test)
    assert not place.has(staged("v2")), "it has the model, and was not tried with it"
    test.fails = None
    changes = azure.calls(UPDATE)
    place.release(staged("v2"), test)
    assert place.has(staged("v2")) and test.tried[-2:] == ["v2", "v2"]
    assert (azure.calls(CREATE), azure.calls(UPDATE) - changes) == (1, 1)


def test_an_answer_that_is_lost_makes_no_second_endpoint(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    azure.fails("drop_after", CREATE)
    place.release(staged("v1"), test)
    assert place.has(staged("v1")) and len(azure.all(Endpoint)) == 1


def test_a_first_deployment_that_fails_is_made_anew(azure: Any, place: EndpointPlace, staged: Any, test: Test) -> None:
    azure.fails("fail", "endpoints", message="no room")
    with pytest.raises(
        AzureError, match=r"the Azure endpoint of en-US: it could not host the model \(.*no room\); run"
    ):
        place.release(staged("v1"), test)
    assert not place.has(staged("v1")) and test.tried == []
    place.release(staged("v1"), test)
    assert place.has(staged("v1"))
    assert (len(azure.all(Endpoint)), azure.calls(CREATE), azure.calls(DELETE)) == (1, 2, 1)


def test_a_first_deployment_that_fails_leaves_nothing(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    azure.fails("fail", "endpoints")
    with pytest.raises(AzureError, match="could not host"):
        place.release(staged("v1"), test)
    place.release(staged("base"), test)
    assert azure.all(Endpoint) == []


def test_a_later_deployment_that_fails_keeps_the_address(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    place.release(staged("v1"), test)
    made = place.find()
    azure.fails("fail", "endpoints")
    with pytest.raises(AzureError, match="could not host the model"):
        place.release(staged("v2"), test)
    assert not place.has(staged("v1")) and test.tried == ["v1"]
    place.release(staged("v1"), test)
    found = place.find()
    assert place.has(staged("v1")) and made is not None and found is not None and found.id == made.id


def test_a_failed_deployment_of_the_same_model_is_tried_again(
    azure: Any, place: EndpointPlace, staged: Any, test: Test
) -> None:
    place.release(staged("v1"), test)
    azure.fails("fail", "endpoints")
    with pytest.raises(AzureError, match="could not host the model"):
        place.release(staged("v2"), test)
    place.release(staged("v2"), test)
    assert place.has(staged("v2")) and azure.calls(CREATE) == 1


def test_a_deployment_that_does_not_end_is_gone_on_with(azure: Any, maker: Maker, staged: Any, test: Test) -> None:
    place = place_at(azure, maker, patience=0.2)
    azure.fails("stuck", "endpoints")
    with pytest.raises(TimedOut, match=r"wait for endpoints/.*: still Running.*; run again later") as raised:
        place.release(staged("v1"), test)
    assert "\n" not in str(raised.value)
    assert not place.has(staged("v1")) and test.tried == []
    place.release(staged("base"), test)
    place.undo()
    assert place.find() is not None and not place.has(staged("base")), "it is deleted when that can be done"
    state = azure.emulator.state
    [stuck] = state.store.all("endpoints")
    state.jobs.start(stuck, deployment_of(stuck))
    place.release(staged("v1"), test)
    assert place.has(staged("v1")) and azure.calls(CREATE) == 1


def test_a_quota_that_is_used_up_is_one_line(
    azure: Any, place: EndpointPlace, staged: Any, test: Test, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(endpoints.MOST, "S0", 0)
    with pytest.raises(AzureError) as raised:
        place.release(staged("v1"), test)
    said = str(raised.value)
    assert said.startswith("POST endpoints: The resource hosts 0 endpoints, as many as it may. (403 Forbidden/Quota")
    assert said.endswith("delete what is not needed (`wergate azure clean`), or ask for more quota in the portal")
    assert "\n" not in said and test.tried == []


def test_everybody_has_an_endpoint_of_their_own(azure: Any, place: EndpointPlace, staged: Any, test: Test) -> None:
    other = place_at(azure, Maker("other"))
    other.release(staged("v1"), lambda _folder: None)
    # By its name it is the project's, by its mark another's; and one that people made.
    [foreign] = azure.all(Endpoint)
    azure.service.change(Endpoint, foreign.id, display_name=place.maker.name("endpoint", "en-US"))
    mine = Endpoint(display_name=foreign.display_name, locale="en-US", model=azure.base("charged").reference)
    azure.service.create(mine)
    assert place.find() is None and place_at(azure, place.maker, locale="en-GB").find() is None
    place.release(staged("base"), test)
    assert len(azure.all(Endpoint)) == 2, "they are not deleted"


def test_two_of_them_the_oldest_is_used(azure: Any, place: EndpointPlace, staged: Any, test: Test) -> None:
    place.release(staged("v1"), test)
    first = place.find()
    assert first is not None
    second = azure.service.create(first.model_copy(update={"self_url": None, "links": None}))
    state = azure.emulator.state
    state.store.get("endpoints", first.id).body["createdDateTime"] = "2026-01-01T00:00:00Z"
    found = place.find()
    assert found is not None and (found.id, second.id != first.id) == (first.id, True)


def test_a_model_that_is_gone_moves_nothing(azure: Any, place: EndpointPlace, staged: Any, test: Test) -> None:
    gone = staged("v1")
    azure.service.delete(CustomModel, model_of(azure, gone))
    with pytest.raises(ModelError, match=r"the service has no model .* any more; wergate run --force"):
        place.release(gone, test)
    assert (azure.all(Endpoint), test.tried) == ([], [])
