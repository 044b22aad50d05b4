"""The journal of a promotion: what has begun is written in the registry first, so that the next command can end it."""

import hashlib
import logging
import platform
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tasks.promotion_log import model_tags, shortened
from tasks.settings import Settings
from tasks.tracking import client

log = logging.getLogger(__name__)

_TAG = "wergate.moving"
_ABANDONED = timedelta(hours=3)
"""After this time a step that somebody else has begun, and nobody has ended, is taken for dead: an endpoint may take
two hours."""


class Move(BaseModel):
    """A move of the champion: from which version to which, on whose word."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=lambda: uuid4().hex[:12])
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    what: Literal["promoted", "rolled back"]
    version: int
    replaces: int | None
    """None when there is no champion, as somebody has taken the alias away."""
    by: str
    reason: str
    run_id: str = ""
    """The MLflow run whose evidence it rests on."""
    finding: str = ""
    """What the gate had found."""
    previous: int | None = None
    """Where the alias `previous` pointed before."""
    host: str = Field(default_factory=platform.node)
    place: str = ""
    """Of the data folder whose lock is held: on one machine there may be several."""

    def is_alive(self, settings: Settings) -> bool:
        """Whether somebody else is at it, as far as one can tell; our own lock is held, so that our own is dead."""
        ours = (self.host, self.place) == (platform.node(), _place(settings))
        return not ours and abs(datetime.now(UTC) - self.at) < _ABANDONED


def begin(settings: Settings, move: Move) -> None:
    """Write down what is about to happen, from here."""
    here = move.model_copy(update={"reason": shortened(move.reason), "place": _place(settings)})
    client(settings).set_registered_model_tag(settings.name, _TAG, here.model_dump_json())


def begun(settings: Settings) -> Move | None:
    """What has begun and not ended, if anything."""
    value = model_tags(settings).get(_TAG)
    try:
        return Move.model_validate_json(value) if value else None
    except ValidationError:
        log.warning("%s: the tag %s cannot be read and is left out", settings.name, _TAG)
        return None


def is_ours(settings: Settings, move: Move) -> bool:
    """Whether the journal still tells of this move: without a common lock somebody else may have begun another."""
    found = begun(settings)
    return found is not None and found.id == move.id


def end(settings: Settings, move: Move) -> None:
    """Forget what had begun: it is done, or undone."""
    if is_ours(settings, move):
        client(settings).delete_registered_model_tag(settings.name, _TAG)


def _place(settings: Settings) -> str:
    return hashlib.sha256(str(settings.data.absolute()).encode()).hexdigest()[:12]
