"""A row: one transcript, the audio that it belongs to, and the place where both were written down."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asr.corpus.readers.listing import Listing, leaves_folder
from asr.corpus.rules import Problem, problem

_SPACE = re.compile(r"[ \t\r\n]+")
_AUDIO_FOLDER = "audio"  # where a table's audio may lie, so that its names stay short


@dataclass(frozen=True, slots=True)
class Row:
    """What a transcript file says about one audio file, before anything is checked."""

    id: str
    """Name of the audio relative to the corpus folder, with `/`."""
    audio: Path
    text: str | None
    """The transcript with runs of spaces and line ends as one space; None when none is given."""
    file: Path
    """Where the row was written, for messages."""
    line: int | None
    speaker: str = ""
    language: str = ""
    source: str = ""
    slice: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a table's columns for the audio and the transcript."""

    audio: str = "audio"
    text: str = "transcription"


DEFAULT_COLUMNS = Columns()
EXTRA_COLUMNS = ("speaker", "language", "source", "slice")
"""Columns that a table may have besides; all others are left alone."""


def make_row(
    listing: Listing, table: str, line: int, name: str, text: str | None, extra: Mapping[str, str] | None = None
) -> Row | Problem:
    """Find the audio that a line of the file `table` names, beside the table or in its `audio` folder."""
    start, file = posixpath.dirname(table), listing.path(table)
    if not name:
        return problem("missing_audio", file, line, "no name is given")
    if leaves_folder(start, name):
        return problem("outside_folder", file, line, name)
    found = listing.find(start, name) or listing.find(posixpath.join(start, _AUDIO_FOLDER), name)
    if found is None:
        return problem("missing_audio", file, line, name)
    return Row(found, listing.path(found), clean(text), file, line, **(extra or {}))


def clean(text: str | None) -> str | None:
    """The text on one line, without spaces around; unseen characters stay, for the rules to find."""
    return None if text is None else _SPACE.sub(" ", text).strip(" ")
