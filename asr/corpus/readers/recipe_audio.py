"""Audio as a recipe names it: relative to the file that names it, or to a folder above, where the recipe was run."""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from asr.corpus.readers.listing import Listing, leaves_folder
from asr.corpus.rules import Problem, problem


def find_audio(listing: Listing, manifest: str, line: int | None, name: str) -> tuple[str, Path] | Problem:
    """The name and the place of the file that a line of `manifest` names; the nearest folder that has it counts.

    Absolute paths are those of another machine, and so are problems.
    """
    file, start = listing.shown(manifest), posixpath.dirname(manifest)
    if not name:
        return problem("missing_audio", file, line, "no name is given")
    for folder in _upwards(start):
        if found := listing.find(folder, name):
            return found
    return problem("outside_folder" if leaves_folder(start, name) else "missing_audio", file, line, name)


def _upwards(folder: str) -> Iterator[str]:
    yield folder
    while folder:
        folder = posixpath.dirname(folder)
        yield folder
