"""Killed with SIGKILL at any moment, a run at Azure goes on, and makes nothing there a second time."""

import itertools
import os
from collections.abc import Callable

import pytest

from asr.azure.entities import Endpoint
from asr.azure.exchange import exchange
from asr.azure.marks import TRIED
from asr.errors import UserError
from flows.improve import improve
from tasks.azure.service import _service, custom_speech
from tasks.promotion_log import read_log
from tasks.settings import Settings
from tests.flows.azure_runs import made, there

pytestmark = [pytest.mark.slow, pytest.mark.long]

CALL = "asr.azure.connection:exchange"
EVERY = 22
"""One of so many calls is tried; all take most of an hour, with `KILL_EVERY=1`."""
CREATE, CHANGE, COMMIT = (
    f"asr.azure.custom_speech:CustomSpeech.{name}" for name in ("create", "change", "commit_blocks")
)
SPARE = 12
"""Calls at the end that are not tried: how often a job is looked at is chance, and these are those that tidy up."""
LEFT = {"datasets": 2, "models": 1, "endpoints": 1, "projects": 1}
MADE = LEFT | {"transcriptions": 2}


@pytest.fixture
def fresh(at_azure, emulator, speech) -> Callable[[str], Settings]:
    """Makes settings with an empty data folder of that name, and empties the emulator."""

    def make(name: str) -> Settings:
        emulator.control("reset", {})
        _service.cache_clear()  # it remembers the project of the Studio
        settings: Settings = at_azure(data=name, testing_data=speech / "more_testing")
        return settings

    return make


def test_killed_in_every_state_one_after_the_other(fresh, emulator, kill, aliases, runs) -> None:
    settings = fresh("data")

    def is_there() -> tuple[dict[str, int], dict[str, int]]:
        return there(emulator.counts()), aliases(settings)

    kill(settings, "after", CREATE, word="Dataset")  # the test set: the service has it, and nobody knows
    assert is_there() == ({"datasets": 1, "projects": 1}, {"champion": 1})
    kill(settings, "after", CALL, word="'PUT'", nth=2)  # some blocks are there
    kill(settings, "before", COMMIT)
    kill(settings, "after", COMMIT)  # it is imported
    kill(settings, "before", CREATE)
    assert is_there() == ({"datasets": 1, "projects": 1}, {"champion": 1})
    kill(settings, "after", CREATE, word="Transcription")  # the batch of the base
    kill(settings, "after", "asr.azure.evaluate:transcribe_dataset")  # read, and not written down
    kill(settings, "before", "tasks.azure.evaluate:forget_transcription")  # written down, and not deleted
    assert is_there() == ({"datasets": 1, "transcriptions": 1, "projects": 1}, {"champion": 1})

    kill(settings, "after", CREATE, word="Dataset")  # the training data
    kill(settings, "after", CALL, word="'PUT'", nth=2)
    kill(settings, "after", COMMIT)
    kill(settings, "before", CREATE)
    assert made(emulator.counts()) == {"datasets": 2, "transcriptions": 1, "projects": 1}
    kill(settings, "after", CREATE, word="CustomModel")  # it is being trained
    kill(settings, "before", "tasks.azure.train:refuse_failed")  # it has been trained
    kill(settings, "after", CREATE, word="Transcription")  # the batch of the candidate
    kill(settings, "before", "tasks.azure.evaluate:forget_transcription")
    assert made(emulator.counts()) == {"datasets": 2, "models": 1, "transcriptions": 2, "projects": 1}

    kill(settings, "before", "mlflow:MlflowClient.create_model_version")
    kill(settings, "after", "tasks.registry:register")
    assert is_there()[1] == {"champion": 1}
    kill(settings, "before", CREATE, word="Endpoint")
    assert "endpoints" not in is_there()[0]
    result = improve(settings)
    assert result.outcome == "promoted"
    assert is_there() == (LEFT, {"champion": 2, "previous": 1})
    assert made(emulator.counts()) == MADE
    assert improve(settings).outcome == "unchanged"
    assert len(runs(settings)) == 1


ENDPOINT = {
    "before it is made": ("before", CREATE, "Endpoint"),
    "when it was made": ("after", CREATE, "Endpoint"),
    "when it has the model": ("before", "tasks.try_release:hear", ""),
    "when it was tried": ("after", "tasks.try_release:hear", ""),
    "when all is done": ("after", CHANGE, TRIED),
    "before the release is noted": ("before", "tasks.release:note", "promoted"),
}
"""Moments of a first release."""


@pytest.mark.parametrize("moment", ENDPOINT)
def test_killed_while_the_endpoint_gets_its_first_model(moment, fresh, emulator, kill, aliases) -> None:
    settings = fresh("data")
    when, function, word = ENDPOINT[moment]
    kill(settings, when, function, word=word)
    assert improve(settings).outcome in ("promoted", "unchanged")
    assert aliases(settings) == {"champion": 2, "previous": 1}
    assert made(emulator.counts()) == MADE
    assert there(emulator.counts()) == LEFT
    [endpoint] = custom_speech(settings).all(Endpoint)
    assert (endpoint.status, endpoint.custom_properties[TRIED]) == ("Succeeded", "yes")


def test_an_interrupted_release_that_is_refused_is_undone(fresh, emulator, kill, aliases) -> None:
    settings = fresh("data")
    kill(settings, "before", CREATE, word="Endpoint")
    assert aliases(settings)["champion"] == 2
    emulator.control("faults", {"kind": "fail", "operation": "endpoints", "times": -1, "message": "No room."})
    with pytest.raises(UserError, match="No room"):
        improve(settings)
    assert aliases(settings)["champion"] == 1
    assert [entry.what for entry in read_log(settings)] == ["first", "failed", "failed"]
    assert "endpoints" not in there(emulator.counts())
    emulator.control("faults", {"clear": True})
    assert improve(settings).outcome == "promoted"


def test_an_interrupted_release_is_tried_as_an_undisturbed_one(fresh, emulator, kill, aliases, monkeypatch) -> None:
    settings = fresh("data")
    kill(settings, "before", "tasks.try_release:hear")
    with monkeypatch.context() as patch:
        patch.setattr("tasks.try_release.hear", lambda _settings, _release, audio: ["something else"] * len(audio))
        with pytest.raises(UserError, match="words are wrong there"):
            improve(settings)
    assert aliases(settings)["champion"] == 1
    assert improve(settings).outcome == "promoted"


def test_killed_before_or_after_any_call(fresh, emulator, kill, aliases, monkeypatch) -> None:
    settings, count = fresh("undisturbed"), itertools.count(1)
    with monkeypatch.context() as patch:
        patch.setattr(
            "asr.azure.connection.exchange", lambda *given, **more: (next(count), exchange(*given, **more))[1]
        )
        undisturbed = improve(settings)
    calls = next(count) - 1
    assert calls > 70
    every = int(os.environ.get("KILL_EVERY", EVERY))
    for nth in range(1, calls - SPARE, every):
        moment = ("before", "after")[nth // every % 2]
        settings = fresh(f"{moment} {nth}")
        kill(settings, moment, CALL, nth=nth)
        result = improve(settings)
        assert (result.outcome, result.sentence) == ("promoted", undisturbed.sentence), (moment, nth)
        assert aliases(settings) == {"champion": 2, "previous": 1}, (moment, nth)
        assert made(emulator.counts()) == MADE, (moment, nth)
        assert there(emulator.counts()) == LEFT, (moment, nth)
