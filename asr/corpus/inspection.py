"""What one audio file is: the hash of its bytes, and what decoding it once tells."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from asr.audio import SAMPLE_RATE, AudioError, as_int16, decode, lfs_oid
from asr.corpus.file_cache import FileCache, Measurement

_Work = TypeVar("_Work")
_Result = TypeVar("_Result")

_FULL_SCALE = 32766.5 / 32768  # 16-bit audio at its highest or lowest value
_AT_ONCE = 256  # files between two writes of the cache, so that a killed run keeps most of its work


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of one audio file: its hash, and either what was measured or why nothing could be."""

    sha256: str
    """Of the file's bytes; of the audio it stands for when the file is a Git LFS pointer; empty when unreadable."""
    measurement: Measurement | None = None
    rule: str = ""
    """The rule that the file breaks when there is no measurement; `detail` says in what way."""
    detail: str = ""


def hash_files(paths: Iterable[Path], cache: FileCache) -> dict[Path, str]:
    """The sha256 of each file's bytes; a Git LFS pointer has the hash of its audio, an unreadable file an empty one."""
    hashes: dict[Path, str] = {}
    unknown: list[Path] = []
    for path in paths:
        if (known := cache.hash_of(path)) is None:
            unknown.append(path)
        else:
            hashes[path] = known
    for path, sha256 in _in_threads(_hash_file, unknown, cache):
        hashes[path] = sha256
        if sha256:
            cache.keep_hash(path, sha256)
    return hashes


def inspect_files(paths: Iterable[Path], cache: FileCache) -> dict[Path, Inspection]:
    """Hash every file, and decode every sound that the cache does not know, once, on all cores."""
    inspections: dict[Path, Inspection] = {}
    undecoded: dict[str, list[Path]] = {}
    for path, sha256 in hash_files(paths, cache).items():
        if not sha256 or _is_pointer(path):  # a pointer has the hash of its audio, but nobody can listen to it
            inspections[path] = _inspect(path, sha256)
        elif known := cache.measurement_of(sha256):
            inspections[path] = Inspection(sha256, known)
        else:
            undecoded.setdefault(sha256, []).append(path)

    def inspect(copies: tuple[str, list[Path]]) -> Inspection:
        sha256, same_bytes = copies
        return _inspect(same_bytes[0], sha256)

    for (sha256, same_bytes), inspection in _in_threads(inspect, list(undecoded.items()), cache):
        inspections |= dict.fromkeys(same_bytes, inspection)
        if inspection.measurement:
            cache.keep_measurement(sha256, inspection.measurement)
    return inspections


def _in_threads(
    function: Callable[[_Work], _Result], work: list[_Work], cache: FileCache
) -> Iterator[tuple[_Work, _Result]]:
    # soundfile, soxr and hashlib leave Python's lock while they work, so threads use every core.
    if not work:
        return
    with ThreadPoolExecutor(_cores()) as pool:
        for start in range(0, len(work), _AT_ONCE):
            some = work[start : start + _AT_ONCE]
            yield from zip(some, pool.map(function, some), strict=True)
            cache.save()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _hash_file(path: Path) -> str:
    try:
        if oid := lfs_oid(path):
            return oid
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _is_pointer(path: Path) -> bool:
    try:
        return lfs_oid(path) is not None
    except OSError:
        return False


def _inspect(path: Path, sha256: str) -> Inspection:
    import numpy as np

    try:
        samples = decode(path)
    except AudioError as error:
        return Inspection(sha256, rule=error.rule, detail=error.reason)
    loudness = np.abs(samples)
    measurement = Measurement(
        seconds=len(samples) / SAMPLE_RATE,
        samples_sha256=hashlib.sha256(as_int16(samples).astype("<i2").tobytes()).hexdigest(),
        peak=float(np.abs(samples - samples.mean()).max(initial=0.0)),
        clipped=float(np.mean(loudness >= _FULL_SCALE)) if len(samples) else 0.0,
    )
    return Inspection(sha256, measurement)
