"""The fingerprint of a corpus: equal content, equal fingerprint, wherever it lies and whether LFS has fetched it."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from asr.corpus.file_cache import FileCache
from asr.corpus.guards import GUARDS
from asr.corpus.inspection import hash_files
from asr.corpus.readers.folder import read_folder
from asr.corpus.readers.row import DEFAULT_COLUMNS, Columns, Row
from asr.corpus.rules import Purpose
from asr.corpus.utterance import Utterance


def fingerprint(utterances: Iterable[Utterance]) -> str:
    """sha256 over the sorted (id, audio hash, text, speaker, language, source, slice) of utterances, in hexadecimal."""
    lines = (
        json.dumps([one.id, one.audio_sha256, one.text, one.speaker, one.language, one.source, one.slice])
        for one in utterances
    )
    digest = hashlib.sha256()
    for line in sorted(lines):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def fingerprint_folder(folder: Path, *, work: Path, purpose: Purpose, columns: Columns = DEFAULT_COLUMNS) -> str:
    """The fingerprint that the folder has once it is valid, from hashes alone: Git LFS pointers are enough."""
    rows, _ = read_folder(folder, columns=columns, skip=other_corpora(purpose))
    with FileCache(work) as cache:
        hashes = hash_files(dict.fromkeys(row.audio for row in rows), cache)
    return fingerprint(make_utterance(row, row.audio, hashes[row.audio], 0.0) for row in first_rows(rows))


def other_corpora(purpose: Purpose) -> tuple[str, ...]:
    """The folders at the top of a corpus folder that are corpora of their own."""
    return (GUARDS,) if purpose == "testing" else ()


def first_rows(rows: Iterable[Row]) -> list[Row]:
    """One row for each audio file: the first."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.id, row)
    return list(first.values())


def make_utterance(row: Row, audio: Path, audio_sha256: str, seconds: float, samples_sha256: str = "") -> Utterance:
    """The utterance that a row describes, with its audio at `audio`."""
    return Utterance(
        id=row.id,
        audio=audio,
        text=row.text or "",
        duration=seconds,
        audio_sha256=audio_sha256,
        speaker=row.speaker,
        language=row.language,
        source=row.source,
        slice=row.slice,
        samples_sha256=samples_sha256,
    )
