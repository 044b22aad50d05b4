"""A table beside its audio: CSV, TSV, JSON, JSON Lines or Parquet with columns for the audio and the transcript."""

import posixpath
from collections.abc import Iterator
from itertools import chain, islice

from asr.corpus.columns import EXTRA_COLUMNS, Columns
from asr.corpus.readers.listing import Listing
from asr.corpus.readers.records import TABLE_SUFFIXES, Record, read_records
from asr.corpus.readers.row import Row, make_row
from asr.corpus.rules import Problem, problem

_LOOKED_AT = 100  # records that tell which columns a table without a header has
_SHOWN = 200  # characters of the names of columns in a message


def is_table(name: str) -> bool:
    """Whether a file may be a table by its ending."""
    return posixpath.splitext(name)[1].lower() in TABLE_SUFFIXES


def read_table(listing: Listing, name: str, columns: Columns, *, expected: bool = False) -> Iterator[Row | Problem]:
    """The rows of a table; nothing for a file that turns out to be about something else.

    `expected` says that the table must hold transcripts, by its name.
    """
    file = listing.shown(name)
    records = read_records(listing.path(name), file)
    begin = list(islice(records, _LOOKED_AT))
    names = dict.fromkeys(column for one in begin if isinstance(one, Record) for column in one.fields)
    audio = _first(names, columns.audio, "audio", "file_name")
    text = _first(names, columns.text, "transcription", "text")
    # Any table may lie in the folder; one without audio, or with only file names, does not speak of transcripts.
    named_audio = audio in {columns.audio.lower(), "audio"}
    if names and not expected and (audio is None or (text is None and not named_audio)):
        return
    if not names:
        is_told = False
        for one in chain(begin, records):
            if isinstance(one, Problem):
                yield one
                is_told = True
        if is_told or not expected:
            return
    if audio is None or text is None:
        yield from (one for one in begin if isinstance(one, Problem))
        missing = (audio is None) * [columns.audio] + (text is None) * [columns.text]
        detail = f"no column {' and no column '.join(missing)} among: {', '.join([*names][:12])[:_SHOWN] or 'nothing'}"
        yield problem("unreadable_table", file, 1, detail, mend="name the columns in the first line")
        return
    wanted = {column: getattr(columns, column).lower() for column in EXTRA_COLUMNS}
    extra_columns = [(column, _first(names, called, column) or called) for column, called in wanted.items()]
    for one in chain(begin, records):
        if isinstance(one, Problem):
            yield one
            continue
        fields = one.fields
        if one.line == 1 and not any(fields.values()):
            continue  # the header
        extra = {column: (fields.get(called) or "").strip() for column, called in extra_columns}
        yield make_row(listing, name, one.line, (fields.get(audio) or "").strip(), fields.get(text), extra)


def _first(columns: dict[str, None], *wanted: str) -> str | None:
    return next((name.lower() for name in wanted if name.lower() in columns), None)
