"""What the audio of a corpus is: the hash of each file's bytes, and what decoding it once tells."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from asr.audio import AudioError, lfs_oid
from asr.corpus.all_cores import AllCores
from asr.corpus.file_cache import FileCache, FileState, Measurement, file_state
from asr.corpus.listening import Sound, listen
from asr.corpus.readers.row import Row
from asr.corpus.sorted_rows import SortedRows

# Between two writes of the cache, so that a killed run keeps most of its work.
_FILES_AT_ONCE = 256
_ROWS_AT_ONCE = 1000
_LONG = 1000  # characters of text that count as another row


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of the audio of one row: its hash, and either what was measured or why nothing could be."""

    sha256: str
    """Of the file's bytes; of the audio it stands for when the file is a Git LFS pointer; empty when unreadable."""
    measurement: Measurement | None = None
    rule: str = ""
    """The rule that the audio breaks when there is no measurement; `detail` says in what way."""
    detail: str = ""


class _File(NamedTuple):
    """An audio file with its rows, and its state before it was read: None when it is not there any more."""

    rows: list[Row]
    state: FileState | None

    @property
    def path(self) -> Path:
        return self.rows[0].audio


class _Hashed(NamedTuple):
    """The hash of a file's bytes, or of the audio that a Git LFS pointer stands for; empty when it has none."""

    sha256: str
    is_audio: bool
    """Not for a pointer: it is not kept under the hash of its audio, or it would pass for audio that was heard."""
    is_known: bool = False
    is_changing: bool = False


def hash_rows(rows: SortedRows, cache: FileCache) -> Iterator[tuple[Row, str]]:
    """Each row with the sha256 of its file: of its audio for a Git LFS pointer, empty for an unreadable file."""
    with AllCores() as workers:
        for files in _batches(rows):
            hashes = _hash_files(files, cache, workers)
            cache.keep(_lasting(files, hashes))
            for file, hashed in zip(files, hashes, strict=True):
                yield from ((row, hashed.sha256) for row in file.rows)


def inspect_rows(rows: SortedRows, cache: FileCache) -> Iterator[tuple[Row, Inspection]]:
    """Hash every file, and decode every sound that the cache does not know, on all cores.

    Rows come in their order, so that what follows can be done row by row and memory does not grow with the corpus.
    """
    with AllCores() as workers:
        for files in _batches(rows):
            hashes = _hash_files(files, cache, workers)
            sounds = cache.measurements(one.sha256 for one in hashes if one.is_audio)
            seen = [_recall(file, hashed, sounds) for file, hashed in zip(files, hashes, strict=True)]
            unheard = [number for number, inspections in enumerate(seen) if inspections is None]
            sounding = workers.map(listen, [_segments(files[number]) for number in unheard])
            heard = [
                _inspected(files[number], hashes[number], sound)
                for number, sound in zip(unheard, sounding, strict=True)
            ]
            measured = []
            for number, inspections in zip(unheard, heard, strict=True):
                seen[number] = inspections
                rows_of_file = zip(files[number].rows, inspections, strict=True)
                measured += [
                    (one.sha256, _segment(row), one.measurement) for row, one in rows_of_file if one.measurement
                ]
            cache.keep(_lasting(files, hashes), measured)
            for file, one_each in zip(files, seen, strict=True):
                yield from zip(file.rows, one_each or (), strict=True)


def _batches(rows: SortedRows) -> Iterator[list[_File]]:
    files: list[_File] = []
    held = 0
    for of_one_file in rows.by_file(_ROWS_AT_ONCE):
        files.append(_File(of_one_file, _state(of_one_file[0].audio)))
        held += sum(1 + len(row.text or "") // _LONG for row in of_one_file)
        if len(files) >= _FILES_AT_ONCE or held >= _ROWS_AT_ONCE:
            yield files
            files, held = [], 0
    if files:
        yield files


def _state(path: Path) -> FileState | None:
    try:
        return file_state(path)
    except OSError:
        return None


def _hash_files(files: Sequence[_File], cache: FileCache, workers: AllCores) -> list[_Hashed]:
    known = cache.hashes([file.state for file in files if file.state])
    unknown = workers.in_threads(_hash, [file for file in files if not (file.state and file.state.path in known)])
    return [
        _Hashed(known[file.state.path], is_audio=True, is_known=True)
        if file.state and file.state.path in known
        else next(unknown)
        for file in files
    ]


def _hash(file: _File) -> _Hashed:
    try:
        if oid := lfs_oid(file.path):
            return _Hashed(oid, is_audio=False)
        with file.path.open("rb") as audio:
            sha256 = hashlib.file_digest(audio, "sha256").hexdigest()
    except OSError:
        return _Hashed("", is_audio=False)
    if file.state != _state(file.path):
        return _Hashed("", is_audio=False, is_changing=True)
    return _Hashed(sha256, is_audio=True)


def _lasting(files: Sequence[_File], hashes: Sequence[_Hashed]) -> list[tuple[FileState, str]]:
    return [
        (file.state, hashed.sha256)
        for file, hashed in zip(files, hashes, strict=True)
        if file.state and hashed.is_audio and not hashed.is_known
    ]


def _recall(file: _File, hashed: _Hashed, sounds: Mapping[tuple[str, str], Measurement]) -> list[Inspection] | None:
    """What is known of a file when every row of it was heard before, maybe from another file."""
    if not hashed.is_audio:
        return None
    measured = [sounds.get((hashed.sha256, _segment(row))) for row in file.rows]
    return None if None in measured else [Inspection(hashed.sha256, one) for one in measured]


def _segment(row: Row) -> str:
    return "" if row.start is None else f"{row.start!r}+{row.seconds!r}"


def _segments(file: _File) -> Sound:
    if all(row.start is None for row in file.rows):
        return Sound(file.path)
    return Sound(file.path, tuple((row.start or 0.0, row.seconds) for row in file.rows))


def _inspected(file: _File, hashed: _Hashed, heard: Sequence[Measurement | AudioError]) -> list[Inspection]:
    """One inspection for each row of a file that was just decoded."""
    if hashed.is_changing or file.state != _state(file.path):
        return [Inspection("", rule="changing") for _ in file.rows]
    one_each = heard if len(heard) == len(file.rows) else [heard[0]] * len(file.rows)
    return [
        Inspection(hashed.sha256, rule=one.rule, detail=one.reason)
        if isinstance(one, AudioError)
        else Inspection(hashed.sha256, one)
        for one in one_each
    ]
