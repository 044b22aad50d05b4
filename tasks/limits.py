"""What the settings ask of data: the bounds of the base, or those of Azure."""

import logging

from asr.azure.locales import find_locale
from asr.corpus.azure_checks import azure_limits
from asr.corpus.limits import Limits, local_limits
from asr.errors import ModelError
from asr.models.abilities import Abilities, read_abilities
from tasks.settings import Settings

log = logging.getLogger(__name__)


def limits_of(settings: Settings) -> Limits:
    """The limits that training and testing data are judged by."""
    if settings.backend == "azure":
        return azure_limits(find_locale(settings.language), settings.normalizer, settings.min_gain)
    return local_limits(_abilities(settings), settings.normalizer, settings.min_gain, settings.language)


def _abilities(settings: Settings) -> Abilities | None:
    try:
        return read_abilities(settings.base, revision=settings.base_revision, language=settings.language)
    except ModelError as error:
        log.info("what the base cannot hear or write is not looked for: %s", error)
        return None
