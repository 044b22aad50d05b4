"""A release at the endpoint that fails, or that is another's, seen from a whole run at an emulator of its own."""

import pytest

from asr.azure.entities import Endpoint
from asr.azure.marks import RELEASE, TRIED
from asr.errors import UserError
from flows.improve import improve
from flows.rollback import rollback
from tasks.azure.service import custom_speech
from tasks.azure.status import look_at_azure
from tasks.settings import Settings
from tests.flows.azure_runs import retold

pytestmark = [pytest.mark.slow, pytest.mark.long]

REFUSED = {"kind": "error", "operation": "Speech_Recognize", "status": 403}


def marks(settings: Settings) -> list[tuple[str, str, str]]:
    """The release of each endpoint, whether it was tried, and the model that it has."""
    found = custom_speech(settings).all(Endpoint)
    return [
        (one.custom_properties[RELEASE], one.custom_properties.get(TRIED, ""), one.model.id)
        for one in found
        if one.model
    ]


def test_a_local_champion_leaves_no_model_at_the_endpoint(at_azure, emulator, speech, tmp_path, aliases) -> None:
    assert improve(at_azure(backend="local", good_enough=1.0)).outcome == "good_enough"
    settings = at_azure()
    emulator.control("faults", REFUSED)
    with pytest.raises(UserError, match="403"):
        improve(settings)
    assert (marks(settings), aliases(settings)["champion"]) == ([], 1), "nobody used it, and it is charged"

    assert improve(settings, force=True).outcome == "promoted"
    rollback(settings, 1, "Ada", "It mumbles")
    [before] = marks(settings)
    assert before[1] == "yes"
    few = retold(speech / "training", tmp_path / "few", lambda text: text if "al " in text else "hello")
    emulator.control("faults", REFUSED)
    with pytest.raises(UserError, match="403"):
        improve(at_azure(training_data=few))
    assert (marks(settings), aliases(settings)["champion"]) == ([before], 1)
    [remark] = look_at_azure(settings).remarks
    assert "no model of Azure is the champion" in remark


def test_a_deployment_that_never_ends_stops_nothing_else(at_azure, emulator, aliases) -> None:
    improve(at_azure(backend="local", good_enough=1.0))
    settings = at_azure()
    emulator.control("faults", {"kind": "stuck", "operation": "endpoints"})
    with pytest.raises(UserError, match="still Running"):
        improve(at_azure(azure={"patience_hours": 0.001}))
    assert (len(marks(settings)), aliases(settings)["champion"]) == (1, 1)
    emulator.control("faults", {"clear": True})
    assert improve(at_azure(good_enough=1.0)).outcome == "good_enough"


def test_a_clone_with_an_empty_store_does_not_take_the_endpoint(at_azure, aliases) -> None:
    settings = at_azure()
    assert improve(settings).outcome == "promoted"
    before = marks(settings)
    with pytest.raises(UserError, match="has the releases of another MLflow store"):
        improve(at_azure(data="clone", good_enough=1.0))
    assert marks(settings) == before
    assert look_at_azure(at_azure(data="clone")).inventory.of("endpoint"), "it may look"
