"""What is asked of Azure Custom Speech: every choice with its default, its bounds and its meaning."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from asr.azure.clouds import LOOPBACK, api_host, live_host

API_VERSION = "2025-10-15"
_REGION = re.compile(r"[a-z][a-z0-9]{2,23}")  # shorter than a key, which would be asked for by name otherwise


def _region(text: str) -> str:
    if text and not _REGION.fullmatch(text):
        raise ValueError("must be a region such as westeurope or eastus")
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if not text or _has_secret(text):  # which is told without being repeated, when all options are there
        return text
    if parts.fragment or parts.path.strip("/") or not parts.hostname:
        raise ValueError("must be an address such as https://NAME.cognitiveservices.azure.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("must begin with https://, for a key is never sent in the clear")
    return text.rstrip("/")


def _has_secret(address: str) -> bool:
    parts = urlsplit(address)
    return "@" in parts.netloc or bool(parts.query)


class AzureOptions(BaseModel):
    """The options of the Azure backend, checked once and never changed after; the key is never one of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    region: Annotated[str, AfterValidator(_region)] = Field(
        "", description="Region of the Speech resource, such as `westeurope`."
    )
    address: Annotated[str, AfterValidator(_address)] = Field(
        "",
        description="Custom domain of the Speech resource, instead of `region`: "
        "`https://NAME.cognitiveservices.azure.com`. Signing in with Entra needs it.",
    )
    api_version: str = Field(
        API_VERSION, pattern=r"^\d{4}-\d{2}-\d{2}(-preview)?$", description="Version of the REST interface."
    )
    base_model: str = Field(
        "",
        pattern=r"^([0-9A-Za-z]{1,12}(-[0-9A-Za-z]{1,12})*)?$",  # a GUID, and no key
        description="Id of the base model to train from; empty takes the newest of the locale that can be trained.",
    )
    unsupported_data: Literal["refuse", "drop"] = Field(
        "refuse",
        description="When the base cannot learn from a kind of data that is there: `refuse` the run, or `drop` that "
        "kind with a warning (of audio the transcripts stay, as text).",
    )
    max_rejected: float = Field(
        0.05, ge=0, le=1, description="Share of the lines of a dataset that the service may leave out."
    )
    max_training_audio_hours: float = Field(
        20.0, ge=0, description="With more hours of audio to train on, the run stops before anything is uploaded."
    )
    allow_charged_training: bool = Field(
        False, description="Train from a base whose trainings are charged; otherwise the run stops before it."
    )
    service_evaluation: bool = Field(
        False,
        description="Let the service judge champion and candidate as well, and log its counts beside ours; charged as "
        "two transcriptions of the testing data.",
    )
    patience_hours: float = Field(
        168.0, gt=0, le=2000, description="Hours to wait for one job of the service before the run gives up waiting."
    )
    keep_models: int = Field(
        3, ge=1, le=500, description="Newest promoted models that `wergate azure clean` keeps, besides those in use."
    )
    expiry_days: int = Field(
        60, ge=1, le=730, description="Days before a model expires from which on retraining is asked for."
    )

    @model_validator(mode="after")
    def _no_secrets(self) -> "AzureOptions":
        if _has_secret(self.address):
            raise ValueError(
                "azure.address has a user or a query in it; write only https://NAME.cognitiveservices.azure.com, and "
                "give the key as AZURE_SPEECH_KEY in the environment"
            )
        return self

    @model_validator(mode="after")
    def _one_place(self) -> "AzureOptions":
        if self.region and self.address:
            raise ValueError("azure.region and azure.address name two places; give one of them")
        return self

    @property
    def endpoint(self) -> str:
        """Where the service is asked; empty when nothing names it."""
        return self.address or (f"https://{api_host(self.region)}" if self.region else "")

    @property
    def live_endpoint(self) -> str:
        """Scheme and host that take live audio for base models; empty when nothing names them."""
        if self.region:
            return f"wss://{live_host(self.region)}"
        parts = urlsplit(self.address)
        return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}" if self.address else ""
