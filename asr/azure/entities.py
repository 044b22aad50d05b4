"""What the service keeps, as far as Wergate reads or writes it; the same model asks for one and is the answer.

Speech to text REST API 2025-10-15, as its OpenAPI file defines it. Unknown fields are ignored: the service adds some.
Its enumerations are open (`modelAsString`), so that kinds and states are any text.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from asr.azure.safe_text import safe_text

MARKED = "wergate."
"""How the names of the custom properties begin that only Wergate writes."""


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_with_zone)]
"""A date of the service, ISO 8601; one without a zone is in UTC, as all of them are by the contract."""


class Fields(BaseModel):
    """Fields of an entity or of a part of it, in the camel case of the service; `null` is as good as not there."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        return {name: value for name, value in content.items() if value is not None}


class Reference(Fields):
    """Another entity, by its address."""

    self_url: str = Field(alias="self")

    @property
    def id(self) -> str:
        """The last part of the address."""
        return id_of(self.self_url)


class JobError(Fields):
    """Why a job of the service failed."""

    code: str = ""
    message: str = ""


class Properties(Fields):
    """What all kinds of properties may hold."""

    error: JobError | None = None


class Entity(Fields):
    """What every entity has; what the service fills in is empty in one that is asked for."""

    PATH: ClassVar[str]
    """Where its kind is found below `/speechtotext/`."""

    self_url: str | None = Field(None, alias="self")
    display_name: str
    description: str | None = None
    locale: str
    custom_properties: dict[str, str] = {}
    """At most 10, keys of 64 and values of 256 characters at most."""
    created_date_time: Moment | None = None
    last_action_date_time: Moment | None = None
    status: str | None = None
    """`NotStarted`, `Running`, `Succeeded` or `Failed`; only the last two are an end."""
    properties: Properties | None = None

    @property
    def id(self) -> str:
        """The last part of its address."""
        return id_of(self.self_url or "")

    @property
    def reference(self) -> Reference:
        """How other entities name it."""
        return Reference(self_url=self.self_url or "")

    @property
    def why(self) -> str:
        """Why it failed, in the words of the service: one line with no secrets, empty when it does not say."""
        error = self.properties.error if self.properties else None
        return safe_text(": ".join(filter(None, (error.code, error.message)))) if error else ""


class Project(Entity):
    """A folder for people who look at the Studio; nothing depends on it."""

    PATH = "projects"


class DatasetProperties(Properties):
    """What the import of a dataset found."""

    accepted_line_count: int | None = None
    rejected_line_count: int | None = None
    duration_milliseconds: int | None = None


class Dataset(Entity):
    """Data to train or to test with; its kind does not say which."""

    PATH = "datasets"

    kind: str
    content_url: str | None = None
    project: Reference | None = None
    properties: DatasetProperties | None = None


class DeprecationDates(Fields):
    """When a model can no longer be trained from, and no longer be used."""

    adaptation_date_time: Moment | None = None
    transcription_date_time: Moment | None = None


class Features(Fields):
    """What a model can be used for."""

    supports_adaptations_with: tuple[str, ...] = ()
    supports_transcriptions_submit: bool | None = None
    supports_transcriptions_transcribe: bool | None = None
    supports_endpoints: bool | None = None
    supported_output_formats: tuple[str, ...] = ()


class ModelProperties(Properties):
    """Of a base model or of a custom one."""

    deprecation_dates: DeprecationDates | None = None
    features: Features | None = None
    charge_for_adaptation: bool | None = None


class ServiceModel(Entity):
    """A model of the service, base or custom."""

    PATH = "models"

    properties: ModelProperties | None = None

    @property
    def expires(self) -> datetime | None:
        """When it can no longer be used; an endpoint silently goes on with another model then."""
        dates = self.properties.deprecation_dates if self.properties else None
        return dates.transcription_date_time if dates else None

    @property
    def has_expired(self) -> bool:
        """Whether it can no longer be used; one of which the service says no date has not."""
        return self.expires is not None and self.expires <= datetime.now(UTC)

    @property
    def features(self) -> Features:
        """What it can be used for, as far as the service says."""
        return (self.properties.features if self.properties else None) or Features()


class ServiceBase(ServiceModel):
    """A base model; there are no custom properties."""

    PATH = "models/base"


class CustomModel(ServiceModel):
    """A model that was trained from a base and datasets."""

    base_model: Reference | None = None
    datasets: tuple[Reference, ...] | None = None
    project: Reference | None = None


class EndpointLinks(Fields):
    """Where an endpoint listens."""

    web_socket: str | None = None


class Endpoint(Entity):
    """Where a model is hosted; charged for as long as it exists."""

    PATH = "endpoints"

    model: Reference | None = None
    project: Reference | None = None
    links: EndpointLinks | None = None


class EvaluationProperties(Properties):
    """The service's own counts; `-1` until it has succeeded. `1` and `2` are the models in the order given."""

    word_count1: int | None = None
    word_substitution_count1: int | None = None
    word_deletion_count1: int | None = None
    word_insertion_count1: int | None = None
    word_count2: int | None = None
    word_substitution_count2: int | None = None
    word_deletion_count2: int | None = None
    word_insertion_count2: int | None = None


class ServiceEvaluation(Entity):
    """Two models on one dataset, judged by the service."""

    PATH = "evaluations"

    model1: Reference | None = None
    model2: Reference | None = None
    dataset: Reference | None = None
    transcription1: Reference | None = None
    transcription2: Reference | None = None
    project: Reference | None = None
    properties: EvaluationProperties | None = None


class TranscriptionProperties(Properties):
    """How a batch is transcribed."""

    time_to_live_hours: int | None = None
    profanity_filter_mode: str | None = None
    punctuation_mode: str | None = None
    word_level_timestamps_enabled: bool | None = None
    duration_milliseconds: int | None = None


class Transcription(Entity):
    """A batch of audio that a model transcribes, with no endpoint."""

    PATH = "transcriptions"

    model: Reference | None = None
    dataset: Reference | None = None
    project: Reference | None = None
    properties: TranscriptionProperties | None = None


class FileLinks(Fields):
    """Where the content of a file is; the address itself is the permission to read it."""

    content_url: str | None = None


class FileProperties(Fields):
    """Of a file."""

    size: int | None = None


class File(Fields):
    """A file that belongs to an entity: a report, a result."""

    self_url: str | None = Field(None, alias="self")
    name: str = ""
    kind: str = ""
    links: FileLinks | None = None
    properties: FileProperties | None = None


class Block(Fields):
    """A part of a file that was uploaded, by its id."""

    name: str
    size: int = 0


class UploadedBlocks(Fields):
    """What has arrived of a file."""

    committed_blocks: tuple[Block, ...] = ()
    uncommitted_blocks: tuple[Block, ...] = ()


def id_of(url: str) -> str:
    """The last part of an address, without its query."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]
