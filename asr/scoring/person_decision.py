"""What a person decided about a candidate, and why."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

LONGEST_NAME, LONGEST_REASON = 200, 1000


def _one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text


def _readable(text: str) -> str:
    """Refuse what a terminal would obey, what no file can hold, and what nobody sees."""
    if any(not char.isprintable() for char in text):
        raise ValueError("must be plain text, without control characters")
    return text


Name = Annotated[
    str,
    BeforeValidator(_one_line),
    StringConstraints(min_length=1, max_length=LONGEST_NAME),
    AfterValidator(_readable),
]
"""Who says something: one line; spaces alone are nobody."""
Reason = Annotated[
    str,
    BeforeValidator(_one_line),
    StringConstraints(min_length=1, max_length=LONGEST_REASON),
    AfterValidator(_readable),
]
"""Why; one line, and spaces alone are no reason."""


class PersonDecision(BaseModel):
    """The answer to “promote?”; who gave it and why are asked for, and kept."""

    model_config = ConfigDict(frozen=True)

    decision: Literal["promote", "reject"]
    by: Name
    reason: Reason
    at: datetime
