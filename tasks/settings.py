"""Every setting as one model: the same fields make the TOML table, the environment, the flags and the form."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

from asr.azure.locales import find_locale
from asr.azure.options import AzureOptions
from asr.corpus.columns import DEFAULT_COLUMNS, Columns
from asr.corpus.life_fields import DEFAULT_LIFE_FIELDS, LifeFields
from asr.errors import SettingsError
from asr.releases.repository import repository_or_none
from asr.training.options import TrainingOptions
from tasks.settings_sources import Key

FOLDERS = ("training_data", "testing_data", "data")
"""Settings that name a folder of the project."""

INDIFFERENT = frozenset({
    *FOLDERS, "columns", "life", "name", "mlflow_tracking_uri", "prefect_api_url", "batch_size", "approval_timeout",
    "release_to_hub",
})  # fmt: skip
"""Settings that cannot change what a run decides: where things are, what they are called, how fast they go.

What is read of the data has fingerprints of its own.
"""

_OF_THIS_MACHINE = ("base", "base_revision", "search_with_text", "training")
"""Settings that cannot change what Azure decides; its base has a fingerprint of its own."""
_OF_AZURE = ("region", "address", "api_version", "unsupported_data", "max_rejected")
"""Settings of the table `azure` that can; the others say what may be spent, or how long is waited."""


class Settings(BaseModel):
    """What a run needs to know, checked once and never changed after; secrets are never settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    backend: Literal["local", "azure"] = Field(
        "local",
        description="Who trains and recognizes: `local` is this machine, with Hugging Face models; `azure` is Custom "
        "Speech, with the resource that the table `azure` names.",
    )
    base: str = Field(
        "embedded",
        min_length=1,
        description="The model that training starts from: `embedded` (the small one in this repository), a directory "
        "or a Hub id such as `openai/whisper-small`.",
    )
    base_revision: str = Field("", description="Branch, tag or commit of a base from the Hub; empty takes its newest.")
    language: str = Field(
        "en",
        description="Language of the speech: an ISO 639 code such as `en`, or a locale such as `en-US`, which Azure "
        "wants.",
    )
    training_data: Path = Field(Path("training_data"), description="Folder that the model learns from.")
    testing_data: Path = Field(
        Path("testing_data"), description="Folder that the model is judged by, with its guard sets in `guards/`."
    )
    data: Path = Field(
        Path("data"), description="Folder for everything derived: corpora, checkpoints, tracking, releases."
    )
    normalizer: Literal["none", "basic", "english"] = Field(
        "basic", description="How texts are made comparable before errors are counted."
    )
    good_enough: float = Field(
        0.0, ge=0, le=1, description="A baseline WER at or below it ends the run: there is nothing to improve."
    )
    gate: Literal["enforce", "dry_run", "off"] = Field(
        "enforce",
        description="`enforce`: only what passes the gate is promoted; `dry_run`: say what would be done, and promote "
        "nothing; `off`: promote every candidate but those that are refused.",
    )
    min_gain: float = Field(
        0.05, ge=0, lt=1, description="Share of the champion's WER that a candidate must save to be promoted."
    )
    confidence: float = Field(
        0.95, ge=0.5, lt=1, description="Probability that the candidate is better, and not just lucky, at the least."
    )
    guard_tolerance: float = Field(
        0.02, ge=0, le=1, description="How much the WER of a guard set may rise (0.02: two points)."
    )
    insertion_tolerance: float = Field(
        0.01, ge=0, description="How much the share of inserted words may rise (0.01: one point)."
    )
    max_slowdown: float = Field(4.0, ge=1, description="How many times as long recognition may take as before.")
    min_words: int = Field(
        100, ge=1, description="With fewer reference words in the testing data, the gate stays inconclusive."
    )
    approval: Literal["auto", "ask"] = Field(
        "auto", description="Who promotes: `auto` is the gate alone; `ask` is a person, shown what the gate found."
    )
    approval_timeout: float = Field(
        72.0, gt=0, le=8760, description="Hours that a candidate waits for a person; then it counts as rejected."
    )
    name: str = Field(
        "wergate",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$",
        description="Name of the MLflow experiment and of the registered model.",
    )
    release_to_hub: Annotated[str, AfterValidator(repository_or_none)] = Field(
        "",
        description="A model repository on the Hub, such as `org/name`, that holds the release as well; HF_TOKEN in "
        "the environment must allow to write there. Empty: none.",
    )
    mlflow_tracking_uri: str = Field(
        "", description="MLflow server or store; empty takes MLFLOW_TRACKING_URI, else SQLite below `data`."
    )
    prefect_api_url: str = Field(
        "", description="Prefect server, with its `/api`; empty takes Prefect's own settings, else an embedded one."
    )
    search_with_text: bool = Field(
        True,
        description="Let the text of the domain (`plain_text.txt`, transcripts) have a say in the search: CTC models "
        "get an n-gram, all others look for the names in it. The gate compares with and without, and keeps the better.",
    )
    batch_size: int = Field(32, ge=1, le=4096, description="Utterances recognized at once.")
    columns: Columns = Field(DEFAULT_COLUMNS, description="How the columns of tables are called.")
    life: LifeFields = Field(DEFAULT_LIFE_FIELDS, description="How the fields of LiFE exports are called.")
    azure: AzureOptions = Field(AzureOptions(), description="The Speech resource, and what may be spent there.")
    training: TrainingOptions = Field(TrainingOptions(), description="How the model is trained.")

    @model_validator(mode="after")
    def _folders_apart(self) -> "Settings":
        if self.training_data.absolute() == self.testing_data.absolute():
            raise ValueError("training_data and testing_data are the same folder; a model is judged by other data")
        for source in ("training_data", "testing_data"):
            if self.data.absolute().is_relative_to(getattr(self, source).absolute()):
                raise ValueError(f"data lies in {source}; what is derived needs a folder of its own")
        return self

    @model_validator(mode="after")
    def _a_locale_for_azure(self) -> "Settings":
        if self.backend == "azure":
            try:
                find_locale(self.language)
            except SettingsError as error:
                raise ValueError(str(error)) from error
        return self

    @model_validator(mode="after")
    def _no_secrets(self) -> "Settings":
        for name, instead in (
            ("mlflow_tracking_uri", "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or the whole address in "
             "MLFLOW_TRACKING_URI"),
            ("prefect_api_url", "PREFECT_API_AUTH_STRING"),
        ):  # fmt: skip
            if "@" in urlsplit(getattr(self, name)).netloc:
                raise ValueError(f"{name} has credentials in it; give them in the environment: {instead}")
        return self

    def decisive(self) -> dict[str, object]:
        """The settings that can change what a run decides.

        A folder counts by its name only: its content has its own fingerprint, and a moved clone stays the same.
        """
        values = self.model_dump(mode="json", exclude=set(INDIFFERENT))
        if self.backend == "azure":
            for name in _OF_THIS_MACHINE:
                del values[name]
            return values | {"azure": {name: getattr(self.azure, name) for name in _OF_AZURE}}
        del values["azure"]
        values["base"] = _name_only(self.base)
        for name in ("replay_data", "synthesizer", "vocoder"):
            values["training"][name] = _name_only(getattr(self.training, name))
        return values

    def fingerprint(self) -> str:
        """Sha256 over the decisive settings, as 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.decisive(), sort_keys=True).encode()).hexdigest()


def setting_fields(model: type[BaseModel] = Settings, prefix: Key = ()) -> dict[Key, FieldInfo]:
    """Every setting by its key, those of a table below it: `("training", "epochs")`."""
    fields: dict[Key, FieldInfo] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            fields |= setting_fields(field.annotation, (*prefix, name))
        else:
            fields[(*prefix, name)] = field
    return fields


def _name_only(base: str) -> str:
    return Path(base).name if Path(base).is_absolute() else base
