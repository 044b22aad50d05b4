"""A row: one transcript, the audio that it belongs to, and the place where both were written down."""

import math
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from asr.corpus.readers.listing import Listing, leaves_folder
from asr.corpus.rules import Problem, problem
from asr.corpus.utterance import utterance_id

_SPACE = re.compile(r"[ \t\r\n]+")
_AROUND = " \u00a0"  # word processors leave no-break spaces at the ends
_AUDIO_FOLDER = "audio"  # where a table's audio may lie, so that its names stay short
_LONGEST_NAME = 4096  # characters, more than file systems take: to compare longer ones costs quadratic time
_SHOWN = 100  # characters of a field in a message


@dataclass(frozen=True, slots=True)
class Row:
    """What a transcript file says about one piece of audio, before anything is checked."""

    name: str
    """Name of the audio file relative to the corpus folder, with `/`."""
    audio: Path
    """Where the audio file is."""
    shown: Path
    """The audio file as people know it, for messages."""
    text: str | None
    """The transcript with runs of spaces and line ends as one space; None when none is given."""
    file: Path
    """Where the row was written, for messages."""
    line: int | None
    start: float | None = None
    """Seconds into the file where a segment begins; None when the whole file is meant."""
    seconds: float | None = None
    """How long the segment is; None when it goes to the end of the file."""
    speaker: str = ""
    language: str = ""
    source: str = ""
    slice: str = ""
    split: str = ""
    noise: str = ""
    """The signal-to-noise ratio in decibels as it is written."""

    @property
    def id(self) -> str:
        """The name of the audio, for a segment with where it begins and how long it is."""
        return utterance_id(self.name, self.start, self.seconds)

    @property
    def place(self) -> str:
        """Where the row was written, as `file:line`."""
        return str(self.file) if self.line is None else f"{self.file}:{self.line}"


def make_row(
    listing: Listing, table: str, line: int | None, name: str, text: str | None, extra: Mapping[str, str] | None = None
) -> Row | Problem:
    """Find the audio that a line of the file `table` names, beside the table or in its `audio` folder.

    `extra` has what other columns say: speaker, language, source, slice, split, noise, start and duration in seconds.
    """
    start, file = posixpath.dirname(table), listing.shown(table)
    if not name:
        return problem("missing_audio", file, line, "no name is given")
    if len(name) > _LONGEST_NAME:
        return problem("missing_audio", file, line, _shown(name))
    if leaves_folder(start, name):
        return problem("outside_folder", file, line, _shown(name))
    found = listing.find(start, name) or listing.find(posixpath.join(start, _AUDIO_FOLDER), name)
    if found is None:
        return problem("missing_audio", file, line, _shown(name))
    facts = dict(extra or {})
    begins, lasts = facts.pop("start", ""), facts.pop("duration", "")
    row = Row(
        *found,
        listing.shown(found[0]),
        clean(text),
        file,
        line,
        speaker=facts.get("speaker", ""),
        language=facts.get("language", ""),
        source=facts.get("source", ""),
        slice=facts.get("slice", ""),
        split=facts.get("split", ""),
        noise=facts.get("noise", ""),
    )
    return segment(row, begins, lasts) if begins else row


def segment(row: Row, start: str, seconds: str) -> Row | Problem:
    """The row of a part of an audio file, to the millisecond; without `seconds` it goes to the end of the file."""
    begins, lasts = _number(start), _number(seconds) if seconds else None
    if begins is None or begins < 0 or (seconds and not (lasts and lasts > 0)):
        detail = f"start “{_shown(start)}”, duration “{_shown(seconds)}”"
        return problem("bad_segment", row.file, row.line, detail)
    return replace(row, start=begins, seconds=lasts)


def clean(text: str | None) -> str | None:
    """The text on one line, without spaces around; unseen characters stay, for the rules to find."""
    return None if text is None else _SPACE.sub(" ", text).strip(_AROUND)


def _number(written: str) -> float | None:
    # To the millisecond, as in ids: what has the same id is the same segment.
    try:
        number = float(written)
    except ValueError:
        return None
    return round(number, 3) + 0.0 if math.isfinite(number) else None


def _shown(field: str) -> str:
    return field if len(field) <= _SHOWN else f"{field[: _SHOWN - 1]}…"
