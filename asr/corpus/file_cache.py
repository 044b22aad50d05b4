"""What is known of audio files from earlier runs, in one SQLite file, so that unchanged audio is not read again.

Two tables: a file that has not changed (path, size, time) keeps its hash, and a hash keeps its measurements, one for
the whole file and one for each segment. A fresh clone of the same audio is hashed again but not decoded again.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

_VERSION = 3  # raise it when a measurement means something else; older caches are then forgotten

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sounds (
    sha256 TEXT, segment TEXT, seconds REAL, samples_sha256 TEXT, peak REAL, offset REAL, clipped REAL, rate INTEGER,
    synthetic INTEGER, PRIMARY KEY (sha256, segment)
) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""
_AT_ONCE = 500  # values in one query; SQLite takes 999 everywhere


@dataclass(frozen=True, slots=True)
class Measurement:
    """What decoding one sound told."""

    seconds: float
    samples_sha256: str
    """Of the decoded samples: 16 kHz, mono, 16 bit, little-endian."""
    peak: float
    """The largest distance from the mean of the waveform; full scale is 1."""
    offset: float
    """The mean of the waveform; full scale is 1."""
    clipped: float
    """Share of the samples at full scale."""
    rate: int
    """Samples a second in the file, before it became 16 kHz."""
    synthetic: bool = False
    """Whether the file is marked as speech that was synthesized for training."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells that a file has not changed."""

    path: str
    size: int
    mtime_ns: int


def file_state(path: Path) -> FileState:
    """The state of a file now.

    Raises:
        OSError: there is no such file.
    """
    state = os.stat(path)  # noqa: PTH116 - a third of the time of Path.stat, and it is called for every file
    return FileState(os.path.abspath(path), state.st_size, state.st_mtime_ns)  # noqa: PTH100 - as above


class FileCache:
    """A cache in the folder `work`, used in a `with` statement by one thread; other processes may use it too.

    It only saves time: whatever is wrong with the database, audio is read again and the run goes on.
    """

    def __init__(self, work: Path) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self._database = _open(work / "audio.sqlite")

    def __enter__(self) -> "FileCache":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def hashes(self, states: Sequence[FileState]) -> dict[str, str]:
        """The sha256, by path, of those files that have not changed since they were kept."""
        known: dict[str, str] = {}
        as_they_are = {state.path: (state.size, state.mtime_ns) for state in states}
        for path, size, mtime_ns, sha256 in self._find("files", "path", list(as_they_are)):
            if as_they_are[path] == (size, mtime_ns):
                known[path] = sha256
        return known

    def measurements(self, sha256: Iterable[str]) -> dict[tuple[str, str], Measurement]:
        """What decoding told of sounds, by hash and segment."""
        found = self._find("sounds", "sha256", list(dict.fromkeys(sha256)))
        return {(key, segment): Measurement(*[*values, bool(marked)]) for key, segment, *values, marked in found}

    def keep(
        self, hashes: Iterable[tuple[FileState, str]], measurements: Iterable[tuple[str, str, Measurement]] = ()
    ) -> None:
        """Remember files by (state, sha256) and sounds by (sha256, segment, measurement), in one short transaction."""
        files = [(state.path, state.size, state.mtime_ns, sha256) for state, sha256 in hashes]
        sounds = [
            (
                *(sha256, segment, one.seconds, one.samples_sha256, one.peak, one.offset, one.clipped, one.rate),
                one.synthetic,
            )
            for sha256, segment, one in measurements
        ]
        if not files and not sounds:
            return
        with suppress(sqlite3.DatabaseError), self._database:
            self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", files)
            self._database.executemany("INSERT OR REPLACE INTO sounds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", sounds)

    def _find(self, table: str, column: str, values: list[str]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with suppress(sqlite3.DatabaseError):
            for start in range(0, len(values), _AT_ONCE):
                some = values[start : start + _AT_ONCE]
                query = f"SELECT * FROM {table} WHERE {column} IN ({', '.join('?' * len(some))})"
                rows += self._database.execute(query, some).fetchall()
        return rows


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.OperationalError:  # locked for long, or not writable
        return _connect("")  # private, and on disk as well
    except sqlite3.DatabaseError:  # cut off, or of another version: begin again
        for file in (path, path.with_name(f"{path.name}-journal")):
            file.unlink(missing_ok=True)
        return _connect(path)


def _connect(path: Path | str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=30)
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            database.executescript(_SCHEMA)
        elif version != _VERSION:
            raise sqlite3.DatabaseError(f"version {version}")
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
