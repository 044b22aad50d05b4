"""What is uploaded of a corpus: files in the layouts of the service, each known by the hash of its content."""

import csv
import hashlib
import logging
import shutil
from collections.abc import Iterator, Set
from itertools import chain
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from asr.azure.cut_text import cut_text
from asr.azure.locales import Kind
from asr.corpus.rules import Purpose
from asr.corpus.utterance import Corpus, stream_manifest
from asr.corpus.writers.azure import LONGEST, NAMES, write_azure
from asr.corpus.writers.domain_text import PLAIN_TEXT, PRONUNCIATION, write_domain_text
from asr.corpus.writers.written import written_aside
from asr.errors import DataError

log = logging.getLogger(__name__)

LAYOUT = "azure-parts@1"
"""Of how parts are written: another version is uploaded anew."""
LARGEST_TEXT = 200_000_000
"""Bytes of a file of text."""
MOST_LINES = {"ja": 20_000, "ko": 20_000}
"""Lines of a file of plain text, in the languages where the service takes only so many."""
LARGEST_PRONUNCIATION = 1_000_000
"""Bytes of a file of pronunciations."""

_LARGEST: dict[Kind, int] = {
    "Language": LARGEST_TEXT,
    "LanguageMarkdown": LARGEST_TEXT,
    "Pronunciation": LARGEST_PRONUNCIATION,
}


class DataFile(BaseModel):
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
    parts: tuple[DataFile, ...]
    seconds: float
    """Of audio in all of them."""
    too_long: int = 0
    """Utterances that were left out because they are too long."""

    def path(self, part: DataFile) -> Path:
        """Where a part lies, unless it was put away after its upload."""
        return self.folder / part.file

    def is_whole(self, part: DataFile) -> bool:
        """Whether it lies there as it was written, to the byte."""
        try:
            with self.path(part).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == part.sha256
        except OSError:
            return False

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

    Audio that is not to be learned from leaves its transcripts, as text. Killed, it leaves no folder, not half of one.

    Raises:
        AudioError: some audio cannot be decoded any more.
        DataError: there is nothing of these kinds, or a file is larger than the service takes.
        UserError: the disk does not take what is written.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with written_aside(folder) as aside:
        written = _write(corpus, aside, locale, purpose, kinds)
    return written.model_copy(update={"folder": folder})


def _write(corpus: Corpus, folder: Path, locale: str, purpose: Purpose, kinds: Set[Kind]) -> Parts:
    seconds, too_long = 0.0, 0
    if "Acoustic" in kinds and corpus.utterances:
        too_long_ones: Literal["leave out", "refuse"] = "leave out" if purpose == "training" else "refuse"
        written = write_azure(corpus.manifest, folder, purpose=purpose, too_long=too_long_ones)
        seconds, too_long = written.seconds, written.too_long
    if purpose == "training":
        structured = set(_structured(corpus)) if "LanguageMarkdown" in kinds else set()
        write_domain_text(corpus.text, folder, for_azure=True)
        for number, path in enumerate(sorted(structured), 1):
            _copy_structured(path, folder / f"structured-{number:03d}.md")
        if structured or too_long or "Acoustic" not in kinds:
            _rewrite_text(corpus, folder / PLAIN_TEXT, structured, whole="Acoustic" not in kinds)
        cut_text(folder / PLAIN_TEXT, _LARGEST["Language"], MOST_LINES.get(locale.partition("-")[0]))
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
    if path.name == PRONUNCIATION:
        return "Pronunciation"
    by_suffix: dict[str, Kind] = {".txt": "Language", ".md": "LanguageMarkdown", ".zip": "Acoustic"}
    return by_suffix[path.suffix]


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


def _rewrite_text(corpus: Corpus, path: Path, structured: Set[Path], *, whole: bool) -> None:
    """Plain text without what is sent as structured text, and with transcripts of audio that is not sent."""
    lines = (line.text for line in corpus.text.stream() if line.file not in structured) if corpus.text else ()
    rows = (f"{text}\r\n" for text in chain(lines, _transcripts(corpus, whole=whole)))
    path.unlink(missing_ok=True)
    if (first := next(rows, None)) is not None:
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            file.writelines(chain((first,), rows))


def _part(path: Path, kind: Kind, locale: str) -> DataFile:
    size = path.stat().st_size
    most = _LARGEST.get(kind)
    if most and size > most:
        raise DataError(f"{path.name}: {size:,} bytes, and the service takes {most:,}; make it shorter")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return DataFile(kind=kind, file=path.name, sha256=sha256, size=size, locale=locale)
