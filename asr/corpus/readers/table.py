"""A table beside its audio: CSV, TSV, JSON or JSON Lines with columns for the audio and the transcript."""

import posixpath
from collections.abc import Iterator, Sequence

from asr.corpus.readers.listing import Listing
from asr.corpus.readers.records import TABLE_SUFFIXES, Table, read_table
from asr.corpus.readers.row import EXTRA_COLUMNS, Columns, Row, make_row
from asr.corpus.rules import Problem, problem


def is_table(name: str) -> bool:
    """Whether a file may be a table by its ending."""
    return posixpath.splitext(name)[1].lower() in TABLE_SUFFIXES


def read_any_table(listing: Listing, name: str, columns: Columns) -> Iterator[Row | Problem]:
    """The rows of a table; nothing for a file that turns out to be about something else."""
    yield from rows_of(listing, name, read_table(listing.path(name)), columns, expected=False)


def rows_of(listing: Listing, name: str, table: Table, columns: Columns, *, expected: bool) -> Iterator[Row | Problem]:
    """The rows in the records of a table; `expected` says that the table must hold transcripts, by its name."""
    file = listing.path(name)
    audio = _first(table.columns, columns.audio, "file_name")
    text = _first(table.columns, columns.text, "transcription", "text")
    # Any table may lie in the folder; one without audio, or with only file names, does not speak of transcripts.
    if table.columns and not expected and (audio is None or (text is None and audio != columns.audio.lower())):
        return
    yield from table.problems
    if not table.columns and (table.problems or not expected):
        return
    if audio is None or text is None:
        missing = (audio is None) * [columns.audio] + (text is None) * [columns.text]
        detail = f"no column {' and no column '.join(missing)} among: {', '.join(table.columns[:12]) or 'nothing'}"
        yield problem("unreadable_table", file, 1, detail, mend="name the columns in the first line")
        return
    for record in table.records:
        fields = record.fields
        extra = {column: fields.get(column, "").strip() for column in EXTRA_COLUMNS}
        yield make_row(listing, name, record.line, fields.get(audio, "").strip(), fields.get(text), extra)


def _first(columns: Sequence[str], *wanted: str) -> str | None:
    return next((name.lower() for name in wanted if name.lower() in columns), None)
