"""What the audio of a corpus is: the hash of each file's bytes, and what decoding it once tells."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from asr.audio import SAMPLE_RATE, AudioError, Samples, as_int16, decode_segments, decode_with_rate, info, lfs_oid
from asr.corpus.file_cache import FileCache, FileState, Measurement, file_state
from asr.corpus.readers.row import Row
from asr.corpus.sorted_rows import SortedRows

_Work = TypeVar("_Work")
_Result = TypeVar("_Result")

_FULL_SCALE = 32766.5 / 32768  # 16-bit audio at its highest or lowest value
# Between two writes of the cache, so that a killed run keeps most of its work.
_FILES_AT_ONCE = 256
_ROWS_AT_ONCE = 1000
_AT_ONCE = 20  # files a thread takes: with one by one, handing them over costs as much as reading short ones
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
    with ThreadPoolExecutor(_cores()) as pool:
        for files in _batches(rows):
            hashes = _hash_files(files, cache, pool)
            cache.keep(_lasting(files, hashes))
            for file, hashed in zip(files, hashes, strict=True):
                yield from ((row, hashed.sha256) for row in file.rows)


def inspect_rows(rows: SortedRows, cache: FileCache) -> Iterator[tuple[Row, Inspection]]:
    """Hash every file, and decode every sound that the cache does not know, on all cores.

    Rows come in their order, so that what follows can be done row by row and memory does not grow with the corpus.
    """
    # soundfile, soxr and hashlib leave Python's lock while they work, so threads use every core.
    with ThreadPoolExecutor(_cores()) as pool:
        for files in _batches(rows):
            hashes = _hash_files(files, cache, pool)
            sounds = cache.measurements(one.sha256 for one in hashes if one.is_audio)
            seen = [_recall(file, hashed, sounds) for file, hashed in zip(files, hashes, strict=True)]
            unheard = [number for number, inspections in enumerate(seen) if inspections is None]
            heard = _in_threads(
                pool, lambda one: _listen(*one), [(files[number], hashes[number]) for number in unheard]
            )
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


def _hash_files(files: Sequence[_File], cache: FileCache, pool: ThreadPoolExecutor) -> list[_Hashed]:
    known = cache.hashes([file.state for file in files if file.state])
    unknown = _in_threads(pool, _hash, [file for file in files if not (file.state and file.state.path in known)])
    return [
        _Hashed(known[file.state.path], is_audio=True, is_known=True)
        if file.state and file.state.path in known
        else next(unknown)
        for file in files
    ]


def _in_threads(
    pool: ThreadPoolExecutor, function: Callable[[_Work], _Result], work: Sequence[_Work]
) -> Iterator[_Result]:
    """What a function makes of each, in their order."""

    def some(start: int) -> list[_Result]:
        return [function(one) for one in work[start : start + _AT_ONCE]]

    for results in pool.map(some, range(0, len(work), _AT_ONCE)):
        yield from results


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


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _listen(file: _File, hashed: _Hashed) -> list[Inspection]:
    """Decode one file; one inspection for each of its rows."""
    inspections = [
        Inspection(hashed.sha256, rule=one.rule, detail=one.reason)
        if isinstance(one, AudioError)
        else Inspection(hashed.sha256, one)
        for one in _measure_rows(file)
    ]
    if hashed.is_changing or file.state != _state(file.path):
        return [Inspection("", rule="changing") for _ in file.rows]
    return inspections


def _measure_rows(file: _File) -> list[Measurement | AudioError]:
    measured: list[Measurement | AudioError] = []
    try:
        if all(row.start is None for row in file.rows):
            samples, rate = decode_with_rate(file.path)
            return [_measure(samples, rate)] * len(file.rows)
        rate = info(file.path).rate
        for one in decode_segments(file.path, [(row.start or 0.0, row.seconds) for row in file.rows]):
            measured.append(one if isinstance(one, AudioError) else _measure(one, rate))
    except AudioError as error:
        measured += [error] * (len(file.rows) - len(measured))
    return measured


def _measure(samples: Samples, rate: int) -> Measurement:
    import numpy as np

    pcm = as_int16(samples)
    offset = float(samples.mean()) if len(samples) else 0.0
    low, high = (float(samples.min()), float(samples.max())) if len(samples) else (0.0, 0.0)
    at_full_scale = max(high, -low) >= _FULL_SCALE
    return Measurement(
        seconds=len(samples) / SAMPLE_RATE,
        samples_sha256=hashlib.sha256(pcm.astype("<i2", copy=False).data).hexdigest(),
        peak=max(high - offset, offset - low),
        offset=offset,
        clipped=float(np.mean(np.abs(samples) >= _FULL_SCALE)) if at_full_scale else 0.0,
        rate=rate,
    )
