"""What a person decided about a candidate, and why."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Told = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""Something that a person must say: spaces are nothing."""


class PersonDecision(BaseModel):
    """The answer to “promote?”; who gave it and why are asked for, and kept."""

    model_config = ConfigDict(frozen=True)

    decision: Literal["promote", "reject"]
    by: Told
    reason: Told
    at: datetime
