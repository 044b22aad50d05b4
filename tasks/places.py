"""Where releases go besides the folder: what the settings name, each put right when it holds another release."""

import logging
from pathlib import Path

from asr.releases.hub import HubPlace
from asr.releases.place import Place
from tasks.settings import Settings

log = logging.getLogger(__name__)


def places(settings: Settings) -> tuple[Place, ...]:
    """The places that the settings name."""
    return (HubPlace(settings.release_to_hub),) if settings.release_to_hub else ()


def reach(settings: Settings) -> None:
    """Ask every place what is live there, so that one that cannot be reached is known before anything moves.

    Raises:
        UserError: a place cannot be asked.
    """
    for place in places(settings):
        place.live()


def release_everywhere(settings: Settings, folder: Path) -> None:
    """Put a staged release at every place that has another one.

    Raises:
        UserError: a place refused it, or cannot be reached; the places before it have it.
    """
    for place in places(settings):
        if place.live() != folder.name:
            place.release(folder)
            log.info("%s is live at %s", folder.name, place.name)
