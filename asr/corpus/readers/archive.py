"""Archives in a corpus: a zip file is unpacked once, within bounds, and is a folder from then on.

What it says of itself is checked before anything is written, and then not believed: bytes are counted as they come.
"""

import hashlib
import ntpath
import os
import posixpath
import re
import shutil
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO
from unicodedata import normalize

from asr.audio import lfs_oid
from asr.corpus.readers.zip_file import DEFLATED, STORED, ArchiveError, Member, read_content, read_members, shorten
from asr.corpus.rules import Problem, problem

MEMBERS = 200_000
"""Files and folders: nearly 300 hours of utterances of five seconds."""
TOTAL = 64_000_000_000
"""Bytes of all members: more than 500 hours of 16 kHz WAV."""
LARGEST = 8_000_000_000
"""Bytes of one member: the two hours that an audio file may have, in five channels of 32 bits at 48 kHz."""
GROWTH, GROWTH_FROM = 100, 256_000_000
"""How many times as large as the archive its members may be, and the bytes of all members from which that is asked.

Speech grows to twice its size and text to ten times, so nothing honest comes near. Only silence and other repetition
grow further, up to the 1,032 times that the format can do; a small archive may, since that does no harm.
"""
SPARE = 2_000_000_000
"""Bytes that stay free on the disk, for the run itself."""
DEEPEST = 32
"""Folders within each other."""
LONGEST_NAME, LONGEST_PATH = 255, 512
"""Bytes of a name, which is what file systems take, and of the names of a file and of all its folders together."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The folder that an archive became, whole, or None; and what is wrong."""

    folder: Path | None
    problems: tuple[Problem, ...] = ()


def is_archive(name: str) -> bool:
    """Whether a file is an archive by its ending."""
    return name.lower().endswith(".zip")


def unpack(archive: Path, shown: Path, unpacked: Path) -> Unpacked:
    """Unpack a zip file to a folder below `unpacked` that is named after its content, unless that is there already.

    Nothing is unpacked when there is an error. Hidden files are left out, and so are archives inside of the archive.
    Problems name the archive `shown`. Several processes may unpack the same archives at once: one does, the others
    wait.
    """
    try:
        if lfs_oid(archive):
            return Unpacked(None, (problem("lfs_pointer", shown),))
        with archive.open("rb") as file:
            return _unpack(file, shown, unpacked)
    except ArchiveError as error:
        return Unpacked(None, (problem(error.rule, shown, detail=error.detail, mend=error.mend),))
    except OSError as error:
        return Unpacked(None, (problem("unreadable_file", shown, detail=error.strerror or ""),))


def _unpack(file: BufferedReader, shown: Path, unpacked: Path) -> Unpacked:
    state = _state(file)
    size, _ = state
    files, problems = _choose(read_members(file, MEMBERS), shown)
    if any(one.severity == "error" for one in problems):
        return Unpacked(None, problems)
    _refuse_too_much(files, size)
    file.seek(0)
    folder = unpacked / hashlib.file_digest(file, "sha256").hexdigest()[:16]
    if not folder.is_dir():
        try:
            _write(file, state, files, folder)
        except OSError as error:
            detail = f"it cannot be unpacked to {unpacked}: {error.strerror}"
            raise ArchiveError("unreadable_file", detail, "make room there, or mend the permissions") from None
    return Unpacked(folder, problems)


def _choose(members: Iterable[Member], shown: Path) -> tuple[dict[str, Member], tuple[Problem, ...]]:
    # The files to unpack by their safe names, and everything that is wrong with the members.
    files: dict[str, Member] = {}
    folders: set[str] = set()
    wrong: dict[tuple[str, str, str], list[str]] = {}
    for member in members:
        if len(files) + len(folders) > MEMBERS:
            raise ArchiveError("archive_bounds", f"more than {MEMBERS:,} files and folders")
        try:
            name = _safe_name(member.name)
            if _is_hidden(name):
                continue
            is_folder = member.name.endswith(("/", "\\")) or stat.S_ISDIR(member.mode)
            _refuse_kind(member, is_folder)
            folder = name if is_folder else posixpath.dirname(name)
            while folder and folder not in folders:
                folders.add(folder)
                folder = posixpath.dirname(folder)
            if is_folder:
                continue
            # Names that differ only in case are two files here. Where the disk takes them for one, writing the second
            # fails, and so does the archive.
            if name in files:
                raise ArchiveError("unsafe_archive", "two members with the same name")
            if is_archive(name):
                raise ArchiveError("nested_archive", "")
        except ArchiveError as error:
            wrong.setdefault((error.rule, error.detail, error.mend), []).append(member.name)
            continue
        files[name] = member
    if both := sorted(folders & files.keys()):
        wrong["unsafe_archive", "a file and a folder with the same name", ""] = both
    return files, tuple(
        problem(rule, shown, detail=_listed(detail, names), mend=mend) for (rule, detail, mend), names in wrong.items()
    )


