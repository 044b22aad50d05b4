"""Train a model at the service: found when it was trained before, or is being trained."""

import hashlib
import logging
from collections.abc import Sequence

from asr.azure.azure_error import AzureError
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import CustomModel, Dataset, ServiceBase
from asr.azure.marks import Maker, usable
from asr.azure.parts import DataFile

log = logging.getLogger(__name__)

ROLE = "model"


def content_of(base_id: str, parts: Sequence[DataFile]) -> str:
    """The fingerprint of what a model is trained from: its base and its data."""
    return hashlib.sha256("\0".join([base_id, *sorted(one.fingerprint for one in parts)]).encode()).hexdigest()


def ensure_model(
    service: CustomSpeech, maker: Maker, base: ServiceBase, datasets: Sequence[Dataset], content: str
) -> CustomModel:
    """The model of this content: finished, being trained, or begun now; `content` is of `content_of`.

    One that has expired is of no use any more, and is trained anew.
    """
    found = usable(service, CustomModel, maker, ROLE, content, lambda one: not one.has_expired)
    if found:
        log.info("the model %s is at the service already (%s)", found.display_name, found.status)
        return found
    log.info("train from %s on %d datasets", base.display_name, len(datasets))
    return service.create(
        CustomModel(
            display_name=maker.name(ROLE, content),
            locale=base.locale,
            project=maker.studio,
            base_model=base.reference,
            datasets=tuple(one.reference for one in datasets),
            custom_properties=maker.mark(ROLE, content),
        )
    )


def refuse_failed(model: CustomModel) -> CustomModel:
    """The model, if its training has succeeded.

    Raises:
        AzureError: it has failed.
    """
    if model.status != "Succeeded":
        raise AzureError(
            message=f"the training of {model.display_name} failed ({model.why or 'the service does not say why'})",
            mend="mend what it says and run again; a failed training is begun anew",
        )
    return model
