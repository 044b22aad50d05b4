"""Rows in the order of their audio files, on disk: a corpus may have millions, and memory does not grow with them."""

import sqlite3
from collections.abc import Iterator
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from asr.corpus.readers.listing import as_path
from asr.corpus.readers.row import Row

_SCHEMA = """
CREATE TABLE rows (
    name TEXT, audio TEXT, shown TEXT, text TEXT, file TEXT, line INTEGER, start REAL, seconds REAL,
    speaker TEXT, language TEXT, source TEXT, slice TEXT, split TEXT, noise TEXT
);
"""
_COLUMNS = "name, audio, shown, text, file, line, start, seconds, speaker, language, source, slice, split, noise"
_ORDER = "name, ifnull(start, -1), ifnull(seconds, -1), file, line"
_AT_ONCE = 1000
_LONG = 10_000  # characters of a text that does not wait for others


class SortedRows:
    """A private SQLite file that takes rows in any order and gives them back file by file."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.executescript(_SCHEMA)
        self._waiting: list[tuple[Any, ...]] = []
        self._sorted = False

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def add(self, row: Row) -> None:
        """Take a row; its text must be encodable, as everything that was read as UTF-8 is."""
        self._waiting.append((
            row.name, str(row.audio), str(row.shown), row.text, str(row.file), row.line, row.start, row.seconds,
            row.speaker, row.language, row.source, row.slice, row.split, row.noise,
        ))  # fmt: skip
        self._sorted = False
        if len(self._waiting) >= _AT_ONCE or len(row.text or "") > _LONG:
            self._flush()

    def __bool__(self) -> bool:
        """Whether there are any rows."""
        self._flush()
        return self._database.execute("SELECT 1 FROM rows LIMIT 1").fetchone() is not None

    def __iter__(self) -> Iterator[Row]:
        """The rows in the order of (name, start, seconds, file, line)."""
        self._sort()
        for row in self._database.execute(f"SELECT {_COLUMNS} FROM rows ORDER BY {_ORDER}"):
            name, audio, shown, text, file, *others = row
            yield Row(name, as_path(audio), as_path(shown), text, as_path(file), *others)

    def names(self) -> Iterator[str]:
        """The audio files that the rows describe, sorted."""
        self._sort()
        return (name for (name,) in self._database.execute("SELECT DISTINCT name FROM rows ORDER BY name"))

    def by_file(self, most: int) -> Iterator[list[Row]]:
        """The rows of each audio file together, in parts of at most `most` rows."""
        for _, rows in groupby(self, key=attrgetter("name")):
            while some := list(islice(rows, most)):
                yield some

    def _flush(self) -> None:
        self._database.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * 14)})", self._waiting)
        self._waiting.clear()

    def _sort(self) -> None:
        if not self._sorted:
            self._flush()
            self._database.execute("CREATE INDEX IF NOT EXISTS rows_by_name ON rows (name)")
            self._sorted = True
