"""The doctor asks the Speech resource and makes nothing there; what is wrong is told with its mend."""

import pytest

from asr.azure import connection
from asr.azure.back_off import Patience
from asr.azure.options import AzureOptions
from asr.doctor import Finding
from tasks.azure.access import access
from tasks.doctor import examine
from tasks.settings import Settings
from tests.azure_emulator.faults import Fault
from tests.azure_stock import Stock


def other(settings: Settings, language: str = "en-US", **options: object) -> Settings:
    azure = AzureOptions.model_validate(settings.azure.model_dump() | options)
    return settings.model_copy(update={"azure": azure, "language": language})


def only(settings: Settings) -> Finding:
    [finding] = access(settings)
    assert "\n" not in finding.message + finding.mend
    return finding


def test_all_is_well(settings: Settings, stock: Stock) -> None:
    stock.endpoint(stock.base())
    before = stock.everything()
    resource, locale = access(settings)
    assert (resource.state, locale.state) == ("ok", "ok")
    assert resource.message == f"{stock.emulator.address} answers, signed in with the key; 1 endpoints there"
    assert locale.message == (
        "en-US takes audio alone, audio with transcripts, display format, plain text, pronunciations, structured text"
    )
    assert stock.everything() == before
    assert not [name for name in stock.emulator.state.calls if not name.startswith(("Endpoints_Li", "Datasets_L"))]


def test_a_locale_without_audio_is_a_problem(settings: Settings) -> None:
    _, locale = access(other(settings, "et-EE"))
    assert locale == Finding(
        "Azure",
        "problem",
        "et-EE takes only plain text, pronunciations; models are judged by audio",
        "choose another locale",
    )


def test_a_locale_that_the_region_does_not_have(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.azure_emulator.locales.LOCALE_KINDS", {})
    monkeypatch.setattr("tasks.azure.access.find_locale", lambda _language: "tlh-QO")
    _, locale = access(settings)
    assert (locale.state, locale.message) == ("problem", "tlh-QO takes no data in this region")
    assert locale.mend == "choose another locale, or another region"


@pytest.mark.parametrize(
    ("key", "message", "mend"),
    [
        ("wrong-key-0123456789", "(401 Unauthorized)", "check that AZURE_SPEECH_KEY is a key of this resource and"),
        ("a key 0123456789", "AZURE_SPEECH_KEY is no key: it holds a space or an end of line", "copy it again from"),
    ],
    ids=["wrong", "space"],
)
def test_a_key_that_opens_nothing(
    key: str, message: str, mend: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_SPEECH_KEY", key)
    finding = only(settings)
    assert finding.state == "problem"
    assert finding.message.endswith(message)
    assert finding.mend.startswith(mend)
    assert key not in repr(finding)


def test_no_resource_is_named(settings: Settings) -> None:
    finding = only(other(settings, address=""))
    assert (finding.state, finding.message) == ("problem", "azure.region is empty")
    assert finding.mend.startswith("name the region of your Speech resource, such as westeurope")


def test_a_region_that_is_none(settings: Settings) -> None:
    finding = only(other(settings, address="", region="nosuchregion1"))
    assert "there is no such host (nosuchregion1.api.cognitive.microsoft.com)" in finding.message
    assert finding.mend.startswith("check azure.region")


def test_a_mend_of_two_parts_stays_whole(settings: Settings, stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "Patience", lambda: Patience(first=0.001, longest=0.01))
    stock.emulator.state.faults.add(Fault("foreign", times=-1, status=403))
    finding = only(other(settings, max_rejected=0.5))
    assert finding.message == "GET endpoints: The gateway could not answer. (403)"
    assert finding.mend.startswith("this sign-in may not do that: check that AZURE_SPEECH_KEY is of this resource")
    assert finding.mend.endswith("; not every tier of a resource has everything (F0 has little)")


def test_the_doctor_asks_only_when_azure_trains(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for slow in ("examine_machine", "mlflow", "prefect"):
        monkeypatch.setattr(f"tasks.doctor.{slow}", lambda *_: iter(()))
    assert [(one.name, one.state) for one in examine(settings)] == [("Azure", "ok")] * 2
    assert list(examine(settings.model_copy(update={"backend": "local"}))) == []
