"""The resource that the settings name: reached once by a process, with the key of the environment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from asr.azure.options import AzureOptions
from asr.errors import SettingsError
from tasks.azure import service
from tasks.azure.service import credential, custom_speech, endpoint_place, maker, patience
from tasks.settings import Settings
from tasks.tracking import client


def at(**options: object) -> Settings:
    return Settings(backend="azure", language="en-US", name="speech", azure=AzureOptions.model_validate(options))


def test_one_connection_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SPEECH_KEY", "0123456789abcdef0123456789abcdef")
    one = custom_speech(at(region="westeurope"))
    assert custom_speech(at(region="westeurope", max_rejected=0.5)) is one
    assert one.connection.address.origin == "https://westeurope.api.cognitive.microsoft.com"
    assert custom_speech(at(region="eastus")) is not one
    assert custom_speech(at(region="westeurope", api_version="2024-11-15")) is not one
    monkeypatch.setenv("AZURE_SPEECH_KEY", "fedcba9876543210fedcba9876543210")
    assert custom_speech(at(region="westeurope")) is not one, "another key asks"
    assert credential(at(region="westeurope")).key == "fedcba9876543210fedcba9876543210"


def test_nothing_names_a_resource() -> None:
    with pytest.raises(SettingsError) as raised:
        custom_speech(at())
    assert str(raised.value).startswith("azure.region is empty; name the region of your Speech resource")


def test_nobody_signs_in() -> None:
    with pytest.raises(SettingsError, match="AZURE_SPEECH_KEY") as raised:
        custom_speech(at(region="westeurope"))
    assert "\n" not in str(raised.value)


def test_who_makes_things_and_how_long_is_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SPEECH_KEY", "0123456789abcdef0123456789abcdef")
    settings = at(region="westeurope", patience_hours=0.5)
    ours = maker(settings, "run", "commit")
    assert (ours.project, ours.run, ours.commit) == ("speech", "run", "commit")
    assert patience(settings) == 1800.0
    place = endpoint_place(settings, "en-GB")
    assert (place.name, place.locale, place.patience) == ("the Azure endpoint of en-GB", "en-GB", 1800.0)
    assert place.maker.project == "speech"


def test_who_releases_is_known_by_the_store(
    stored: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "making", lambda settings, locale: service.maker(settings))
    monkeypatch.setenv("AZURE_SPEECH_KEY", "0123456789abcdef0123456789abcdef")
    ours = stored(azure=AzureOptions(region="westeurope"))
    theirs = ours.model_copy(update={"mlflow_tracking_uri": f"sqlite:///{tmp_path}/theirs.db"})

    def registry(settings: Settings) -> str:
        return endpoint_place(settings, "en-US", to_release=True).registry

    assert registry(ours) == ""
    for settings in (ours, theirs):
        client(settings).create_registered_model(settings.name)
    assert registry(ours) == registry(ours) != registry(theirs) != ""
    assert endpoint_place(ours, "en-US").registry == "", "who only looks need not reach the store"
