"""What a model heard, utterance by utterance, and the table that keeps it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from asr.errors import DataError


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a model heard in one utterance, with the counts of its errors after normalization."""

    id: str
    reference: str
    """As written in the corpus."""
    hypothesis: str
    """As the model wrote it."""
    duration: float
    """Seconds of audio."""
    words: int
    """Reference words after normalization."""
    substitutions: int
    deletions: int
    insertions: int
    characters: int
    """Reference characters after normalization."""
    character_errors: int
    speaker: str = ""
    source: str = ""
    slice: str = ""
    noise: float | None = None
    """Signal-to-noise ratio in decibels; None when it is not known."""

    @property
    def errors(self) -> int:
        """Word errors: substitutions, deletions and insertions."""
        return self.substitutions + self.deletions + self.insertions


def write_table(rows: Iterable[Hypothesis], path: Path) -> None:
    """Write rows as JSON Lines, aside first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    with aside.open("w", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    aside.replace(path)


def read_table(path: Path) -> list[Hypothesis]:
    """Read rows back from JSON Lines.

    Raises DataError when the file is missing or a line of it is not a row.
    """
    rows: list[Hypothesis] = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    rows.append(Hypothesis(**json.loads(line)))
                except (ValueError, TypeError) as error:
                    raise DataError(f"{path}:{number} is not a row of an evaluation; evaluate again.") from error
    except FileNotFoundError as error:
        raise DataError(f"The evaluation's table {path} is gone; evaluate again.") from error
    return rows
