"""The fingerprint of a corpus: equal content, equal fingerprint, wherever it lies and whether LFS has fetched it."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from asr.corpus.columns import DEFAULT_COLUMNS, Columns
from asr.corpus.domain_text import DomainText
from asr.corpus.file_cache import FileCache
from asr.corpus.guards import GUARDS
from asr.corpus.hub.reference import HubDataset
from asr.corpus.inspection import hash_rows
from asr.corpus.limits import DEFAULT_LIMITS, Limits
from asr.corpus.noise_level import decibels
from asr.corpus.readers.folder import read_folder
from asr.corpus.readers.hub import find_streams
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problems, Purpose
from asr.corpus.split import belongs
from asr.corpus.text_files import gather_text
from asr.corpus.utterance import Utterance

_Known = TypeVar("_Known")


class Fingerprint:
    """sha256 over id, audio hash, text, speaker, language, source, slice, split and noise, in a manifest's order."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, one: Utterance) -> None:
        """Take the next utterance."""
        content: list[object] = [one.id, one.audio_sha256, one.text, one.speaker, one.language, one.source, one.slice]
        content += [one.split] if one.split else []  # most corpora name none
        content += [{"noise": one.noise}] if one.noise is not None else []
        self._digest.update(json.dumps(content).encode() + b"\n")

    def add_stream(self, reference: HubDataset) -> None:
        """Take a data set that is trained on while it is read; its commit stands for what it holds."""
        self._digest.update(f"stream {reference.fingerprint}\n".encode())

    def add_text(self, text: DomainText | None) -> None:
        """Take the text that is learned from without recordings, if there is any."""
        if text and (text.lines or text.pronunciations):
            self._digest.update(f"text {text.fingerprint}\n".encode())

    def hexdigest(self) -> str:
        """64 hexadecimal digits."""
        return self._digest.hexdigest()


def fingerprint(utterances: Iterable[Utterance]) -> str:
    """The fingerprint of utterances in the order of their manifest."""
    digest = Fingerprint()
    for one in utterances:
        digest.add(one)
    return digest.hexdigest()


def fingerprint_folder(
    folder: Path,
    *,
    work: Path,
    purpose: Purpose,
    columns: Columns = DEFAULT_COLUMNS,
    limits: Limits = DEFAULT_LIMITS,
) -> str:
    """The fingerprint that the folder has once it is valid, from hashes alone: Git LFS pointers are enough."""
    digest = Fingerprint()
    with (
        read_folder(folder, unpacked=work / "unpacked", columns=columns, skip=other_corpora(purpose)) as reading,
        FileCache(work) as cache,
    ):
        for row, sha256 in first_of_each(hash_rows(reading.rows, cache)):
            if not belongs(row.split, purpose):
                continue
            digest.add(make_utterance(row, row.audio, sha256, 0.0))
        text = gather_text(reading.listing, limits, work, Problems()).text if purpose == "training" else None
    for stream in find_streams(folder):
        digest.add_stream(stream)
    digest.add_text(text)
    return digest.hexdigest()


def other_corpora(purpose: Purpose) -> tuple[str, ...]:
    """The folders at the top of a corpus folder that are corpora of their own."""
    return (GUARDS,) if purpose == "testing" else ()


def first_of_each(rows: Iterable[tuple[Row, _Known]]) -> Iterator[tuple[Row, _Known]]:
    """One row for each utterance: the first of those in a row that have the same id."""
    previous = None
    for row, known in rows:
        if row.id != previous:
            yield row, known
        previous = row.id


def make_utterance(
    row: Row, audio: Path, audio_sha256: str, seconds: float, samples_sha256: str = "", *, synthetic: bool = False
) -> Utterance:
    """The utterance that a row describes, with its audio at `audio`."""
    return Utterance(
        id=row.id,
        audio=audio,
        text=row.text or "",
        duration=seconds,
        audio_sha256=audio_sha256,
        # Spaces around them would be lost in a table, and with them the fingerprint.
        speaker=row.speaker.strip(),
        language=row.language.strip(),
        source=row.source.strip(),
        slice=row.slice.strip(),
        split=row.split.strip(),
        noise=decibels(row.noise),
        samples_sha256=samples_sha256,
        synthetic=synthetic,
        start=row.start,
        shown=row.shown,
    )
