"""What a person can get wrong with Azure is told in one line that helps, and what was wrong leaves nothing there."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE, decode, write_flac
from asr.azure.azure_model import INSTEAD
from asr.azure.back_off import Patience
from asr.azure.entities import CustomModel, Endpoint
from tasks.azure.service import _service, _studio, custom_speech
from tasks.promotion_log import read_log
from tasks.run_lock import one_run_at_a_time
from tasks.settings import Settings
from tests.azure_emulator.control import expire_model
from tests.azure_emulator.faults import Fault
from tests.azure_emulator.recognizer import ScriptedRecognizer
from tests.azure_emulator.running import RunningEmulator, running_emulator
from tests.flows.azure_runs import EMULATED_KEY, hurried, made, said, there

pytestmark = [pytest.mark.slow, pytest.mark.long]
Make = Callable[..., Any]


@dataclass
class Resource:
    """An emulated Speech resource, and settings that name it."""

    emulator: RunningEmulator
    settings: Callable[..., Settings]

    def fails(self, kind: str, operation: str = "*", **facts: Any) -> None:
        self.emulator.state.faults.add(Fault(kind, operation, **facts))

    def has(self, **options: Any) -> None:
        """Let the resource be another one from now on."""
        self.emulator.state.options = replace(self.emulator.state.options, **options)

    def there(self) -> dict[str, int]:
        return there(self.emulator.counts())

    def made(self) -> dict[str, int]:
        return made(self.emulator.counts())


@pytest.fixture(scope="session")
def truth(speech: Path) -> dict[str, str]:
    return said(speech / "training", speech / "more_testing", speech / "testing" / "guards" / "general")


@pytest.fixture
def resource(truth, quick, tmp_path, monkeypatch) -> Iterator[Resource]:
    monkeypatch.setenv("AZURE_SPEECH_KEY", EMULATED_KEY)
    for name, value in hurried().items():
        monkeypatch.setattr(name.replace(":", "."), value)
    _service.cache_clear()
    _studio.cache_clear()
    with running_emulator(key=EMULATED_KEY, pace=0, recognizer=ScriptedRecognizer(truth)) as emulator:

        def make(**changes: Any) -> Settings:
            options = {"address": emulator.address, "allow_charged_training": True} | changes.pop("azure", {})
            wanted = {"backend": "azure", "language": "en-US"} | changes
            return quick(tmp_path / "data", **wanted, azure=options)

        yield Resource(emulator, make)
    assert not (found := emulator.counts()["violations"]), found


@pytest.fixture
def run(wergate, as_flags) -> Make:
    return lambda settings, *more: wergate("run", *as_flags(settings), *more)


@dataclass(frozen=True)
class Told:
    """A refusal as a person reads it."""

    line: str
    code: int


def told(ran: Any) -> Told:
    """The one line of a command that failed."""
    assert ran.code != 0, ran.out
    assert "Traceback" not in ran.err
    assert "unexpected" not in ran.message
    [line] = ran.message.splitlines()
    return Told(line, ran.code)


@pytest.fixture
def spoiled(speech: Path, tmp_path: Path) -> Path:
    """A copy of the training data, to spoil."""
    shutil.copytree(speech / "training", tmp_path / "training")
    return tmp_path / "training"


def long_recording(folder: Path, seconds: float, name: str) -> str:
    """Put the recordings of a corpus behind each other until they last so long; returns what is said."""
    texts = dict(line.split(",")[:2] for line in (folder / "metadata.csv").read_text().splitlines()[1:])
    parts, words, length = [], [], 0
    for file, text in texts.items():
        if length < seconds * SAMPLE_RATE:
            parts.append(decode(folder / file))
            words.append(text)
            length += len(parts[-1])
    write_flac(folder / f"{name}.flac", np.concatenate(parts))
    (folder / f"{name}.txt").write_text(" ".join(words))
    return " ".join(words)


def texts_there(resource: Resource, kind: str) -> list[bytes]:
    """What was uploaded of a kind of text."""
    store = resource.emulator.state.store
    return [
        store.content(file.id).read_bytes()
        for one in store.all("datasets") for file in one.files if file.kind == kind
    ]  # fmt: skip


KEYS = {
    "none": ("", 2, "AZURE_SPEECH_KEY is not set, .*set AZURE_SPEECH_KEY .*or azure.address to https://NAME"),
    "line-end": ("abcdefghijklmnop\n", 2, "AZURE_SPEECH_KEY is no key: it holds a space or an end of line; copy it"),
    "foreign": ("schlüssel-0123456789", 2, "AZURE_SPEECH_KEY is no key: it holds signs that no key has; copy it again"),
    "wrong": (
        "wrongwrongwrongwrong",
        1,
        r"\(401 Unauthorized\); check that AZURE_SPEECH_KEY is a key of this resource",
    ),
}


@pytest.mark.parametrize("what", KEYS)
def test_no_key_or_a_wrong_one(what: str, resource: Resource, run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    key, code, message = KEYS[what]
    monkeypatch.setenv("AZURE_SPEECH_KEY", key)
    said = told(run(resource.settings()))
    assert said.code == code
    assert re.search(message, said.line), said.line
    assert not key or key.strip() not in said.line
    assert resource.made() == {}


PLACES = {
    "none": ({"address": ""}, 2, "azure.region is empty; name the region of your Speech resource, such as westeurope"),
    "region": (
        {"address": "", "region": "nosuchregion1"},
        1,
        "there is no such host (nosuchregion1.api.cognitive.microsoft.com); check azure.region and azure.address",
    ),
    "name": ({"address": "https://x.invalid"}, 1, "there is no such host (x.invalid); check azure.region"),
    "nobody": ({"address": "http://127.0.0.1:9"}, 1, "no connection; check the network, HTTPS_PROXY and azure.address"),
}


@pytest.mark.parametrize("what", PLACES)
def test_nobody_is_where_it_is_asked(what: str, resource: Resource, run: Make) -> None:
    azure, code, message = PLACES[what]
    said = told(run(resource.settings(azure=azure)))
    assert said.code == code
    assert message in said.line


PASTED = "a123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("azure-address=https://x.example/path", "must be an address such as https://NAME.cognitiveservices.azure.com"),
        (f"azure-address=https://user:{PASTED}@x.example", "azure.address has a user or a query in it; write only"),
        (f"azure-address=https://x.example?key={PASTED}", "azure.address has a user or a query in it; write only"),
        ("azure-address=http://x.cognitiveservices.azure.com", "must begin with https://, for a key is never sent in"),
        (f"azure-region={PASTED}", "--azure-region must be a region such as westeurope or eastus"),
        (f"azure-base-model={PASTED}", "--azure-base-model"),
        (f"azure-key={PASTED}", "unknown flag --azure-key"),
        ("language=en", "Azure Custom Speech wants a locale such as en-AU"),
    ],
    ids=["path", "user", "query", "clear", "region", "base", "flag", "language"],
)
def test_settings_that_name_no_resource(flag: str, message: str, wergate: Make) -> None:
    from asr.errors import SettingsError
    from flows.cli_failures import explain

    try:
        said = told(wergate("run", "--backend=azure", "--language=en-US", f"--{flag}"))
    except SettingsError as error:  # of the command line itself, which `main` tells
        said = Told(explain(error, None, {}).message, error.exit_code)
    assert said.code == 2
    assert message in said.line
    assert PASTED not in said.line


def test_the_free_tier_has_no_batches(resource: Resource, run: Make) -> None:
    resource.has(tier="F0")
    said = told(run(resource.settings()))
    assert said.code == 1
    assert "F0 has no batch transcription, by which models are judged" in said.line
    assert said.line.endswith("use a resource of tier S0")
    assert resource.made() == {"datasets": 1, "projects": 1}
    resource.has(tier="S0")
    assert run(resource.settings()).code == 0
    assert resource.made()["datasets"] == 3, "what was uploaded is used"


@pytest.mark.parametrize("language", ["et-EE", "ar-EG"])
def test_a_locale_that_does_not_learn_from_all(language: str, resource: Resource, run: Make, spoiled: Path) -> None:
    (spoiled / "pronunciation.txt").write_text("jumeirah\tjoo may rah\n", encoding="utf-8")
    what = {"et-EE": "audio with transcripts", "ar-EG": "pronunciations"}[language]
    settings = resource.settings(language=language, training_data=spoiled, normalizer="basic")
    said = told(run(settings))
    assert said.code == 3
    assert said.line.endswith(f"does not learn from {what}; remove them, or set azure.unsupported_data = drop")
    assert resource.made() == {}
    ran = run(settings, "--azure-unsupported-data=drop")
    kinds = sorted(one.body["kind"] for one in resource.emulator.state.store.all("datasets"))
    if language == "et-EE":
        assert told(ran).code == 1, "no model can be judged there"
        assert "testing data have to be audio, which not every locale takes" in told(ran).line
        assert kinds == []
    else:
        assert ran.code == 0, ran.message
        assert f"does not learn from {what}" in ran.err
        assert kinds == ["Acoustic", "Acoustic", "Acoustic"], "two are for testing"


def test_training_audio_of_more_than_40_seconds(resource: Resource, run: Make, spoiled: Path) -> None:
    said = long_recording(spoiled, 41, "long")
    ran = run(resource.settings(training_data=spoiled))
    assert ran.code == 0, ran.message
    assert "1 utterances are longer than 40 s; only their text is used" in ran.err
    [text] = texts_there(resource, "LanguageData")
    assert text.decode("utf-8-sig").split() == said.split()


def test_all_training_audio_of_more_than_40_seconds(resource: Resource, run: Make, spoiled: Path) -> None:
    long_recording(spoiled, 41, "long")
    (spoiled / "metadata.csv").unlink()
    shutil.rmtree(spoiled / "audio")
    said = told(run(resource.settings(training_data=spoiled)))
    assert said.code == 3
    assert "all 1 recordings are, at most 40 s, and such a training fails — cut it into utterances" in said.line
    assert resource.made() == {}


def test_more_audio_than_a_dataset_takes(resource: Resource, run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("asr.corpus.writers.azure", "asr.corpus.azure_checks"):
        monkeypatch.setattr(f"{place}.LARGEST_ZIP", 900_000)
    assert run(resource.settings()).code == 0
    assert resource.made()["datasets"] > 4, "several of them for training"
    for place in ("asr.corpus.writers.azure", "asr.corpus.azure_checks"):
        monkeypatch.setattr(f"{place}.LARGEST_ZIP", 200_000)
    before = resource.made()
    ran = run(resource.settings(), "--force")
    assert ran.code == 3
    assert "hours in one test, at most" in ran.message
    assert resource.made() == before


def test_text_without_byte_order_mark(resource: Resource, run: Make, spoiled: Path) -> None:
    (spoiled / "plain_text.txt").write_bytes(b"The metro to Jumeirah leaves at nine\n")
    (spoiled / "pronunciation.txt").write_bytes(b"jumeirah\tjoo may rah\n")
    ran = run(resource.settings(training_data=spoiled))
    assert ran.code == 0, ran.message
    sent = texts_there(resource, "LanguageData") + texts_there(resource, "PronunciationData")
    assert [one[:3] for one in sent] == [b"\xef\xbb\xbf"] * 2


def test_pronunciations_of_more_than_a_megabyte(resource: Resource, run: Make, spoiled: Path) -> None:
    lines = (f"word{number}\t{'word ' * 24}\n" for number in range(9_000))
    (spoiled / "pronunciation.txt").write_text("".join(lines))
    said = told(run(resource.settings(training_data=spoiled)))
    assert said.code == 3
    assert re.search(r"pronunciation\.txt: [\d,]+ bytes, and the service takes 1,000,000; make it shorter", said.line)
    assert resource.made() == {}


def test_no_more_endpoints_are_allowed(resource: Resource, run: Make, aliases: Make) -> None:
    settings = resource.settings()
    resource.has(most_endpoints=0)
    said = told(run(settings))
    assert said.code == 1
    assert "the resource is full: delete what is not needed (`wergate azure clean`), or ask for more quota" in said.line
    assert aliases(settings) == {"champion": 1, "challenger": 2}
    assert resource.there() == {"datasets": 3, "models": 1, "projects": 1}
    resource.has(most_endpoints=None)
    assert run(settings).code == 0
    assert aliases(settings) == {"champion": 2, "previous": 1}
    assert resource.made()["models"] == 1, "nothing was trained again"


def test_no_more_datasets_are_allowed(resource: Resource, run: Make) -> None:
    for most, made_of in ((0, 0), (2, 2)):
        resource.has(most_datasets=most)
        said = told(run(resource.settings()))
        assert said.code == 1
        assert (
            "as many as it may. (403 Forbidden/QuotaViolation); the resource is full: delete what is not" in said.line
        )
        assert resource.made().get("datasets", 0) == made_of
    resource.has(most_datasets=None)
    assert run(resource.settings()).code == 0
    assert resource.made()["datasets"] == 3


@pytest.mark.parametrize(("hours", "words"), [(5.0, "behind"), (-5.0, "ahead")])
def test_a_clock_that_is_wrong(
    hours: float, words: str, resource: Resource, run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource.has(clock_off_hours=hours)
    monkeypatch.setenv("AZURE_SPEECH_KEY", "wrongwrongwrongwrong")
    said = told(run(resource.settings()))
    assert said.code == 1
    assert f"the clock of this machine is 5.0 h {words}: set it right" in said.line
    assert resource.made() == {}


@pytest.mark.parametrize("status", [200, 403, 407, 502])
def test_a_proxy_answers(status: int, resource: Resource, run: Make) -> None:
    resource.fails("html", times=-1, status=status)
    said = told(run(resource.settings()))
    assert said.code == 1
    assert (
        f"a web page answered, '502', not the service ({status}); a proxy or sign-in page stands between" in said.line
    )
    assert resource.made() == {}


def test_calls_that_are_refused_for_ever(resource: Resource, run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    brief = partial(Patience, seconds=1.5, first=0.01, longest=0.1)
    monkeypatch.setattr("asr.azure.connection.Patience", brief)
    resource.fails("throttle", times=-1, seconds=1)
    said = told(run(resource.settings()))
    assert said.code == 1
    assert "not done in the time given (Requests to the emulator have exceeded the limit of calls.)" in said.line
    assert said.line.endswith("run again later")
    assert resource.made() == {}


@pytest.mark.parametrize("kind", ["datasets", "transcriptions", "models", "endpoints"])
def test_a_job_that_never_ends(kind: str, resource: Resource, run: Make) -> None:
    settings = resource.settings(azure={"patience_hours": 2 / 3600})
    resource.fails("stuck", kind)
    said = told(run(settings))
    assert said.code == 1
    assert re.search(r"(still Running after|is Running and was begun over) ", said.line), said.line
    mend = "if it never ends, delete the endpoint" if kind == "endpoints" else "or raise azure.patience_hours"
    assert f"run again later: it goes on from there; {mend}" in said.line


def test_a_training_that_fails(resource: Resource, run: Make) -> None:
    resource.fails("fail", "models", message="The weather was bad.", code="InternalError")
    said = told(run(resource.settings()))
    assert said.code == 1
    assert "failed (InternalError: The weather was bad.); mend what it says and run again" in said.line
    assert run(resource.settings()).code == 0
    assert (resource.made()["models"], resource.there()["models"]) == (2, 1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"allow_charged_training": False}, "training from it is charged; set azure.allow_charged_training = true, or"),
        ({"max_training_audio_hours": 0.001}, "hours of audio, and azure.max_training_audio_hours is 0.001; raise it"),
    ],
    ids=["charged", "hours"],
)
@pytest.mark.parametrize("good_enough", [0.0, 0.001])
def test_what_may_not_be_spent(
    option: dict[str, Any], message: str, good_enough: float, resource: Resource, run: Make
) -> None:
    said = told(run(resource.settings(azure=option, good_enough=good_enough)))
    assert said.code == 2
    assert message in said.line
    assert resource.made() == {}, "nothing is uploaded, and no batch is charged"


def test_somebody_has_deleted_the_champion(resource: Resource, run: Make, wergate: Make, as_flags: Make) -> None:
    settings = resource.settings()
    assert run(settings).code == 0
    [endpoint] = custom_speech(settings).all(Endpoint)
    [model] = custom_speech(settings).all(CustomModel)
    custom_speech(settings).delete(Endpoint, endpoint.id)
    custom_speech(settings).delete(CustomModel, model.id)
    flags = as_flags(settings)
    said = told(wergate("transcribe", settings.testing_data / "audio" / "00000.flac", *flags))
    assert said.code == 1
    assert f"the service has no model {model.id} any more; {INSTEAD}" in said.line
    assert f"{model.id}, is not at this resource" in wergate("azure", "status", *flags).out
    again = run(settings, "--force")
    assert again.code == 0
    assert "PROMOTED" in again.out


def test_the_champion_has_expired(resource: Resource, run: Make, aliases: Make) -> None:
    settings = resource.settings()
    assert run(settings).code == 0
    [old] = custom_speech(settings).all(CustomModel)
    expire_model(resource.emulator.state, {"model": old.id, "days": -1})
    assert run(settings, "--force").code == 0
    assert aliases(settings) == {"champion": 3, "previous": 1}
    [endpoint] = custom_speech(settings).all(Endpoint)
    assert endpoint.model and endpoint.model.id != old.id, "the expired one was trained anew"
    story = [(one.what, one.version, one.by) for one in read_log(settings)]
    assert story[-2:] == [("promoted", 1, "wergate"), ("promoted", 3, "gate")], "the base is what people got meanwhile"
    assert "expired on" in read_log(settings)[-2].reason


def test_a_registry_that_was_tampered_with(resource: Resource, run: Make, wergate: Make, as_flags: Make) -> None:
    settings = resource.settings()
    assert run(settings).code == 0
    for file in settings.data.rglob("azure_model.json"):
        content = json.loads(file.read_text())
        file.chmod(0o644)
        file.write_text(json.dumps(content | {"id": "../../projects/1"}))
    calls = dict(resource.emulator.counts()["calls"])
    said = told(wergate("transcribe", settings.testing_data / "audio" / "00000.flac", *as_flags(settings)))
    assert said.code == 1
    assert "azure_model.json: it does not name a model of Azure; register the model again" in said.line
    assert dict(resource.emulator.counts()["calls"]) == calls, "nobody was asked for it"


def test_a_version_that_the_service_does_not_know(resource: Resource, run: Make) -> None:
    said = told(run(resource.settings(azure={"api_version": "2031-01-01"})))
    assert said.code == 1
    assert "which speaks azure.api_version 2025-10-15: check yours, or report it" in said.line
    assert resource.made() == {}


def test_two_runs_at_once(resource: Resource, run: Make) -> None:
    settings = resource.settings()
    with one_run_at_a_time(settings):
        said = told(run(settings))
    assert said.code == 1
    assert str(settings.data) in said.line
    assert resource.made() == {}


def test_the_hub_gets_nothing_of_azure(resource: Resource, run: Make, aliases: Make) -> None:
    settings = resource.settings(release_to_hub="nobody/nothing")
    ran = run(settings)
    assert (ran.code, ran.message) == (0, "")
    assert aliases(settings)["champion"] == 2


@pytest.mark.parametrize("command", ["transcribe", "evaluate"])
def test_models_of_the_service_by_name(command: str, resource: Resource, wergate: Make, as_flags: Make) -> None:
    settings = resource.settings()
    file = settings.testing_data / "audio" / "00000.flac"
    what = [file] if command == "transcribe" else ["--data", settings.testing_data]

    def ask(model: str) -> Any:
        return wergate(command, "--model", model, *what, *as_flags(settings))

    for name in ("azure:NOPE", "azure:../../projects"):
        said = told(ask(name))
        assert said.code == 1
        assert said.line == f"{name}: the service has no such model; wergate azure status lists yours"
    assert "azure: names no model; write azure:ID, or azure:base" in told(ask("azure:")).line
    assert resource.made() == {}
    base = ask("azure:base")
    assert base.code == 0
    assert base.out
