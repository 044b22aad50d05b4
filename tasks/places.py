"""Where releases go besides the folder, each put right when it holds another release.

Models of this machine go to the Hub repository of the settings; models of Azure to the endpoint of their locale.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from asr.azure.azure_model import is_azure_model, read_azure_model
from asr.azure.locales import find_locale
from asr.releases.hub import HubPlace
from asr.releases.place import Place
from tasks.azure.service import endpoint_place
from tasks.settings import Settings

log = logging.getLogger(__name__)


def places(settings: Settings, folder: Path) -> tuple[Place, ...]:
    """The places of the model, or the release, in a folder."""
    if is_azure_model(folder):
        return (endpoint_place(settings, read_azure_model(folder).locale, to_release=True),)
    return (HubPlace(settings.release_to_hub),) if settings.release_to_hub else ()


def reach(settings: Settings, folder: Path) -> None:
    """Ask every place of a model what it has, so that one that cannot be reached is known before anything moves.

    Raises:
        UserError: a place cannot be asked.
    """
    for place in places(settings, folder):
        place.has(folder)


def release_everywhere(settings: Settings, folder: Path, test: Callable[[Path], None]) -> None:
    """Put a staged release at every place that has another one; a place that runs it tries it with `test`.

    Raises:
        UserError: a place refused it, or cannot be reached; the places before it have it.
    """
    for place in places(settings, folder):
        if not place.has(folder):
            place.release(folder, test)
            log.info("%s is live at %s", folder.name, place.name)


def undo_release(settings: Settings, folder: Path) -> None:
    """Take back a release that its endpoint did not pass, also where the champion needs none; tried, it stays.

    Raises:
        AzureError: the service cannot be asked, or refused it.
    """
    if is_azure_model(folder) and settings.azure.endpoint:
        endpoint_place(settings, read_azure_model(folder).locale, to_release=True).undo()


def undo_leftover(settings: Settings, champion: Path) -> None:
    """The same when a champion of this machine is live, for what could not be undone at once.

    Raises:
        AzureError: the service cannot be asked, or refused it.
    """
    if settings.backend == "azure" and not is_azure_model(champion):
        endpoint_place(settings, find_locale(settings.language), to_release=True).undo()