def _safe_name(written: str) -> str:
    if len(written) > LONGEST_PATH:  # before anything else: bringing letters into one form takes quadratic time
        raise _too_long()
    name = normalize("NFC", written.replace("\\", "/"))  # some programs for Windows write their own separator
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if name.startswith("/") or ntpath.splitdrive(name)[0] or ".." in parts:
        raise ArchiveError("unsafe_archive", "a name that leads out of it")
    if _CONTROL.search(name):
        raise ArchiveError("unsafe_archive", "a name with characters that cannot be seen")
    if not name:
        raise ArchiveError("unsafe_archive", "a member without a name")
    safe = "/".join(parts)
    if len(safe.encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST_NAME for part in parts):
        raise _too_long()
    if len(parts) > DEEPEST + 1:
        raise ArchiveError("archive_bounds", f"more than {DEEPEST} folders within each other", "zip it with fewer")
    return safe


def _too_long() -> ArchiveError:
    detail = f"a name of more than {LONGEST_NAME} bytes, or {LONGEST_PATH} with its folders"
    return ArchiveError("archive_bounds", detail, "shorten the name")


def _is_hidden(name: str) -> bool:
    # As in folders: `.DS_Store`, what is in `__MACOSX`, and the archive itself as the entry `./`.
    *folders, last = name.split("/")
    return not name or last.startswith(".") or any(folder.startswith((".", "__")) for folder in folders)


def _refuse_kind(member: Member, is_folder: bool) -> None:
    kind = stat.S_IFMT(member.mode)
    if kind == stat.S_IFLNK:
        raise ArchiveError("unsafe_archive", "a link", "zip it again with the file itself")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ArchiveError("unsafe_archive", "a device or a pipe")
    if is_folder:
        return
    if member.encrypted:
        raise ArchiveError("unsafe_archive", "an encrypted member", "zip it again without a password")
    if member.method not in {STORED, DEFLATED}:  # Windows takes deflate64, method 9, for files beyond 2 GB
        detail = f"a member that is packed by method {member.method}"
        raise ArchiveError("bad_archive", detail, "zip it again with the usual method, deflate")


def _refuse_too_much(files: Mapping[str, Member], size: int) -> None:
    total = sum(member.size for member in files.values())
    for name, member in files.items():
        if member.size > LARGEST:
            detail = f"{shorten(name)} has {_gigabytes(member.size)} unpacked, at most {_gigabytes(LARGEST)} are"
            raise ArchiveError("archive_bounds", detail)
    if total > TOTAL:
        raise ArchiveError("archive_bounds", f"{_gigabytes(total)} unpacked, at most {_gigabytes(TOTAL)} are")
    if total > max(GROWTH_FROM, GROWTH * size):
        detail = f"it grows {total / size:,.0f} times to {_gigabytes(total)}, at most {GROWTH} times is unpacked"
        raise ArchiveError("archive_bounds", detail)


def _write(file: BinaryIO, state: tuple[int, int], files: Mapping[str, Member], folder: Path) -> None:
    from filelock import FileLock

    unpacked = folder.parent
    unpacked.mkdir(parents=True, exist_ok=True)
    with FileLock(unpacked / ".lock"):
        for part in unpacked.glob(".*.part"):  # of a process that was killed: whoever lives waits for the lock
            shutil.rmtree(part, ignore_errors=True)
        if folder.is_dir():
            return
        _refuse_full_disk(sum(member.size for member in files.values()), unpacked)
        aside = unpacked / f".{folder.name}.part"
        try:
            aside.mkdir()
            for name, member in files.items():
                place = aside / name
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as out:  # a new file, never one that something else leads to; not executable
                    out.writelines(read_content(file, member))
            if _state(file) != state:
                raise ArchiveError("changing", "")
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _refuse_full_disk(total: int, unpacked: Path) -> None:
    free = shutil.disk_usage(unpacked).free
    if total + SPARE > free:
        detail = f"{_gigabytes(total)} unpacked and {_gigabytes(SPARE)} to spare, but {_gigabytes(free)} are free"
        raise ArchiveError("archive_bounds", detail, f"make room on the disk of {unpacked}")


def _state(file: BinaryIO) -> tuple[int, int]:
    state = os.fstat(file.fileno())
    return state.st_size, state.st_mtime_ns


def _listed(detail: str, names: Collection[str]) -> str:
    first, *others = names
    listed = f"{detail}: {shorten(first)}" if detail else shorten(first)
    return f"{listed} and {len(others):,} more" if others else listed


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
