"""Models of the service as model directories: the base that a training starts from, and those that people name."""

import logging
from pathlib import Path

from prefect import task

from asr.azure.azure_error import NotThere
from asr.azure.azure_model import azure_model, read_azure_model, write_azure_model
from asr.azure.base_models import choose_base
from asr.azure.entities import CustomModel, ServiceBase
from asr.azure.locales import find_locale
from asr.azure.parts import kinds_of
from asr.errors import ModelError
from tasks.azure.service import custom_speech
from tasks.corpus import Corpora
from tasks.settings import Settings

log = logging.getLogger(__name__)


@task(name="find base at Azure")
def find_azure_base(settings: Settings, corpora: Corpora) -> Path:
    """The directory that names the base: the one of the settings, or the newest that learns from the training data.

    Raises:
        DataError: no base learns from all kinds of data.
        SettingsError: there is no such base.
    """
    options = settings.azure
    base = choose_base(
        custom_speech(settings),
        find_locale(settings.language),
        kinds_of(corpora.training),
        pinned=options.base_model,
        unsupported=options.unsupported_data,
    )
    log.info("base: %s (%s)", base.display_name, base.id)
    return write_azure_model(azure_model(base), settings.data / "azure" / "models" / base.id)


def find_azure_model(settings: Settings, model: str) -> Path:
    """The directory that names a model of the service, base or custom, by its id; `base` is the newest base.

    Raises:
        ModelError: the service has no such model.
    """
    if not model:
        raise ModelError("azure: names no model; write azure:ID, or azure:base; wergate azure status lists yours")
    service, locale = custom_speech(settings), find_locale(settings.language)
    found: ServiceBase | CustomModel
    if model == "base":
        found = choose_base(service, locale, frozenset(), pinned=settings.azure.base_model)
    else:
        try:
            found = service.get(CustomModel, model)
        except NotThere:
            try:
                found = service.get(ServiceBase, model)
            except NotThere as error:
                raise ModelError(
                    f"azure:{model}: the service has no such model; wergate azure status lists yours"
                ) from (error)
    return write_azure_model(azure_model(found), settings.data / "azure" / "models" / found.id)


def service_base(settings: Settings, directory: Path) -> ServiceBase:
    """What the service says of the base that a directory names."""
    return custom_speech(settings).get(ServiceBase, read_azure_model(directory).id)
