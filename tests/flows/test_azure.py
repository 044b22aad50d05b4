"""The loop through Azure Custom Speech, at an emulator in a process of its own."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from asr.azure.entities import CustomModel, Endpoint, ServiceBase
from asr.errors import UserError
from asr.scoring.person_decision import PersonDecision
from flows.approve import approve
from flows.improve import improve
from flows.rollback import rollback
from tasks.azure.hear import base_endpoint, recognize_live
from tasks.azure.service import credential, custom_speech
from tasks.settings import Settings
from tests.flows.azure_runs import EMULATED_KEY, made, retold, there

pytestmark = [pytest.mark.slow]

WRONG_KEY = "0wrongwrongwrongwrong0"
TRAINED = {"datasets": 3, "models": 1, "endpoints": 1, "projects": 1}
"""What stays of a promotion: the training data, two test sets, the model, where it is hosted, and what shows them."""

NOT_HOSTED = {"datasets": 3, "models": 1, "projects": 1}
TESTED = {"datasets": 2, "projects": 1}
"""What stays when nothing was trained, or what was trained is gone."""


def hosted(settings: Settings) -> tuple[str, str]:
    """The id of the only endpoint, and of its model."""
    [endpoint] = custom_speech(settings).all(Endpoint)
    assert endpoint.status == "Succeeded"
    assert endpoint.model
    return endpoint.id, endpoint.model.id


def only_model(settings: Settings) -> str:
    [model] = custom_speech(settings).all(CustomModel)
    return model.id


def told(decision: str) -> PersonDecision:
    given = {"decision": decision, "by": "Ada", "reason": "Heard it", "at": datetime.now(UTC)}
    return PersonDecision.model_validate(given)


def files_with(word: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def test_promoted_then_unchanged_then_rejected_then_back(at_azure, emulator, speech, tmp_path, aliases) -> None:
    settings = at_azure()
    first = improve(settings)
    assert (first.outcome, aliases(settings)) == ("promoted", {"champion": 2, "previous": 1})
    assert first.candidate.wer < 0.5 * first.baseline.wer
    before = emulator.counts()
    assert there(before) == TRAINED
    assert made(before) == TRAINED | {"transcriptions": 4}
    endpoint, custom = hosted(settings)
    assert custom == only_model(settings)

    assert improve(settings).outcome == "unchanged"
    assert made(emulator.counts()) == made(before)

    worse = retold(speech / "training", tmp_path / "worse", lambda text: " ".join(["banana"] * len(text.split())))
    rejected = improve(at_azure(training_data=worse))
    assert rejected.outcome == "rejected"
    assert made(emulator.counts())["models"] == 2
    assert there(emulator.counts()) == TRAINED
    assert (only_model(settings), hosted(settings)) == (custom, (endpoint, custom))

    rollback(settings, None, "Ada", "It mumbles")
    base = hosted(settings)[1]
    assert hosted(settings) == (endpoint, base)
    assert base != custom
    rollback(settings, 2, "Ada", "It does not")
    assert hosted(settings) == (endpoint, custom)
    assert made(emulator.counts())["endpoints"] == 1
    assert not files_with(EMULATED_KEY, settings.data)


@pytest.mark.long
def test_an_endpoint_that_somebody_has_changed_is_put_right(at_azure, emulator, aliases) -> None:
    settings = at_azure()
    assert improve(settings).outcome == "promoted"
    endpoint, custom = hosted(settings)
    service = custom_speech(settings)
    bases = [one for one in service.all(ServiceBase, "locale eq 'en-US'") if one.display_name.endswith(" uncharged")]
    other = bases[-1]
    service.change(Endpoint, endpoint, model=other.reference)
    service.wait(Endpoint, endpoint, deadline=20)
    assert hosted(settings) == (endpoint, other.id)
    assert improve(settings).outcome == "unchanged"
    assert hosted(settings) == (endpoint, custom)


@pytest.mark.long
def test_other_testing_data_and_force_train_nothing(at_azure, emulator, speech, aliases) -> None:
    settings = at_azure()
    improve(settings)
    other = improve(at_azure(testing_data=speech / "more_testing"))
    assert (other.outcome, other.candidate) == ("unchanged", None)
    assert "Only the testing data changed" in other.sentence
    counts = emulator.counts()
    assert made(counts) == TRAINED | {"datasets": 4, "transcriptions": 5}

    forced = improve(settings, force=True)
    assert forced.mlflow_run_id != other.mlflow_run_id
    assert forced.outcome == "rejected", "the same model is not better than itself"
    again = emulator.counts()
    assert made(again) == made(counts) | {"transcriptions": 7}, "recognized again, and neither uploaded nor trained"
    assert (there(again), aliases(settings)) == (there(counts), {"champion": 2, "previous": 1})


@pytest.mark.long
def test_a_person_says_yes(at_azure, emulator, aliases) -> None:
    settings = at_azure(approval="ask")
    asked = improve(settings)
    assert asked.outcome == "awaiting_approval"
    assert there(emulator.counts()) == {"datasets": 3, "models": 1, "projects": 1}, (
        "nothing is hosted while a person thinks"
    )
    result = approve(settings, asked.mlflow_run_id, told("promote"))
    assert (result.outcome, aliases(settings)) == ("promoted", {"champion": 2, "previous": 1})
    assert hosted(settings)[1] == only_model(settings)


@pytest.mark.long
def test_a_person_says_no(at_azure, emulator, aliases) -> None:
    settings = at_azure(approval="ask")
    asked = improve(settings)
    result = approve(settings, asked.mlflow_run_id, told("reject"))
    assert (result.outcome, aliases(settings)) == ("rejected", {"champion": 1, "challenger": 2})
    assert there(emulator.counts()) == TESTED, "the test sets"


@pytest.mark.long
def test_a_champion_of_this_machine_is_replaced_and_comes_back(at_azure, emulator, aliases) -> None:
    local = at_azure(backend="local", good_enough=1.0)
    assert improve(local).outcome == "good_enough"
    settings = at_azure()
    result = improve(settings)
    assert (result.outcome, aliases(settings)) == ("promoted", {"champion": 2, "previous": 1})
    assert result.baseline.decoding != result.candidate.decoding
    before, counts = hosted(settings), emulator.counts()
    rollback(settings, None, "Ada", "The line is down")
    assert (aliases(settings), hosted(settings)) == ({"champion": 1, "previous": 2}, before)
    rollback(settings, None, "Ada", "It is up")
    assert (aliases(settings), hosted(settings)) == ({"champion": 2, "previous": 1}, before)
    assert made(emulator.counts()) == made(counts)


@pytest.mark.long
def test_a_champion_of_azure_is_replaced_by_one_of_this_machine(at_azure, learned, emulator, aliases) -> None:
    learned()
    settings = at_azure(good_enough=1.0)
    assert improve(settings).outcome == "good_enough"
    assert there(emulator.counts()) == TESTED, "a base is hosted for all"
    local = at_azure(backend="local")
    result = improve(local)
    assert (result.outcome, aliases(local)) == ("promoted", {"champion": 2, "previous": 1})
    rollback(local, None, "Ada", "The machine is loud")
    assert aliases(local) == {"champion": 1, "previous": 2}
    assert there(emulator.counts()) == TESTED


@pytest.fixture
def another_model_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Settings], None]:
    """From now on the endpoint answers with the base, as it does when its model has expired."""

    def begin(settings: Settings) -> None:
        def hear(_settings: Settings, _directory: Path, audio: Any) -> list[str]:
            place = base_endpoint(settings.azure.address.replace("http:", "ws:"), "en-US")
            return [one.text for one in recognize_live(place, credential(settings), audio, side_by_side=4)]

        monkeypatch.setattr("tasks.try_release.hear", hear)

    return begin


@pytest.mark.long
def test_an_endpoint_that_answers_with_another_model(at_azure, emulator, another_model_answers, aliases) -> None:
    settings = at_azure()
    another_model_answers(settings)
    with pytest.raises(UserError, match=r"words are wrong there.*the champion stays as it is"):
        improve(settings)
    assert aliases(settings) == {"champion": 1, "challenger": 2}
    assert there(emulator.counts()) == {"datasets": 3, "models": 1, "projects": 1}, (
        "the endpoint that never had a release is gone"
    )


@pytest.mark.long
def test_a_second_release_that_fails_leaves_the_first_one(
    at_azure, emulator, speech, tmp_path, another_model_answers, aliases
) -> None:
    few = retold(speech / "training", tmp_path / "few", lambda text: text if "al " in text else "hello")
    settings = at_azure(training_data=few)
    assert improve(settings).outcome == "promoted"
    before, counts = hosted(settings), emulator.counts()
    emulator.control("faults", {"kind": "error", "operation": "Speech_Recognize", "status": 403})
    with pytest.raises(UserError, match="live recognition"):
        improve(at_azure())
    assert (aliases(settings)["champion"], hosted(settings)) == (2, before)
    assert made(emulator.counts())["endpoints"] == made(counts)["endpoints"] == 1
    assert improve(at_azure()).outcome == "promoted"
    endpoint, model = hosted(settings)
    assert (endpoint, model != before[1]) == (before[0], True)
    assert made(emulator.counts())["models"] == 2


@pytest.mark.parametrize(
    ("key", "code"), [(WRONG_KEY, 1), ("", 2), (f"{WRONG_KEY} \n", 2)], ids=["wrong", "none", "bad"]
)
@pytest.mark.long
def test_a_key_that_is_none(key, code, at_azure, wergate, as_flags, monkeypatch, runs, caplog) -> None:
    settings = at_azure()
    monkeypatch.setenv("AZURE_SPEECH_KEY", key)
    ran = wergate("run", *as_flags(settings))
    assert ran.code == code, ran.err
    assert ran.message.count("\n") == 0
    assert "AZURE_SPEECH_KEY" in ran.message
    with get_client(sync_client=True) as server:
        parameters = [run.parameters for run in server.read_flow_runs()]
    said = ran.out + ran.err + caplog.text + json.dumps(parameters, default=str)
    said += "".join(str(run.data.params) + str(run.data.tags) for run in runs(settings))
    assert WRONG_KEY not in said
    assert not files_with(WRONG_KEY, settings.data)
