"""What a command of `wergate` answers, and how it says so."""

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]
"""Prints one text for people; with --json nothing is printed until the object."""


@dataclass(frozen=True)
class Answer:
    """What a command found: the object that --json prints, and the exit code."""

    value: object
    exit_code: int = 0
