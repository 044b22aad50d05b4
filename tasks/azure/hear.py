"""What a model of the service hears in live audio, at its endpoint, as people use it."""

from collections.abc import Sequence
from pathlib import Path

from asr.audio import Samples
from asr.azure.azure_model import AzureModel, read_azure_model
from asr.azure.entities import Endpoint
from asr.azure.fast_transcription import transcribe_fast
from asr.azure.live import base_endpoint, recognize_live
from asr.errors import ModelError
from tasks.azure.service import credential, custom_speech, endpoint_place
from tasks.settings import Settings

_SIDE_BY_SIDE = 4


def hear(settings: Settings, directory: Path, audio: Sequence[Samples]) -> list[str]:
    """The lexical text of each audio, from the endpoint that has the model; a base model is heard without one too.

    Raises:
        ModelError: no endpoint has the model.
        AzureError: the service refuses it, or fails again and again.
    """
    model = read_azure_model(directory)
    endpoint = _endpoint(settings, model)
    side_by_side = min(_SIDE_BY_SIDE, max(1, len(audio)))
    found = recognize_live(endpoint, credential(settings), audio, side_by_side=side_by_side)
    return [one.text for one in found]


def transcribe_at_azure(
    settings: Settings, directory: Path, files: Sequence[Path], audio: Sequence[Samples]
) -> list[str]:
    """What is said in each file: heard live where the model is hosted, else by fast transcription, in display form.

    `audio`: what the files hold.

    Raises:
        AudioError: a file cannot be decoded.
        DataError: a file is too long for fast transcription.
        ModelError: the model is neither hosted nor fit for fast transcription.
        AzureError: the service refuses it, or fails again and again.
    """
    model = read_azure_model(directory)
    if model.is_base or _hosted(settings, model):
        return hear(settings, directory, audio)
    service = custom_speech(settings)
    found = model.look_up(service)
    if found.features.supports_transcriptions_transcribe is False:
        raise ModelError(f"{found.display_name}: it is not hosted, and not fit for fast transcription; promote it")
    return [transcribe_fast(service, file, model.locale, found.self_url) for file in files]


def _endpoint(settings: Settings, model: AzureModel) -> Endpoint:
    if endpoint := _hosted(settings, model):
        return endpoint
    if model.is_base:
        return base_endpoint(settings.azure.live_endpoint, model.locale)
    raise ModelError(
        f"the Azure endpoint of {model.locale} does not have the model {model.id}; `wergate run` or `wergate rollback` "
        "put it there"
    )


def _hosted(settings: Settings, model: AzureModel) -> Endpoint | None:
    """The endpoint, if it has the model."""
    endpoint = endpoint_place(settings, model.locale).find()
    return endpoint if endpoint and endpoint.model and endpoint.model.id == model.id else None
