"""What is uploaded of a corpus: files in the layouts of the service, each known by the hash of its content."""

import csv
import hashlib
import logging
import shutil
from collections.abc import Iterator, Sequence, Set
from itertools import chain
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from asr.azure.locales import Kind
from asr.corpus.rules import Purpose
from asr.corpus.utterance import Corpus, stream_manifest
from asr.corpus.writers.azure import LONGEST, NAMES, write_azure
from asr.corpus.writers.domain_text import PLAIN_TEXT, PRONUNCIATION, write_domain_text
from asr.errors import DataError

log = logging.getLogger(__name__)

LAYOUT = "azure-parts@1"
"""Of how parts are written: another version is uploaded anew."""
LARGEST_TEXT = 200_000_000
"""Bytes of a file of text."""
LARGEST_PRONUNCIATION = 1_000_000
"""Bytes of a file of pronunciations."""

_LARGEST: dict[Kind, int] = {
    "Language": LARGEST_TEXT,
    "LanguageMarkdown": LARGEST_TEXT,
    "Pronunciation": LARGEST_PRONUNCIATION,
}


class Part(BaseModel):
    """One file, which becomes one dataset."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    file: str
    """Its name in the folder of the parts."""
    sha256: str
    size: int
    locale: str

    @property
    def fingerprint(self) -> str:
        """What the service is asked for: the content, the kind and the locale."""
        return hashlib.sha256("\0".join((LAYOUT, self.kind, self.locale, self.sha256)).encode()).hexdigest()


class Parts(BaseModel):
    """The files of a corpus."""

    model_config = ConfigDict(frozen=True)

    folder: Path
    parts: tuple[Part, ...]
    seconds: float
    """Of audio in all of them."""
    too_long: int = 0
    """Utterances that were left out because they are too long."""

    def path(self, part: Part) -> Path:
        """Where a part lies, unless it was put away after its upload."""
        return self.folder / part.file

    def names(self) -> dict[str, str]:
        """The utterance that each audio file holds: id by file name."""
        path = self.folder / NAMES
        if not path.is_file():
            return {}
        with path.open(encoding="utf-8", newline="") as file:
            return {row["name"]: row["id"] for row in csv.DictReader(file)}


def kinds_of(corpus: Corpus) -> frozenset[Kind]:
    """The kinds of data that a training corpus holds."""
    return frozenset(_kinds(corpus))


def has_too_long(corpus: Corpus) -> bool:
    """Whether some utterances of a training corpus are so long that only their text can be used."""
    return any(one.duration > LONGEST["training"] for one in stream_manifest(corpus.manifest))


def write_parts(corpus: Corpus, folder: Path, locale: str, purpose: Purpose, kinds: Set[Kind]) -> Parts:
    """Write what a corpus holds of these kinds to `folder`, which is made anew; the same corpus makes the same bytes.

    Audio that is not to be learned from leaves its transcripts, as text.

    Raises:
        AudioError: some audio cannot be decoded any more.
        DataError: there is nothing of these kinds, or a file is larger than the service takes.
    """
    shutil.rmtree(folder, ignore_errors=True)
    seconds, too_long = 0.0, 0
    if "Acoustic" in kinds and corpus.utterances:
        too_long_ones: Literal["leave out", "refuse"] = "leave out" if purpose == "training" else "refuse"
        written = write_azure(corpus.manifest, folder, purpose=purpose, too_long=too_long_ones)
        seconds, too_long = written.seconds, written.too_long
    folder.mkdir(parents=True, exist_ok=True)
    if purpose == "training":
        structured = set(_structured(corpus)) if "LanguageMarkdown" in kinds else set()
        write_domain_text(corpus.text, folder, for_azure=True)
        for number, path in enumerate(sorted(structured), 1):
            _copy_structured(path, folder / f"structured-{number:03d}.md")
        texts = [*_transcripts(corpus, whole="Acoustic" not in kinds)]
        _rewrite_text(corpus, folder / PLAIN_TEXT, structured, texts)
    files = [(path, _kind(path)) for path in sorted(folder.iterdir()) if path.name != NAMES]
    parts = tuple(_part(path, kind, locale) for path, kind in files if kind in kinds)
    for path, kind in files:
        if kind not in kinds:
            path.unlink()
    if not parts:
        raise DataError(f"{corpus.folder}: nothing in it is of a kind that the base learns from; add audio or text")
    if too_long:
        used = "only their text is used" if "Language" in kinds else "they are left out"
        log.warning("%s: %d utterances are longer than %g s; %s", corpus.name, too_long, LONGEST[purpose], used)
    return Parts(folder=folder, parts=parts, seconds=seconds, too_long=too_long)


def _kinds(corpus: Corpus) -> Iterator[Kind]:
    if corpus.utterances:
        yield "Acoustic"
    if corpus.text and corpus.text.lines:
        yield "Language"
    if corpus.text and corpus.text.pronunciations:
        yield "Pronunciation"


def _kind(path: Path) -> Kind:
    by_name: dict[str, Kind] = {PLAIN_TEXT: "Language", PRONUNCIATION: "Pronunciation"}
    return by_name.get(path.name, "LanguageMarkdown" if path.suffix == ".md" else "Acoustic")


def _transcripts(corpus: Corpus, *, whole: bool) -> Iterator[str]:
    """The transcripts of audio that is not uploaded: all of it, or what is too long."""
    for one in stream_manifest(corpus.manifest):
        if whole or one.duration > LONGEST["training"]:
            yield " ".join(one.text.split())


def _structured(corpus: Corpus) -> Iterator[Path]:
    """The files of structured text that lie in the folder as they are; those in archives are sent as plain text."""
    if corpus.text is None:
        return
    for file in dict.fromkeys(line.file for line in corpus.text.stream() if line.file.suffix == ".md"):
        if file.is_file():
            yield file


def _copy_structured(path: Path, target: Path) -> None:
    target.write_text(path.read_text(encoding="utf-8-sig"), encoding="utf-8-sig", newline="\r\n")


def _rewrite_text(corpus: Corpus, path: Path, structured: Set[Path], texts: Sequence[str]) -> None:
    """Plain text without what is sent as structured text, and with transcripts of audio that is not sent."""
    if not texts and not structured:
        return
    lines = (line.text for line in corpus.text.stream() if line.file not in structured) if corpus.text else ()
    path.unlink(missing_ok=True)
    rows = [f"{text}\r\n" for text in chain(lines, texts)]
    if rows:
        path.write_text("".join(rows), encoding="utf-8-sig", newline="")


def _part(path: Path, kind: Kind, locale: str) -> Part:
    size = path.stat().st_size
    most = _LARGEST.get(kind)
    if most and size > most:
        raise DataError(f"{path.name}: {size:,} bytes, and the service takes {most:,}; make it shorter")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Part(kind=kind, file=path.name, sha256=sha256, size=size, locale=locale)
