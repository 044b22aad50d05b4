"""A model of the service as a model directory: one small file that names it, so that it can be registered as others."""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from asr.azure.azure_error import NotThere
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import CustomModel, ServiceBase
from asr.errors import ModelError

FILE = "azure_model.json"
_LARGEST = 1 << 16
INSTEAD = (
    "wergate run --force puts today's base in the place of a champion and trains anew, wergate rollback --to VERSION "
    "--by NAME --reason TEXT goes back to another version"
)
"""What to do when the model of a champion is gone."""


class AzureModel(BaseModel):
    """Which model of the service; its bytes never leave it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[0-9A-Za-z-]+$")
    is_base: bool
    """A base model, which anybody can use without an endpoint."""
    locale: str
    base: str = ""
    """Id of the base that it was trained from."""

    def look_up(self, service: CustomSpeech) -> ServiceBase | CustomModel:
        """What the service says of it now.

        Raises:
            ModelError: the service has it no more, or it has expired.
        """
        found: ServiceBase | CustomModel
        try:
            found = service.get(ServiceBase, self.id) if self.is_base else service.get(CustomModel, self.id)
        except NotThere as error:
            raise ModelError(f"the service has no model {self.id} any more; {INSTEAD}") from error
        if found.expires and found.has_expired:
            raise ModelError(
                f"the model {found.display_name} ({self.id}) expired on {found.expires:%Y-%m-%d}; {INSTEAD}"
            )
        return found


def azure_model(model: ServiceBase | CustomModel) -> AzureModel:
    """What is kept of a model of the service."""
    if isinstance(model, CustomModel):
        base = model.base_model.id if model.base_model else ""
        return AzureModel(id=model.id, is_base=False, locale=model.locale, base=base)
    return AzureModel(id=model.id, is_base=True, locale=model.locale)


def is_azure_model(directory: Path) -> bool:
    """Whether a model directory names a model of the service."""
    return (directory / FILE).is_file()


def write_azure_model(model: AzureModel, folder: Path) -> Path:
    """Make `folder` the model directory of a model; the same model is the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{FILE}.part"
    aside.write_text(json.dumps(model.model_dump(), indent=1, sort_keys=True), encoding="utf-8")
    aside.replace(folder / FILE)
    return folder


def read_azure_model(directory: Path) -> AzureModel:
    """The model that a directory names.

    Raises:
        ModelError: it names none.
    """
    path = directory / FILE
    try:
        if path.stat().st_size > _LARGEST:
            raise ModelError(f"{path}: larger than {_LARGEST:,} bytes; this names no model of Azure")
        return AzureModel.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(f"{path}: it does not name a model of Azure; register the model again") from error
