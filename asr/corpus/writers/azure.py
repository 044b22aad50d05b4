"""A corpus for Azure Custom Speech: zip files of WAV files side by side and their `trans.txt`, ready to be uploaded.

Format: https://learn.microsoft.com/azure/ai-services/speech-service/how-to-custom-speech-test-and-train (audio and
human-labeled transcripts). What the page leaves open is as in Microsoft's sample data: the name `trans.txt`, its byte
order mark, its line ends. The same corpus makes the same bytes, so that what was uploaded before is known by its hash.
"""

import csv
import hashlib
from contextlib import closing
from pathlib import Path
from struct import Struct
from typing import Literal
from unicodedata import category
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from asr.audio import SAMPLE_RATE, Samples, as_int16
from asr.corpus.domain_text import DomainText
from asr.corpus.readers.row import clean
from asr.corpus.rules import Purpose
from asr.corpus.utterance import Utterance, stream_manifest
from asr.corpus.writers.domain_text import write_domain_text
from asr.corpus.writers.flat_names import FlatNames
from asr.corpus.writers.written import Written, changed, unreadable, written_aside
from asr.errors import DataError

LARGEST_ZIP = 2_000_000_000
"""Bytes of one data set."""
MOST_FILES = 10_000
"""Files of one data set."""
LONGEST: dict[Purpose, float] = {"training": 40.0, "testing": 2 * 3600.0}
"""Seconds of one file; of a longer one in training, Azure uses the transcript only."""

TRANSCRIPTS = "trans.txt"
NAMES = "names.csv"

_BEGIN, _LINE_END = b"\xef\xbb\xbf", "\r\n"
_HEADER = Struct("<4sL4s4sLHHLLHH4sL")
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file can hold
_ZIP_END, _ZIP_MEMBER = 22, 30 + 46  # bytes of a zip file beside its members, and of a member beside content and names


def write_azure(
    manifest: Path,
    folder: Path,
    *,
    purpose: Purpose,
    too_long: Literal["refuse", "leave out"] = "refuse",
    text: DomainText | None = None,
) -> Written:
    """Write the utterances of a manifest to `folder`: as many zip files as the limits of Azure need.

    `names.csv` beside them tells which utterance each audio file is. `too_long` says what becomes of utterances that
    are longer than Azure takes for the purpose. `text` is written as `plain_text.txt` and `pronunciation.txt`.

    Raises:
        AudioError: some audio cannot be decoded any more.
        DataError: there are no utterances, some are too long, or have no text that Azure takes, or a file has changed
            since it was checked.
        SettingsError: something is in the folder already.
        UserError: the folder cannot be written.
    """
    long = _count_long(manifest, LONGEST[purpose], refuse=too_long == "refuse")
    utterances, seconds, mended = 0, 0.0, 0
    checked = None
    with (
        written_aside(folder) as aside,
        (aside / NAMES).open("x", encoding="utf-8", newline="") as file,
        closing(FlatNames(".wav")) as names,
        closing(_Zips(aside)) as zips,
    ):
        table = csv.writer(file)
        table.writerow(["zip", "name", "id"])
        for one in stream_manifest(manifest):
            if one.duration > LONGEST[purpose]:
                continue
            if one.audio != checked:
                _refuse_changed(one)
                checked = one.audio
            name, said = names.name(one), _seen(one)
            table.writerow([zips.add(name, one.samples(), said), name, one.id])
            utterances, seconds = utterances + 1, seconds + one.duration
            mended += said != one.text
        lines = write_domain_text(text, aside, for_azure=True)
    return Written(
        folder=folder,
        utterances=utterances,
        seconds=seconds,
        audio_files=utterances,
        zips=tuple(zips.names),
        too_long=long,
        mended=mended,
        lines=lines,
    )


class _Zips:
    """Zip files that are filled one after another, each up to the limits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names: list[str] = []
        self._zip: ZipFile | None = None
        self._lines: list[bytes] = []  # at most a short text for each of ten thousand files
        self._size = 0

    def add(self, name: str, samples: Samples, text: str) -> str:
        """Add one utterance; returns the name of the zip file that it is in."""
        pcm = as_int16(samples).astype("<i2", copy=False)
        line = f"{name}\t{text}{_LINE_END}".encode()
        size = _member_size(name, _HEADER.size + pcm.nbytes) + len(line)
        if self._size + size > LARGEST_ZIP or len(self._lines) + 2 > MOST_FILES:
            self.close()
        if self._zip is None:
            self.names.append(f"audio-and-trans-{len(self.names) + 1:03d}.zip")
            self._zip = ZipFile(self._folder / self.names[-1], "x")
            self._size = _ZIP_END + _member_size(TRANSCRIPTS, len(_BEGIN))
        with self._zip.open(_member(name), "w") as file:
            file.write(_wav_header(pcm.nbytes))
            file.write(pcm.data)
        self._lines.append(line)
        self._size += size
        return self.names[-1]

    def close(self) -> None:
        """Complete the zip file that is being filled, if there is one."""
        if self._zip is not None:
            with self._zip:
                self._zip.writestr(_member(TRANSCRIPTS), _BEGIN + b"".join(self._lines))
            self._zip, self._lines = None, []


def _member(name: str) -> ZipInfo:
    member = ZipInfo(name, _OLDEST)
    member.create_system, member.external_attr = 3, 0o644 << 16
    member.compress_type = ZIP_STORED  # deflate saves little on speech, and its bytes differ from one zlib to another
    return member


def _member_size(name: str, content: int) -> int:
    return _ZIP_MEMBER + 2 * len(name.encode()) + content


def _wav_header(size: int) -> bytes:
    # RIFF, PCM: http://soundfile.sapp.org/doc/WaveFormat/
    begin = (b"RIFF", _HEADER.size - 8 + size, b"WAVE", b"fmt ", 16, 1, 1)
    return _HEADER.pack(*begin, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16, b"data", size)


def _seen(one: Utterance) -> str:
    """The text without what cannot be seen, which would break the line or make Azure drop it."""
    text = one.text.replace("\ufeff", "")
    text = clean("".join(" " if category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in text)) or ""
    if not text:
        raise DataError(f"{one.shown}: its transcript is empty; write what is said, or remove the audio")
    return text


def _count_long(manifest: Path, longest: float, *, refuse: bool) -> int:
    first, long, others = None, 0, 0
    for one in stream_manifest(manifest):
        if one.duration > longest:
            first, long = first or one, long + 1
        else:
            others += 1
    if first and (refuse or not others):
        more = f" and {long - 1:,} more are" if long > 1 else " is"
        mend = "cut what is longer into utterances"
        raise DataError(f"{first.shown}{more} longer than the {longest:g} s that Azure takes; {mend}")
    if not first and not others:
        raise DataError(f"{manifest}: there are no utterances to write; add audio with transcripts")
    return long


def _refuse_changed(one: Utterance) -> None:
    try:
        with one.audio.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(one, error) from error
    if sha256 != one.audio_sha256:
        raise changed(one)
