"""What a benchmark found: a line of the table, and the table."""

from collections.abc import Sequence
from dataclasses import dataclass

HEADER = ("what", "Wergate", "compared with", "ratio", "target", "")


@dataclass(frozen=True)
class Result:
    """One measurement beside what it is compared with."""

    what: str
    ours: str
    theirs: str
    ratio: str
    target: str
    met: bool | None
    """`None` where there is no target."""
    note: str = ""
    """What a reader must know to judge the numbers."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The line of the table, in the order of `HEADER`."""
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return (self.what, self.ours, self.theirs, self.ratio, self.target, verdict)


def text_table(results: Sequence[Result]) -> str:
    """The table for a terminal, with the notes below it."""
    rows = [HEADER, *(result.cells for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "", *_notes(results)])


def markdown_table(results: Sequence[Result]) -> str:
    """The same as Markdown."""
    lines = ["| " + " | ".join(result.cells) + " |" for result in results]
    return "\n".join(["| " + " | ".join(HEADER) + " |", "|---" * len(HEADER) + "|", *lines, "", *_notes(results)])


def _notes(results: Sequence[Result]) -> list[str]:
    return [f"- {note}" for note in dict.fromkeys(result.note for result in results if result.note)]
