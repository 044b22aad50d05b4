"""Kaldi data directories: `wav.scp` and `text`, with `segments`, `utt2spk` and `utt2lang` where there are any.

Format: https://kaldi-asr.org/doc/data_prep.html. The other files of such a directory can be made from these, and are
left alone. What `wav.scp` would have Kaldi run is refused.
"""

import posixpath
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

from asr.corpus.readers.listing import Listing
from asr.corpus.readers.recipe_audio import find_audio
from asr.corpus.readers.row import Row, clean, segment
from asr.corpus.readers.text_file import read_lines
from asr.corpus.rules import Problem, problem

# In each table `line` is that of the file which is read into it. A NULL stands where a problem was told already.
_SCHEMA = """
CREATE TABLE recordings (id TEXT PRIMARY KEY, line INTEGER, name TEXT) WITHOUT ROWID;
CREATE TABLE segments (id TEXT PRIMARY KEY, line INTEGER, recording TEXT, start TEXT, seconds TEXT) WITHOUT ROWID;
CREATE TABLE texts (id TEXT PRIMARY KEY, line INTEGER, text TEXT) WITHOUT ROWID;
CREATE TABLE speakers (id TEXT PRIMARY KEY, line INTEGER, speaker TEXT) WITHOUT ROWID;
CREATE TABLE languages (id TEXT PRIMARY KEY, line INTEGER, language TEXT) WITHOUT ROWID;
"""
_UTTERANCES = """
SELECT utterances.*, recordings.id, name, texts.line, text, ifnull(speaker, ''), ifnull(language, '')
FROM ({}) AS utterances LEFT JOIN recordings ON recordings.id = recording
LEFT JOIN texts ON texts.id = utterance LEFT JOIN speakers ON speakers.id = utterance
LEFT JOIN languages ON languages.id = utterance ORDER BY utterances.line
"""
_WHOLE_FILES = "SELECT id AS utterance, line, id AS recording, '' AS start, '' AS seconds FROM recordings"
_SEGMENTS = "SELECT id AS utterance, line, recording, start, seconds FROM segments"
_WITHOUT_AUDIO = "SELECT id, line FROM texts WHERE id NOT IN (SELECT id FROM {}) ORDER BY line"

_SPACE = re.compile(r"[ \t]+")
_ARCHIVE = re.compile(r":\d+(\[.*\])?$")
_ONE = "keep one of the two lines"


class _Line(NamedTuple):
    """A line of any of the files: the id that it begins with, and what it says of that."""

    number: int
    id: str
    rest: str


def is_kaldi(listing: Listing, name: str) -> bool:
    """Whether a file is the `wav.scp` of a Kaldi data directory, which has a `text` too."""
    folder, file = posixpath.split(name)
    return file == "wav.scp" and listing.find(folder, "text") is not None


def read_kaldi(listing: Listing, name: str) -> Iterator[Row | Problem]:
    """The rows of the data directory with this `wav.scp`.

    Without `segments` each recording is an utterance; with them the id of the recording is the source.
    """
    directory = posixpath.dirname(name)
    has_segments = listing.find(directory, "segments") is not None
    # Kaldi orders each file by its ids, but others do not: what belongs together is found on disk.
    with closing(sqlite3.connect("")) as tables:
        tables.executescript(_SCHEMA)
        yield from _read_recordings(listing, name, tables)
        if has_segments:
            yield from _read_segments(listing, posixpath.join(directory, "segments"), tables)
        for file, table in (("text", "texts"), ("utt2spk", "speakers"), ("utt2lang", "languages")):
            if listing.find(directory, file):
                yield from _read_values(listing, posixpath.join(directory, file), table, tables)
        yield from _join(listing, directory, has_segments, tables)


def _read_recordings(listing: Listing, name: str, tables: sqlite3.Connection) -> Iterator[Problem]:
    for one in _lines(listing, name):
        if isinstance(one, Problem):
            yield one
            continue
        wrong = _refuse(listing, name, one)
        found = wrong or find_audio(listing, name, one.number, one.rest)
        if isinstance(found, Problem):
            yield found
        yield from _keep(listing, name, tables, "recordings", one, None if isinstance(found, Problem) else found[0])


