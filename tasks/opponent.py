"""Whom the candidate has to beat: the champion when the run began, and whoever is released while it goes on."""

import logging
from collections.abc import Iterator
from pathlib import Path

from asr.azure.azure_model import is_azure_model, read_azure_model
from asr.azure.locales import find_locale
from asr.errors import ModelError
from asr.models.checkpoint import fingerprint
from tasks.azure.service import custom_speech
from tasks.promotion_journal import Move
from tasks.registry import (
    CANDIDATE,
    COMPARED_WITH,
    Registered,
    base_name,
    champion,
    crown_base,
    register,
    registered,
)
from tasks.release import move_champion
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.tracking import client
from tasks.try_release import load_release

log = logging.getLogger(__name__)


def opponents(settings: Settings, run: Record, base: Path) -> Iterator[Registered]:
    """The champion to compare with, and again the new one when asked for another.

    The choice is kept with the run in MLflow: a run that was killed after it made its candidate the champion would
    otherwise compare the candidate with itself.
    """
    tags = client(settings).get_run(run.id).data.tags
    opponent = champion(settings) or crown_base(settings, base)
    if why := _why_gone(settings, opponent):
        opponent = _replace(settings, opponent, base, why)
    if tags.get(CANDIDATE) == str(opponent.version):
        opponent = registered(settings, int(tags[COMPARED_WITH]))
    while True:
        client(settings).set_tag(run.id, COMPARED_WITH, str(opponent.version))
        yield opponent
        opponent = champion(settings) or opponent


def _why_gone(settings: Settings, opponent: Registered) -> str:
    """Why the champion cannot be used any more, empty when it can.

    The service has deleted it, it has expired, or it is a base of the locale that the settings named before.
    """
    if not is_azure_model(opponent.directory):
        return ""
    model = read_azure_model(opponent.directory)
    if settings.backend == "azure" and model.locale != (locale := find_locale(settings.language)):
        return f"it recognizes {model.locale}, and `language` is {locale}"
    try:
        model.look_up(custom_speech(settings))
    except ModelError as error:
        return str(error).partition(";")[0]
    return ""


def _replace(settings: Settings, gone: Registered, base: Path, why: str) -> Registered:
    """Make the base champion instead: it is what the service answers with when a model has expired."""
    today = register(settings, base, fingerprint(base), base=base_name(settings, base), outcome="base")
    reason = f"{why}; {base_name(settings, base)} is what people get without it."
    log.warning("%s cannot be used any more: %s", gone.name, reason)
    move = Move(what="promoted", version=today.version, replaces=gone.version, by="wergate", reason=reason)
    move_champion(settings, move, lambda staged: load_release(settings, staged))
    return champion(settings) or today
