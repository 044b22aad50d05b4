"""One utterance as a page shows it: every word beside what each model heard there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from asr.scoring.alignment import Item, Kind, align
from asr.scoring.hypothesis import Hypothesis

MAX_CHARACTERS = 20_000
"""Of a text that is aligned; a longer one is aligned as far as this."""
MAX_COLUMNS = 100
"""Words of an utterance that are shown aligned; of a longer one those around its errors."""

_AROUND = 3  # words before and after an error that make it understood
_GAP = "⋯"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one model heard at one place."""

    kind: Kind | Literal["nothing"]
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One reference word, or the gap between two (an empty reference), with what each model heard there."""

    reference: str
    heard: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One utterance on the page; without a candidate, its text and errors are None and `heard` has one cell."""

    id: str
    speaker: str
    slice: str
    duration: float
    words: int
    reference: str
    baseline: str
    candidate: str | None
    baseline_errors: int
    candidate_errors: int | None
    columns: tuple[Column, ...]
    complete: bool
    """Whether the columns show the whole utterance, and not only places in it."""

    @property
    def difference(self) -> int:
        """How many more errors the candidate makes than the baseline; negative is better."""
        return 0 if self.candidate_errors is None else self.candidate_errors - self.baseline_errors

    @property
    def change(self) -> Literal["better", "worse", "same"]:
        """What the candidate changed in the number of word errors."""
        return "worse" if self.difference > 0 else "better" if self.difference < 0 else "same"


def side_by_side(before: Hypothesis, after: Hypothesis | None, normalize: Callable[[str], str]) -> Entry:
    """Align what one model, or two, heard in an utterance; `normalize` is the normalizer of the scores."""
    rows = (before,) if after is None else (before, after)
    texts = [before.reference, *(row.hypothesis for row in rows)]
    reference, *heard = (normalize(text[:MAX_CHARACTERS]) for text in texts)
    found = columns([align(reference, text) for text in heard])
    return Entry(
        id=before.id,
        speaker=before.speaker,
        slice=before.slice,
        duration=before.duration,
        words=before.words,
        reference=before.reference,
        baseline=before.hypothesis,
        candidate=None if after is None else after.hypothesis,
        baseline_errors=before.errors,
        candidate_errors=None if after is None else after.errors,
        columns=found if len(found) <= MAX_COLUMNS else _around_errors(found),
        complete=len(found) <= MAX_COLUMNS and all(len(text) <= MAX_CHARACTERS for text in texts),
    )


def columns(alignments: Sequence[Sequence[Item]]) -> tuple[Column, ...]:
    """Lay alignments of the same reference side by side; words inserted at one place share one column."""
    found: list[Column] = []
    places = [0] * len(alignments)
    while any(place < len(items) for place, items in zip(places, alignments, strict=True)):
        inserted: list[list[str]] = [[] for _ in alignments]
        for which, items in enumerate(alignments):
            while places[which] < len(items) and items[places[which]].kind == "insertion":
                inserted[which].append(items[places[which]].hypothesis)
                places[which] += 1
        if any(inserted):
            cells = (Cell("insertion" if words else "nothing", " ".join(words)) for words in inserted)
            found.append(Column("", tuple(cells)))
        here = [items[place] for place, items in zip(places, alignments, strict=True) if place < len(items)]
        if here:
            found.append(Column(here[0].reference, tuple(Cell(item.kind, item.hypothesis) for item in here)))
            places = [place + 1 for place in places]
    return tuple(found)


def _around_errors(found: Sequence[Column]) -> tuple[Column, ...]:
    """The columns near an error, at most `MAX_COLUMNS`, with a sign where some are left out."""
    wrong = [place for place, column in enumerate(found) if any(cell.kind != "match" for cell in column.heard)]
    near = {place + offset for place in wrong for offset in range(-_AROUND, _AROUND + 1)}
    kept = sorted(place for place in near if 0 <= place < len(found))[:MAX_COLUMNS] or list(range(MAX_COLUMNS))
    gap = Column(_GAP, tuple(Cell("nothing", "") for _ in found[0].heard))
    shown: list[Column] = []
    for before, place in zip([-1, *kept], [*kept, len(found)], strict=True):
        shown += [gap] * (place > before + 1)
        shown += [found[place]] if place < len(found) else []
    return tuple(shown)
