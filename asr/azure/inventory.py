"""What is at the service: what this project made, what it belongs to, and how much there is that others made."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from asr.azure.azure_error import NotThere
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import (
    CustomModel,
    Dataset,
    Endpoint,
    Entity,
    Project,
    Reference,
    ServiceBase,
    ServiceEvaluation,
    Transcription,
)
from asr.azure.marks import RELEASE, TRIED, Mark, read_mark

Sort = Literal["project", "dataset", "model", "endpoint", "evaluation", "transcription"]

ENTITY: dict[Sort, type[Entity]] = {
    "project": Project,
    "dataset": Dataset,
    "model": CustomModel,
    "endpoint": Endpoint,
    "evaluation": ServiceEvaluation,
    "transcription": Transcription,
}
"""What each sort is at the service. What is used stands before what uses it: listed in this order, nothing that is new
can use something listed without being listed too."""


class Item(BaseModel):
    """One thing that the project made."""

    model_config = ConfigDict(frozen=True)

    sort: Sort
    id: str
    name: str
    locale: str
    role: str
    """What for, as its mark says: `training Acoustic`, `testing audio`, `model` …"""
    run: str = ""
    """The MLflow run that made it; empty when it was made outside of one."""
    status: str | None = None
    created: datetime | None = None
    changed: datetime | None = None
    """Since when it has its status."""
    hours: float | None = None
    """Of audio; None where the service does not say."""
    lines: int | None = None
    """Of a dataset: those that the service has taken."""
    why: str = ""
    """Why it failed."""
    uses: tuple[str, ...] = ()
    """Ids of what it belongs to: the datasets of a model, the model of an endpoint, models and dataset of a batch."""
    base: str = ""
    """Of a model: the id of the base that it was trained from."""
    expires: datetime | None = None
    """Of a model: when it can no longer be used. Of an endpoint: when its model can no longer be used."""
    release: str = ""
    """Of an endpoint: the release that it was given last."""
    was_used: bool = False
    """Of an endpoint: a release has passed its test there."""

    @property
    def is_settled(self) -> bool:
        """Whether the service has ended with it; anything else is under way, waits for something, or has no status."""
        return self.status in ("Succeeded", "Failed")


class BaseFacts(BaseModel):
    """A base model that models of the project were trained from, or that is hosted or released."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    locale: str
    created: datetime | None = None
    trains_until: datetime | None = None
    """When it can no longer be trained from."""
    expires: datetime | None = None
    """When it can no longer be used."""


class Inventory(BaseModel):
    """What is at the service."""

    model_config = ConfigDict(frozen=True)

    project: str
    items: tuple[Item, ...] = ()
    """What the project made, oldest first within a sort."""
    bases: tuple[BaseFacts, ...] = ()
    others: dict[Sort, int] = {}
    """How many things there are that the project did not make."""
    used_by_others: frozenset[str] = frozenset()
    """Ids that things use which the project did not make."""

    def of(self, sort: Sort) -> tuple[Item, ...]:
        """What there is of a sort."""
        return tuple(one for one in self.items if one.sort == sort)

    def name_of(self, id: str) -> str:
        """How a model, a base or a dataset is called; its id when it is none of the project's."""
        named = {one.id: one.name for one in self.bases} | {one.id: one.name for one in self.items}
        return named.get(id, id)


def take_inventory(service: CustomSpeech, project: str, bases: Iterable[str] = ()) -> Inventory:
    """Look at everything that the resource holds, and change nothing; `bases` are ids of bases to look up as well.

    Raises:
        AzureError: the service cannot be asked.
    """
    found = {sort: _all(service, kind) for sort, kind in ENTITY.items()}
    ours = [(sort, one, mark) for sort, some in found.items() for one in some if (mark := _ours(one, project))]
    models = {one.id: one for one in found["model"] if isinstance(one, CustomModel)}
    hosted = {one.model.id for _, one, _ in ours if isinstance(one, Endpoint) and one.model}
    trained_from = {one.base_model.id for _, one, _ in ours if isinstance(one, CustomModel) and one.base_model}
    known = {
        id: base for id in sorted((trained_from | hosted | set(bases)) - models.keys()) if (base := _base(service, id))
    }
    expiry = {id: one.expires for id, one in (models | known).items()}
    theirs = [one for some in found.values() for one in some if not _ours(one, project)]
    return Inventory(
        project=project,
        items=tuple(_item(sort, one, mark, expiry) for sort, one, mark in ours),
        bases=tuple(_facts(base) for base in known.values()),
        others={sort: count for sort, some in found.items() if (count := sum(not _ours(one, project) for one in some))},
        used_by_others=frozenset(id for one in theirs for id in _uses(one)),
    )


def _ours(one: Entity, project: str) -> Mark | None:
    mark = read_mark(one)
    return mark if mark and mark.project == project else None


def _all(service: CustomSpeech, kind: type[Entity]) -> list[Entity]:
    try:
        return list(service.all(kind))
    except NotThere:
        if kind is Project:  # version 2024-11-15 of the interface has none
            return []
        raise


def _base(service: CustomSpeech, id: str) -> ServiceBase | None:
    """None when it was withdrawn, or is a custom model that somebody deleted meanwhile."""
    try:
        return service.get(ServiceBase, id)
    except NotThere:
        return None


def _facts(base: ServiceBase) -> BaseFacts:
    dates = base.properties.deprecation_dates if base.properties else None
    return BaseFacts(
        id=base.id,
        name=base.display_name,
        locale=base.locale,
        created=base.created_date_time,
        trains_until=dates.adaptation_date_time if dates else None,
        expires=base.expires,
    )


def _item(sort: Sort, one: Entity, mark: Mark, expiry: Mapping[str, datetime | None]) -> Item:
    endpoint = one if isinstance(one, Endpoint) else None
    model = endpoint.model.id if endpoint and endpoint.model else one.id
    return Item(
        sort=sort,
        id=one.id,
        name=one.display_name,
        locale=one.locale,
        role=mark.role,
        run=mark.run,
        status=one.status,
        created=one.created_date_time,
        changed=one.last_action_date_time or one.created_date_time,
        hours=_hours(one),
        lines=one.properties.accepted_line_count if isinstance(one, Dataset) and one.properties else None,
        why=one.why,
        uses=_uses(one),
        base=one.base_model.id if isinstance(one, CustomModel) and one.base_model else "",
        expires=expiry.get(model),
        release=one.custom_properties.get(RELEASE, ""),
        was_used=TRIED in one.custom_properties,
    )


def _uses(one: Entity) -> tuple[str, ...]:
    found: tuple[Reference | None, ...] = ()
    if isinstance(one, CustomModel):
        found = one.datasets or ()
    elif isinstance(one, Endpoint):
        found = (one.model,)
    elif isinstance(one, ServiceEvaluation):
        found = (one.model1, one.model2, one.dataset)
    elif isinstance(one, Transcription):
        found = (one.model, one.dataset)
    return tuple(dict.fromkeys(reference.id for reference in found if reference))


def _hours(one: Entity) -> float | None:
    """Of audio; a dataset of text has none."""
    if not isinstance(one, Dataset | Transcription) or one.properties is None:
        return None
    milliseconds = one.properties.duration_milliseconds
    return milliseconds / 3_600_000 if milliseconds else None
