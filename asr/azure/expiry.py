"""Which models that people use expire soon, and what to train from instead.

A model that has expired on an endpoint is replaced by the service with its newest base, with no error: only the WER
tells. A batch of an expired model is refused (documentation of Custom Speech, "model and endpoint lifecycle").
"""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from asr.azure.base_models import why_not
from asr.azure.entities import ServiceBase
from asr.azure.inventory import BaseFacts, Inventory, Item


class Expiring(BaseModel):
    """A model that people use and that has expired, or soon will have."""

    model_config = ConfigDict(frozen=True)

    where: str
    """`champion`, or the name of an endpoint."""
    model: str
    """Its id."""
    name: str
    expires: datetime
    days: int
    """Until then, whole ones; negative when it has expired."""

    @property
    def sentence(self) -> str:
        """What is the matter, in one sentence without its full stop."""
        if self.days < 0:
            when = f"{self.expires:%Y-%m-%d}"
            return f"the model of the {self.where} has expired on {when}, and the service answers with another"
        return f"the model of the {self.where} expires on {self.expires:%Y-%m-%d}, in {self.days} days"


class Watch(BaseModel):
    """What an expiry check has found."""

    model_config = ConfigDict(frozen=True)

    days: int
    """How far it looks ahead."""
    expiring: tuple[Expiring, ...] = ()
    """The first to expire first."""
    unknown: tuple[str, ...] = ()
    """Where the service does not say when the model expires."""
    newer_base: str = ""
    """The newest base that can be trained from, if the models in use were trained from older ones: name and id."""
    is_pinned: bool = False
    """Whether the settings name another base, so that a run would not take it."""

    @property
    def asks(self) -> str:
        """The one line that asks for retraining; empty when there is time."""
        if not self.expiring:
            return ""
        what = "; ".join(dict.fromkeys(one.sentence for one in self.expiring))
        if self.newer_base:
            how = "empty azure.base_model and run" if self.is_pinned else "run"
            return f"{what}; {how} `wergate run`: it trains from the newer base {self.newer_base}"
        return f"{what}; there is no newer base to train from yet, look again soon and then run `wergate run`"


def find_expiring(
    inventory: Inventory, champion: str, bases: Iterable[ServiceBase], days: int, now: datetime, pinned: str = ""
) -> Watch:
    """The models on endpoints, and the champion, that expire within so many days or have expired.

    `champion` is the id of its model, empty without one; `bases` are the base models of the service, or of a locale;
    `pinned` is the id of the base that the settings name, if any.
    """
    expiring: list[Expiring] = []
    unknown: list[str] = []
    for where, model, expires in _watched(inventory, champion):
        if expires is None:
            unknown.append(where)
        elif expires - now <= timedelta(days=days):
            left = math.floor((expires - now) / timedelta(days=1))
            name = inventory.name_of(model)
            expiring.append(Expiring(where=where, model=model, name=name, expires=expires, days=left))
    expiring.sort(key=lambda one: (one.expires, one.where))
    newer = _newer_base(inventory, [one.model for one in expiring], bases, now)
    is_pinned = bool(newer and pinned) and f"({pinned})" not in newer
    return Watch(days=days, expiring=tuple(expiring), unknown=tuple(unknown), newer_base=newer, is_pinned=is_pinned)


def _watched(inventory: Inventory, champion: str) -> Iterator[tuple[str, str, datetime | None]]:
    """Where a model is used, its id, and when it expires."""
    hosted = set()
    for endpoint in inventory.of("endpoint"):
        for model in endpoint.uses:
            hosted.add(model)
            yield f"endpoint of {endpoint.locale}", model, endpoint.expires
    if champion and champion not in hosted:
        found = _find(inventory, champion)
        yield "champion", champion, found.expires if found else None


def _newer_base(inventory: Inventory, models: Iterable[str], bases: Iterable[ServiceBase], now: datetime) -> str:
    """The newest base that can be trained from and is not older than what the models came from."""
    origins = [origin for model in models if (origin := _origin(inventory, model))]
    locales = {one.locale for one in origins}
    able = [
        one
        for one in bases
        if one.locale in locales
        and one.created_date_time
        and one.features.supports_adaptations_with
        and not why_not(one, now)
    ]
    newest = max(able, key=lambda one: (one.created_date_time, one.id), default=None)
    since = [one.created for one in origins if one.created]
    if newest is None or not origins or newest.id in {one.id for one in origins}:
        return ""
    if since and newest.created_date_time and newest.created_date_time <= max(since):
        return ""
    return f"{newest.display_name} ({newest.id})"


def _origin(inventory: Inventory, model: str) -> Item | BaseFacts | None:
    """The base that a model was trained from; a base is its own."""
    found = _find(inventory, model)
    if isinstance(found, Item):
        return _find(inventory, found.base) or found.model_copy(update={"created": None})
    return found


def _find(inventory: Inventory, id: str) -> Item | BaseFacts | None:
    there: list[Item | BaseFacts] = [*inventory.of("model"), *inventory.bases]
    return next((one for one in there if one.id == id), None)
