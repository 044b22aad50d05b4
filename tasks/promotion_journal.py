"""The journal of a promotion: what has begun is written in the registry first, so that the next command can end it."""

import platform
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tasks.promotion_log import model_tags, shortened
from tasks.settings import Settings
from tasks.tracking import client

_TAG = "wergate.moving"
_ABANDONED = timedelta(minutes=10)
"""After this time a step that another machine has begun, and nobody has ended, is taken for dead."""


class Move(BaseModel):
    """A move of the champion: from which version to which, on whose word."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=lambda: uuid4().hex[:12])
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    what: Literal["promoted", "rolled back"]
    version: int
    replaces: int
    by: str
    reason: str
    run_id: str = ""
    """The MLflow run whose evidence it rests on."""
    finding: str = ""
    """What the gate had found."""
    previous: int | None = None
    """Where the alias `previous` pointed before."""
    host: str = Field(default_factory=platform.node)

    def is_somebody_elses(self) -> bool:
        """Whether another machine is at it, as far as one can tell."""
        return self.host != platform.node() and datetime.now(UTC) - self.at < _ABANDONED


def begin(settings: Settings, move: Move) -> None:
    """Write down what is about to happen."""
    short = move.model_copy(update={"reason": shortened(move.reason)})
    client(settings).set_registered_model_tag(settings.name, _TAG, short.model_dump_json())


def begun(settings: Settings) -> Move | None:
    """What has begun and not ended, if anything."""
    value = model_tags(settings).get(_TAG)
    try:
        return Move.model_validate_json(value) if value else None
    except ValidationError:
        return None


def end(settings: Settings) -> None:
    """Forget what had begun: it is done, or undone."""
    if _TAG in model_tags(settings):
        client(settings).delete_registered_model_tag(settings.name, _TAG)
