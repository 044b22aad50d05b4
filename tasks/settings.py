"""Every setting of Wergate as one model: the same fields make the TOML table, the environment, the flags and the form.

`[tool.wergate]` in pyproject.toml < `--config FILE` < `WERGATE_*` in the environment < flags.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.fields import FieldInfo

from asr.azure.locales import find_locale
from asr.corpus.columns import DEFAULT_COLUMNS, Columns
from asr.corpus.life_fields import DEFAULT_LIFE_FIELDS, LifeFields
from asr.errors import SettingsError
from asr.releases.repository import repository_or_none
from asr.training.options import TrainingOptions
from tasks.settings_sources import (
    TABLES,
    Given,
    Key,
    from_config,
    from_environment,
    from_flags,
    from_pyproject,
    nearest,
)

FOLDERS = ("training_data", "testing_data", "data")
"""Settings that name a folder of the project."""

INDIFFERENT = frozenset({
    *FOLDERS, "columns", "life", "name", "mlflow_tracking_uri", "prefect_api_url", "batch_size", "approval_timeout",
    "release_to_hub",
})  # fmt: skip
"""Settings that cannot change what a run decides: where things are, what they are called, how fast they go.

What is read of the data has fingerprints of its own.
"""


class Settings(BaseModel):
    """What a run needs to know, checked once and never changed after; secrets are never settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    backend: Literal["local", "azure"] = Field(
        "local",
        description="Who trains and recognizes: `local` is this machine, with Hugging Face models; `azure` is Custom "
        "Speech, for which data can be validated, but no run is made yet.",
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


def load_settings(config: Path | None, flags: Mapping[str, str], environ: Mapping[str, str], start: Path) -> Settings:
    """Read the settings from all their sources; `flags` are by key (`training.epochs`), `start` is the current folder.

    Relative paths belong to the folder of the pyproject.toml they come from, all others to `start`.

    Raises:
        SettingsError: one line for each mistake, all mistakes at once.
    """
    fields = setting_fields()
    start = start.absolute()
    home, given = from_pyproject(start)
    given += from_config(config, start) if config else []
    given += from_environment(environ, fields, start)
    given += from_flags(flags, start)

    defaults = Settings.model_fields
    values: dict[Key, object] = {(key,): home / defaults[key].default for key in defaults if key in FOLDERS}
    mistakes: list[str] = []
    effective: dict[Key, Given] = {}
    for item in given:
        if item.key in fields:
            effective[item.key] = item  # a later source wins
        else:
            mistakes.append(_unknown(item, fields))
    for key, item in effective.items():
        try:
            values[key] = _value(item, fields[key])
        except ValidationError as error:
            mistakes.append(_wrong(item, error))
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    whole: dict[str, object] = {key[0]: value for key, value in values.items() if len(key) == 1}
    for table in TABLES:
        whole[table] = {key[1]: value for key, value in values.items() if key[0] == table and len(key) == 2}
    try:
        return Settings.model_validate(whole)
    except ValidationError as error:
        messages = (found["msg"].removeprefix("Value error, ") for found in error.errors())
        raise SettingsError("\n".join(messages)) from error


def _value(item: Given, field: FieldInfo) -> object:
    """What was given as the type of its field; text (environment, flags) is converted, a value in a file is not."""
    value = item.value
    if isinstance(value, str):
        if field.default is None and value.lower() in {"auto", "none"}:
            return None
        value = _located(item.key, value, item.folder)
    config = ConfigDict(strict=not item.from_text, allow_inf_nan=False)
    adapter: TypeAdapter[object] = TypeAdapter(
        Annotated[field.annotation, field],  # type: ignore[arg-type]  # a form that is only known at run time
        config=config,
    )
    return adapter.validate_python(value)


def _located(key: Key, value: str, folder: Path) -> object:
    """A path made absolute, seen from the folder that it was written in; anything else as it is."""
    path = folder / Path(value).expanduser()
    match key:
        case (name,) if name in FOLDERS:
            return path if value else value
        case ("base",) if value != "embedded" and (value.startswith((".", "~", "/")) or path.is_dir()):
            return str(path.resolve())
        case ("training", "replay_data") if value:
            return str(path.resolve())
        case ("training", "synthesizer" | "vocoder") if value.startswith((".", "~", "/")) or path.is_dir():
            return str(path.resolve())
        case ("mlflow_tracking_uri",) if value.startswith("sqlite:///") and not value.startswith("sqlite:////"):
            return f"sqlite:///{folder / value.removeprefix('sqlite:///')}"
    return value


def _name_only(base: str) -> str:
    return Path(base).name if Path(base).is_absolute() else base


def _unknown(item: Given, fields: Mapping[Key, FieldInfo]) -> str:
    if item.key[0] in TABLES and len(item.key) == 1:
        return f"{item.where}: {item.key[0]} is a table of settings; write its keys one by one"
    closest = nearest(item.key, fields)
    secret = any(word in item.key[-1].lower() for word in ("token", "secret", "password", "api_key", "speech_key"))
    hint = " (secrets are never settings: give them in the environment, such as HF_TOKEN)" if secret else ""
    return f"{item.where}: unknown setting {item.named(item.key)}; did you mean {item.named(closest)}?{hint}"


def _wrong(item: Given, error: ValidationError) -> str:
    detail = error.errors()[0]
    message = (
        detail["msg"]
        .removeprefix("Value error, ")
        .replace("Input should", "must")
        .replace("String should", "must")
        .partition(", unable to")[0]
    )
    return f"{item.where}: {item.named(item.key)} {message}, not {json.dumps(item.value, default=str)}"
