"""What lies in a corpus folder, archives included; everything that a transcript names is looked up here, never on disk.

The list itself is in a private SQLite file that vanishes when it is closed: a folder may hold millions of files, and
memory does not grow with them.
"""

import ntpath
import os
import posixpath
import sqlite3
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from asr.audio import AUDIO_SUFFIXES
from asr.corpus.readers.archive import is_archive, unpack
from asr.corpus.rules import Problem, problem

_SCHEMA = """
CREATE TABLE files (name TEXT PRIMARY KEY, path TEXT NOT NULL, stem TEXT) WITHOUT ROWID;
CREATE INDEX files_by_stem ON files (stem) WHERE stem IS NOT NULL;
"""

_AT_ONCE = 1000  # files written to the list together

as_path = lru_cache(maxsize=64)(Path)
"""A path, the same object for what was asked just before: one row has three, and they take longer to make than it."""


class Listing:
    """The files below a folder, without hidden ones and without anything that a link leads out to.

    Names are relative to the folder, with `/`, in Unicode NFC. What is in `may.zip` has names such as `may.zip/x.wav`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folder = str(folder)
        self._waiting: list[tuple[str, str, str | None]] = []
        self._files = sqlite3.connect("")
        self._files.executescript(_SCHEMA)

    def close(self) -> None:
        """Forget everything."""
        self._files.close()

    def add(self, name: str, path: str) -> None:
        """Add a file that lies at `path`."""
        name = normalize("NFC", name)
        self._waiting.append((name, path, posixpath.splitext(name)[0] if is_audio(name) else None))
        if len(self._waiting) >= _AT_ONCE:
            self._write()

    def names(self) -> Iterator[str]:
        """All files, sorted."""
        return self._select("ORDER BY name")

    def audio(self) -> Iterator[str]:
        """The audio files, sorted."""
        return self._select("WHERE stem NOT NULL ORDER BY name")

    def others(self) -> Iterator[str]:
        """The files that are not audio, sorted."""
        return self._select("WHERE stem IS NULL ORDER BY name")

    def audio_with_stem(self, stem: str) -> list[str]:
        """The audio files that are called `stem`, whatever their ending is."""
        return list(self._select("WHERE stem = ? ORDER BY name", stem))

    def path(self, name: str) -> Path:
        """Where the file `name` is."""
        return as_path(self._path(name) or self._inside(name))

    def shown(self, name: str) -> Path:
        """The file `name` as people know it: inside of its archive, below the folder that they named."""
        return as_path(self._inside(name))

    def find(self, start: str, name: str) -> tuple[str, Path] | None:
        """The name and the place of the file that `name` means in the folder `start`; None when there is none."""
        for spelled in dict.fromkeys((name, name.replace("\\", "/"))):
            found = normalize("NFC", posixpath.normpath(posixpath.join(start, spelled)))
            if path := self._path(found):
                return found, as_path(path)
        return None

    def _inside(self, name: str) -> str:
        return os.path.join(self._folder, name)  # noqa: PTH118 - a tenth of the time

    def _select(self, rule: str, *values: str) -> Iterator[str]:
        self._write()
        return (name for (name,) in self._files.execute(f"SELECT name FROM files {rule}", values))

    def _write(self) -> None:
        # Of two spellings of one name always the same one is taken, in whatever order the disk lists them.
        taken = "INSERT INTO files VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET path = min(path, excluded.path)"
        if self._waiting:
            self._files.executemany(taken, self._waiting)
            self._waiting.clear()

    def _path(self, name: str) -> str | None:
        self._write()
        row = self._files.execute("SELECT path FROM files WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])


def list_folder(listing: Listing, unpacked: Path, skip: Collection[str] = ()) -> Iterator[Problem]:
    """Fill the list of a folder, without the folders at its top that are named in `skip`; yields what is wrong.

    Archives are unpacked below `unpacked`.
    """
    if listing.folder.is_file():  # one archive instead of a folder
        yield from _list_archive(listing, "", listing.folder, unpacked)
    else:
        yield from _list_below(listing, "", listing.folder, unpacked, skip)


def _list_below(
    listing: Listing, top: str, folder: Path, unpacked: Path, skip: Collection[str] = ()
) -> Iterator[Problem]:
    inside = os.path.realpath(folder)
    waiting = [(top, str(folder))]
    while waiting:
        within, place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    name = f"{within}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        if not entry.name.startswith("__") and not (within == top and entry.name in skip):
                            waiting.append((f"{name}/", entry.path))
                        continue
                    yield from _list_file(listing, name, entry, inside, unpacked)
        except OSError as error:
            yield problem("unreadable_file", Path(error.filename or place), detail=error.strerror or "")


def _list_file(
    listing: Listing, name: str, entry: "os.DirEntry[str]", inside: str, unpacked: Path
) -> Iterator[Problem]:
    if entry.is_symlink():
        if entry.name.startswith("__") and os.path.isdir(entry.path):  # noqa: PTH112 - it takes a link to itself
            return
        if not Path(os.path.realpath(entry.path)).is_relative_to(inside):
            yield problem("outside_folder", Path(entry.path), detail="a link")
            return
    if not _is_utf8(name):
        yield problem("not_utf8", Path(entry.path), detail="the name of the file", mend="rename the file")
    elif os.path.isfile(entry.path):  # noqa: PTH113 - as above; no pipes, no devices, no folders listed elsewhere
        if is_archive(name):
            yield from _list_archive(listing, f"{name}/", Path(entry.path), unpacked)
        else:
            listing.add(name, entry.path)


def _list_archive(listing: Listing, within: str, archive: Path, unpacked: Path) -> Iterator[Problem]:
    content = unpack(archive, archive, unpacked)
    yield from content.problems
    if content.folder is not None:
        yield from _list_below(listing, within, content.folder, unpacked)


def is_audio(name: str) -> bool:
    """Whether a file is audio by its ending."""
    return posixpath.splitext(name)[1].lower() in AUDIO_SUFFIXES


def leaves_folder(start: str, name: str) -> bool:
    """Whether a name written in the folder `start` is absolute, an address, or climbs out of the corpus folder."""
    named = name.replace("\\", "/")
    if "://" in named or named.startswith("/") or ntpath.splitdrive(name)[0]:
        return True
    return posixpath.normpath(posixpath.join(start, named)).split("/")[0] == ".."


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # the bytes of the name became surrogates
        return False
    return True