def _refuse(listing: Listing, name: str, line: _Line) -> Problem | None:
    # What Kaldi calls an extended filename: https://kaldi-asr.org/doc/io.html
    if line.rest.startswith("|") or line.rest.endswith("|"):
        what = "a command, and none is run"
    elif line.rest == "-":
        what = "the standard input"
    elif _ARCHIVE.search(line.rest):
        what = "a place in an archive"
    else:
        return None
    detail, mend = f"{line.id} is {what}", "write the audio to a file, and name that"
    return problem("missing_audio", listing.shown(name), line.number, detail, mend=mend)


def _read_segments(listing: Listing, name: str, tables: sqlite3.Connection) -> Iterator[Problem]:
    for one in _lines(listing, name):
        if isinstance(one, Problem):
            yield one
            continue
        fields = _SPACE.split(one.rest)
        if len(fields) != 3:
            detail = f"{1 + len(fields) * bool(one.rest)} fields"
            mend = "write utterance, recording, start and end in seconds; all channels of a recording are mixed"
            yield problem("unreadable_table", listing.shown(name), one.number, detail, mend=mend)
            fields = [None, None, None]
        recording, start, end = fields
        yield from _keep(listing, name, tables, "segments", one, recording, start, _seconds(start, end))


def _seconds(start: str | None, end: str | None) -> str:
    try:
        begins, ends = float(start or ""), float(end or "")
    except ValueError:
        return f"{end} - {start}"  # which is no number, and told with its line
    return "" if ends == -1 else repr(round(ends - begins, 6))


def _read_values(listing: Listing, name: str, table: str, tables: sqlite3.Connection) -> Iterator[Problem]:
    for one in _lines(listing, name):
        if isinstance(one, Problem):
            yield one
            continue
        yield from _keep(listing, name, tables, table, one, one.rest)


def _lines(listing: Listing, name: str) -> Iterator[_Line | Problem]:
    for one in read_lines(listing.path(name), listing.shown(name)):
        if isinstance(one, Problem):
            yield one
            continue
        number, written = one
        if written := written.strip(" \t\r\n"):
            utterance, *rest = _SPACE.split(written, maxsplit=1)
            yield _Line(number, utterance, rest[0] if rest else "")


def _keep(
    listing: Listing, name: str, tables: sqlite3.Connection, table: str, line: _Line, *values: str | None
) -> Iterator[Problem]:
    fields = (line.id, line.number, *values)
    kept = tables.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(fields))})", fields)
    if not kept.rowcount:
        first = tables.execute(f"SELECT line FROM {table} WHERE id = ?", (line.id,)).fetchone()[0]
        detail = f"the id {line.id} is in line {first} already"
        yield problem("unreadable_table", listing.shown(name), line.number, detail, mend=_ONE)


def _join(listing: Listing, directory: str, has_segments: bool, tables: sqlite3.Connection) -> Iterator[Row | Problem]:
    written_in = listing.shown(posixpath.join(directory, "segments" if has_segments else "wav.scp"))
    texts = listing.shown(posixpath.join(directory, "text"))
    for utterance, line, recording, start, seconds, known, name, text_line, text, speaker, language in tables.execute(
        _UTTERANCES.format(_SEGMENTS if has_segments else _WHOLE_FILES)
    ):
        if recording is None or (known and name is None):
            continue
        if known is None:
            detail, mend = f"the recording {recording} of {utterance}", "add the recording to wav.scp"
            yield problem("missing_audio", written_in, line, detail, mend=mend)
            continue
        row = Row(
            name,
            listing.path(name),
            listing.shown(name),
            clean(text),
            written_in,
            line,
            # Kaldi has utterances of unknown speakers be their own speakers.
            speaker="" if speaker == utterance else speaker,
            language=language,
            source=recording if has_segments else "",
        )
        placed = segment(row, start, seconds) if has_segments else row
        yield placed if isinstance(placed, Problem) or text is None else replace(placed, file=texts, line=text_line)
    for utterance, line in tables.execute(_WITHOUT_AUDIO.format("segments" if has_segments else "recordings")):
        mend = f"add {utterance} to {written_in.name}, or remove the line"
        yield problem("orphan_transcript", texts, line, utterance, mend=mend)
