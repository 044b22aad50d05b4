"""The utterances with errors, worst first: every word beside what each model heard, and the audio to listen to."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from asr.scoring.alignment import Item, Kind, align
from asr.scoring.hypothesis import Hypothesis

MAX_ENTRIES = 100
MAX_AUDIO = 20
"""Utterances that come with their audio."""
MAX_AUDIO_BYTES = 300_000
"""Of one utterance."""
MAX_TOTAL_BYTES = 4_000_000
"""Of all of them: base64 adds a third, and the page still opens at once."""

_MEDIA_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
}


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
    """One utterance of the list; without a candidate, its text and errors are None and `heard` has one cell."""

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
    audio: str = ""
    """A data URI, or nothing."""

    @property
    def change(self) -> Literal["better", "worse", "same"]:
        """What the candidate changed in the number of word errors."""
        difference = 0 if self.candidate_errors is None else self.candidate_errors - self.baseline_errors
        return "worse" if difference > 0 else "better" if difference < 0 else "same"


@dataclass(frozen=True, slots=True)
class ErrorList:
    """The worst utterances, and of all utterances how many have errors and what the candidate changed."""

    entries: tuple[Entry, ...]
    with_errors: int
    better: int
    worse: int
    same: int


def error_list(
    baseline: Sequence[Hypothesis],
    candidate: Sequence[Hypothesis] | None,
    normalize: Callable[[str], str],
    audio: Mapping[str, Path],
) -> ErrorList:
    """List the utterances in which a model made word errors, by the candidate's errors, then by the baseline's.

    `normalize` is the normalizer of the scores; `audio` finds the audio of an id, where there is any.
    """
    second = {row.id: row for row in candidate or ()}
    pairs = [(row, second.get(row.id)) for row in baseline if candidate is None or row.id in second]
    changes = [0 if after is None else after.errors - before.errors for before, after in pairs]
    wrong = [(before, after) for before, after in pairs if before.errors or (after and after.errors)]
    wrong.sort(key=lambda pair: (-(pair[1].errors if pair[1] else 0), -pair[0].errors, pair[0].id))
    return ErrorList(
        entries=_with_audio([_entry(*pair, normalize) for pair in wrong[:MAX_ENTRIES]], audio),
        with_errors=len(wrong),
        better=sum(change < 0 for change in changes),
        worse=sum(change > 0 for change in changes),
        same=sum(change == 0 for change in changes),
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


def _entry(before: Hypothesis, after: Hypothesis | None, normalize: Callable[[str], str]) -> Entry:
    reference = normalize(before.reference)
    rows = (before,) if after is None else (before, after)
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
        columns=columns([align(reference, normalize(row.hypothesis)) for row in rows]),
    )


def _with_audio(entries: Sequence[Entry], audio: Mapping[str, Path]) -> tuple[Entry, ...]:
    listed: list[Entry] = []
    embedded = total = 0
    for entry in entries:
        path = audio.get(entry.id)
        media_type = _MEDIA_TYPES.get(path.suffix.lower()) if path else None
        size = path.stat().st_size if path and path.is_file() else 0
        fits = 0 < size <= MAX_AUDIO_BYTES and total + size <= MAX_TOTAL_BYTES and embedded < MAX_AUDIO
        if path and media_type and fits:
            encoded = base64.b64encode(path.read_bytes()).decode("ascii")
            listed.append(replace(entry, audio=f"data:{media_type};base64,{encoded}"))
            embedded, total = embedded + 1, total + size
        else:
            listed.append(entry)
    return tuple(listed)
