"""Reads what was uploaded as the service does: wrong lines are dropped and counted, a wrong file fails the import.

Rules: the documents of Custom Speech on data for training and testing, and the quotas. Assumptions: a transcript is
`trans.txt` (all samples of Microsoft use that name), a zip with folders is refused, the words of the messages.
"""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.azure_emulator.errors import JobFailed
from tests.azure_emulator.text_import import TextRules, decoded, plain_lines, pronunciation_lines, structured_lines
from tests.azure_emulator.wav_audio import WrongAudio, seconds_of

_MOST_BYTES_PER_SECOND = 2 * 16_000 + 1_000
"""Of audio that is taken, and some for its head: what is larger is not even read."""
MOST_REPORTED = 1_000
"""Rejected lines that the report names."""


@dataclass(frozen=True)
class Limits:
    """How much a file may hold, in bytes unless said otherwise."""

    zip_bytes: int = 2 * 1024**3
    zip_files: int = 10_000
    test_seconds: float = 2 * 3600.0
    text_bytes: int = 200 * 1024**2
    pronunciation_bytes: int = 1024**2
    formatting_bytes: int = 10 * 1024**2


F0_LIMITS = Limits(pronunciation_bytes=1024)


@dataclass(frozen=True)
class AudioItem:
    """A recording of a data set."""

    name: str
    text: str
    seconds: float


@dataclass
class Imported:
    """What an import found."""

    accepted: int = 0
    rejected: int = 0
    items: list[AudioItem] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    """What a model learns from text data."""
    transcript: bytes = b""
    report: list[str] = field(default_factory=list)
    """Why lines were rejected."""

    @property
    def seconds(self) -> float:
        """Of all recordings."""
        return sum(item.seconds for item in self.items)

    def reject(self, where: str, why: str) -> None:
        """One line less."""
        self.rejected += 1
        if len(self.report) < MOST_REPORTED:
            self.report.append(f"{where}: {why}")


Keep = Callable[[str, bytes], None]
"""Told the name and the bytes of each recording that is accepted."""


def import_file(path: Path, kind: str, locale: str, limits: Limits, keep: Keep) -> Imported:
    """What a file holds as data of a kind.

    Raises:
        JobFailed: nothing of it can be used, or it breaks a rule about the whole file.
    """
    if kind in ("Acoustic", "AudioFiles"):
        found = _audio(path, locale, limits, keep, transcribed=kind == "Acoustic")
    else:
        found = _text(path, kind, locale, limits)
    if not found.accepted:
        first = f" The first one: {found.report[0]}." if found.report else ""
        raise JobFailed("DataImportFailed", f"No line could be accepted.{first}")
    return found


def _text(path: Path, kind: str, locale: str, limits: Limits) -> Imported:
    most = {"Pronunciation": limits.pronunciation_bytes, "OutputFormatting": limits.formatting_bytes}
    _check_size(path, most.get(kind, limits.text_bytes))
    text = decoded(path.read_bytes(), locale)
    readers: Mapping[str, TextRules] = {
        "Language": plain_lines,
        "Pronunciation": pronunciation_lines,
        "LanguageMarkdown": structured_lines,
        "OutputFormatting": lambda text, locale: ((number, line, None) for number, line in enumerate(text, 1) if line),
    }
    found = Imported()
    for number, line, why in readers[kind](text.splitlines(), locale):
        if why is None:
            found.accepted += 1
            found.sentences.append(line)
        else:
            found.reject(f"line {number}", why)
    return found


def _audio(path: Path, locale: str, limits: Limits, keep: Keep, transcribed: bool) -> Imported:
    _check_size(path, limits.zip_bytes)
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, limits)
            found = Imported()
            lines = _transcript(archive, members, locale, found, limits) if transcribed else _without_text(members)
            seen: set[str] = set()
            for where, name, text in lines:
                if name in seen:
                    found.reject(where, f"{name} occurs twice")
                    continue
                seen.add(name)
                _take(archive, members, where, (name, text), found, limits, keep)
            if transcribed:
                spare = sorted(set(members) - seen - {"trans.txt"})
                found.report += [f"{name}: the transcript does not name it" for name in spare[:MOST_REPORTED]]
            return found
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise JobFailed("DataImportFailed", f"The file is not a zip archive that can be read: {error}.") from None


def _take(
    archive: zipfile.ZipFile,
    members: Mapping[str, zipfile.ZipInfo],
    where: str,
    line: tuple[str, str],
    found: Imported,
    limits: Limits,
    keep: Keep,
) -> None:
    name, text = line
    if name not in members:
        return found.reject(where, f"{name} is not in the zip")
    if members[name].file_size > limits.test_seconds * _MOST_BYTES_PER_SECOND:
        return found.reject(where, f"{name} is longer than {limits.test_seconds:.0f} s, or not 16-bit mono")
    content = archive.read(members[name])
    try:
        seconds = seconds_of(content)
    except WrongAudio as error:
        return found.reject(where, f"{name}: {error}")
    if seconds > limits.test_seconds:
        return found.reject(where, f"{name} is {seconds:.0f} s long; at most {limits.test_seconds:.0f} s are taken")
    keep(name, content)
    found.accepted += 1
    found.items.append(AudioItem(name, text, seconds))
    return None


def _members(archive: zipfile.ZipFile, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    members = {member.filename: member for member in archive.infolist()}
    if len(members) > limits.zip_files:
        raise JobFailed(
            "DataImportFailed", f"The zip holds {len(members)} files; at most {limits.zip_files} are taken."
        )
    if inside := [name for name in members if "/" in name or "\\" in name]:
        raise JobFailed("DataImportFailed", f"The zip must be flat, without folders such as that of {inside[0]}.")
    # A small archive can unpack to a huge one.
    if sum(member.file_size for member in members.values()) > 2 * limits.zip_bytes:
        raise JobFailed("DataImportFailed", f"The zip unpacks to more than {2 * limits.zip_bytes} bytes.")
    return members


def _transcript(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], locale: str, found: Imported, limits: Limits
) -> Iterator[tuple[str, str, str]]:
    if "trans.txt" not in members:
        raise JobFailed("DataImportFailed", "The zip has no trans.txt at its top.")
    if members["trans.txt"].file_size > limits.text_bytes:
        raise JobFailed("DataImportFailed", f"trans.txt has more than {limits.text_bytes} bytes.")
    found.transcript = archive.read("trans.txt")
    for number, line in enumerate(decoded(found.transcript, locale).splitlines(), 1):
        name, tab, text = line.partition("\t")
        where = f"trans.txt:{number}"
        if not line.strip():
            continue
        if not tab:
            found.reject(where, "no tab between the name of the file and the text")
        elif not text.strip():
            found.reject(where, "no text")
        else:
            yield where, name.strip(), text.strip()


def _without_text(members: Mapping[str, zipfile.ZipInfo]) -> Iterator[tuple[str, str, str]]:
    for name in members:
        yield name, name, ""


def _check_size(path: Path, most: int) -> None:
    if (size := path.stat().st_size) > most:
        raise JobFailed("DataImportFailed", f"The file has {size} bytes; at most {most} are taken.")
    if not size:
        raise JobFailed("DataImportFailed", "The file is empty.")
