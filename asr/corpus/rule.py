"""What a rule of the data contract is."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
Purpose = Literal["training", "testing"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the data contract: what is said when it is broken, and how to mend it."""

    id: str
    severity: Severity
    """What a broken rule usually is; a few rules are milder or stricter by circumstance."""
    text: str
    mend: str
    note: str = ""
    """Its numbers, and when it is milder, stricter or not asked at all."""
