"""What is known of audio files from earlier runs, in one SQLite file, so that unchanged audio is not read again.

Two tables: a file that has not changed (path, size, time) keeps its hash, and a hash keeps its measurement. A fresh
clone of the same audio is hashed again but not decoded again.
"""

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

_VERSION = 1  # raise it when a measurement means something else; older caches are then forgotten

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT);
CREATE TABLE IF NOT EXISTS sounds (
    sha256 TEXT PRIMARY KEY, seconds REAL, samples_sha256 TEXT, peak REAL, clipped REAL
);
PRAGMA user_version = {_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What decoding one sound told."""

    seconds: float
    samples_sha256: str
    """Of the decoded samples: 16 kHz, mono, 16 bit, little-endian."""
    peak: float
    """The largest distance from the mean of the waveform; full scale is 1."""
    clipped: float
    """Share of the samples at full scale."""


class FileCache:
    """A cache in the folder `work`, used in a `with` statement by one thread; other processes may use it too.

    It only saves time: whatever is wrong with the database, audio is read again and the run goes on.
    """

    def __init__(self, work: Path) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self._database = _open(work / "audio.sqlite")
        self._hashes: list[tuple[str, int, int, str]] = []
        self._measurements: list[tuple[str, float, str, float, float]] = []

    def __enter__(self) -> "FileCache":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.save()
        self._database.close()

    def hash_of(self, path: Path) -> str | None:
        """The sha256 of a file that has not changed since it was kept."""
        try:
            state = path.stat()
        except OSError:
            return None
        query = "SELECT sha256 FROM files WHERE path = ? AND size = ? AND mtime_ns = ?"
        found = self._find(query, str(path.absolute()), state.st_size, state.st_mtime_ns)
        return found[0] if found else None

    def keep_hash(self, path: Path, sha256: str) -> None:
        """Remember the hash of a file as it is now."""
        with suppress(OSError):
            state = path.stat()
            self._hashes.append((str(path.absolute()), state.st_size, state.st_mtime_ns, sha256))

    def measurement_of(self, sha256: str) -> Measurement | None:
        """What decoding the sound with this hash told."""
        found = self._find("SELECT seconds, samples_sha256, peak, clipped FROM sounds WHERE sha256 = ?", sha256)
        return Measurement(*found) if found else None

    def keep_measurement(self, sha256: str, one: Measurement) -> None:
        """Remember what decoding told."""
        self._measurements.append((sha256, one.seconds, one.samples_sha256, one.peak, one.clipped))

    def save(self) -> None:
        """Write what was kept since the last time in one short transaction."""
        with suppress(sqlite3.DatabaseError), self._database:
            self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", self._hashes)
            self._database.executemany("INSERT OR REPLACE INTO sounds VALUES (?, ?, ?, ?, ?)", self._measurements)
        self._hashes.clear()
        self._measurements.clear()

    def _find(self, query: str, *values: str | int) -> tuple[Any, ...] | None:
        with suppress(sqlite3.DatabaseError):
            row: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
            return row
        return None


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.OperationalError:  # locked for long, or not writable
        return _connect(":memory:")
    except sqlite3.DatabaseError:  # cut off, or of another version: begin again
        path.unlink(missing_ok=True)
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
