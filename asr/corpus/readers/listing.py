"""What lies in a corpus folder, read once; everything that a transcript names is looked up here, never on the disk."""

import ntpath
import os
import posixpath
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from asr.audio import AUDIO_SUFFIXES
from asr.corpus.rules import Problem, problem


@dataclass(frozen=True)
class Listing:
    """The files below a folder, without hidden ones and without anything that a link leads out to."""

    folder: Path
    files: dict[str, str]
    """Name relative to the folder with `/`, in Unicode NFC, to the name as the disk spells it."""

    def path(self, name: str) -> Path:
        """Where the file `name` is."""
        return self.folder / self.files[name]

    def find(self, start: str, name: str) -> str | None:
        """The file that `name` means when it is written in the folder `start`; None when there is none."""
        for spelled in (name, name.replace("\\", "/")):
            found = normalize("NFC", posixpath.normpath(posixpath.join(start, spelled)))
            if found in self.files:
                return found
        return None


def list_folder(folder: Path, skip: Collection[str] = ()) -> tuple[Listing, list[Problem]]:
    """List the files below `folder`, without the folders at its top that are named in `skip`."""
    files: dict[str, str] = {}
    problems: list[Problem] = []

    def refuse(error: OSError) -> None:
        problems.append(problem("unreadable_file", Path(error.filename), detail=error.strerror or ""))

    inside = os.path.realpath(folder)
    for place, folders, names in os.walk(folder, onerror=refuse):
        base = Path(place)
        at_top = base == folder
        linked = [name for name in folders if (base / name).is_symlink()]  # os.walk lists them but does not enter
        hidden = {name for name in folders if name.startswith((".", "__")) or (at_top and name in skip)}
        folders[:] = sorted(set(folders) - hidden - set(linked))
        within = "" if at_top else base.relative_to(folder).as_posix() + "/"
        for name in sorted([*names, *(set(linked) - hidden)]):
            path = base / name
            if name.startswith("."):
                continue
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(inside):
                problems.append(problem("outside_folder", path, detail="a link"))
            elif not _is_utf8(within + name):
                problems.append(problem("not_utf8", path, detail="the name of the file", mend="rename the file"))
            elif path.is_file():  # no pipes, no devices
                files[normalize("NFC", within + name)] = within + name
    return Listing(folder, files), problems


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
