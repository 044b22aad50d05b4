"""The Speech resource that the settings name, reached with the key or the sign-in of the environment."""

import hashlib
import os
from dataclasses import replace
from functools import cache

from asr.azure.connection import Connection
from asr.azure.credential import Credential, find_credential
from asr.azure.custom_speech import CustomSpeech
from asr.azure.endpoint_place import EndpointPlace
from asr.azure.entities import Reference
from asr.azure.locales import find_locale
from asr.azure.marks import Maker
from asr.azure.projects import studio_project
from asr.errors import SettingsError
from tasks.settings import Settings
from tasks.tracking import client

HOUR = 3600.0


def custom_speech(settings: Settings) -> CustomSpeech:
    """The service; one connection for all of a process, so that all its calls share one budget.

    Raises:
        SettingsError: the settings name no resource, or the environment has no key and no sign-in.
    """
    return _service(_address(settings), settings.azure.api_version, os.environ.get("AZURE_SPEECH_KEY", ""))


def credential(settings: Settings) -> Credential:
    """Who asks."""
    return find_credential(os.environ, _address(settings))


def maker(settings: Settings, run_id: str = "", commit: str = "") -> Maker:
    """Whose everything is that is made at the service."""
    return Maker(settings.name, run_id, commit)


def making(settings: Settings, run_id: str = "", commit: str = "", locale: str = "") -> Maker:
    """The same for those who make something now: it is shown in the project of the locale in the Studio.

    `locale` is that of the model; empty is that of the settings, which need name none when this machine trains.

    Raises:
        AzureError: the service refused the project.
    """
    ours, locale = maker(settings, run_id, commit), locale or find_locale(settings.language)
    return replace(ours, studio=_studio(custom_speech(settings), ours.project, locale))


def patience(settings: Settings) -> float:
    """Seconds to wait for one job of the service."""
    return settings.azure.patience_hours * HOUR


def endpoint_place(settings: Settings, locale: str, *, to_release: bool = False) -> EndpointPlace:
    """The endpoint of a locale as a place for releases; without `to_release` it is only looked at."""
    if not to_release:
        return EndpointPlace(custom_speech(settings), maker(settings), locale, patience(settings))
    ours = making(settings, locale=locale)
    return EndpointPlace(custom_speech(settings), ours, locale, patience(settings), _registry(settings))


def _registry(settings: Settings) -> str:
    """Which registry this is: that of another store is another one, whatever its models are called."""
    made = [one.creation_timestamp for one in client(settings).search_registered_models(f"name = '{settings.name}'")]
    return hashlib.sha256(f"{settings.name} {made[0]}".encode()).hexdigest()[:16] if made else ""


@cache
def _studio(service: CustomSpeech, project: str, locale: str) -> Reference | None:
    return studio_project(service, Maker(project), locale)


@cache
def _service(address: str, api_version: str, _key: str) -> CustomSpeech:
    return CustomSpeech(Connection(address, find_credential(os.environ, address), api_version=api_version))


def _address(settings: Settings) -> str:
    if not settings.azure.endpoint:
        raise SettingsError(
            "azure.region is empty; name the region of your Speech resource, such as westeurope, or its custom domain "
            "as azure.address"
        )
    return settings.azure.endpoint
