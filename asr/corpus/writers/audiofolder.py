"""A corpus as a Hugging Face AudioFolder: `metadata.csv`, and the audio files as they are under the names they had.

Format: https://huggingface.co/docs/datasets/audio_dataset#audiofolder, with columns `start` and `duration` in seconds
for segments of longer files. The folder reads back as the same corpus, with the same fingerprint.
"""

import csv
import hashlib
import posixpath
from pathlib import Path

from asr.corpus.domain_text import DomainText
from asr.corpus.readers.listing import leaves_folder
from asr.corpus.utterance import Utterance, audio_name, stream_manifest, utterance_id
from asr.corpus.writers.domain_text import write_domain_text
from asr.corpus.writers.written import Written, changed, unreadable, written_aside
from asr.errors import DataError

METADATA = "metadata.csv"

_ALWAYS = ("file_name", "transcription")
_COLUMNS = (*_ALWAYS, "speaker", "language", "source", "slice", "noise", "split", "start", "duration")
_PIECE = 1 << 20  # bytes copied at a time


def write_audiofolder(manifest: Path, folder: Path, *, text: DomainText | None = None) -> Written:
    """Write the utterances of a manifest to `folder`; columns that are empty everywhere are left out.

    What was in an archive lies in a folder with the archive's name: `may.zip/x.wav`. `text` is written as
    `plain_text.txt` and `pronunciation.txt`.

    Raises:
        DataError: there are no utterances, a file has changed since it was checked, or has a name that tables cannot
            hold.
        SettingsError: something is in the folder already.
        UserError: the folder cannot be written.
    """
    columns = _filled_columns(manifest)
    utterances, seconds, audio_files, previous = 0, 0.0, 0, ""
    with written_aside(folder) as aside, (aside / METADATA).open("x", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        for one in stream_manifest(manifest):
            name = audio_name(one)
            if name != previous:
                audio_files += _copy(one, aside / name)
            fields = _fields(one)
            table.writerow([fields[column] for column in columns])
            utterances, seconds, previous = utterances + 1, seconds + one.duration, name
        lines = write_domain_text(text, aside)
    return Written(folder=folder, utterances=utterances, seconds=seconds, audio_files=audio_files, lines=lines)


def _filled_columns(manifest: Path) -> list[str]:
    filled = set(_ALWAYS)
    utterances = 0
    for one in stream_manifest(manifest):
        filled.update(column for column, value in _fields(one).items() if value)
        utterances += 1
    if not utterances:
        raise DataError(f"{manifest}: there are no utterances to write; add audio with transcripts")
    return [column for column in _COLUMNS if column in filled]


def _fields(one: Utterance) -> dict[str, str]:
    return {
        "file_name": _spelled(one),
        "transcription": one.text,
        "speaker": one.speaker,
        "language": one.language,
        "source": one.source,
        "slice": one.slice,
        "noise": "" if one.noise is None else repr(one.noise),
        "split": one.split,
        "start": "" if one.start is None else repr(one.start),
        "duration": _duration(one),
    }


def _duration(one: Utterance) -> str:
    # The length to the sample, unless a row that says so would get another id: a table may have asked for a little
    # more than there is.
    _, plus, asked = one.id.rpartition("@")[2].partition("+")
    if one.start is None or not plus:
        return ""
    same = utterance_id(audio_name(one), one.start, one.duration) == one.id
    return repr(one.duration) if same else asked


def _spelled(one: Utterance) -> str:
    """How a table writes the name of the audio so that whoever reads it finds the file."""
    name = audio_name(one)
    if name.partition("/")[0].lower() == METADATA:
        raise DataError(f"{one.shown}: an AudioFolder has its table under this name; rename the file or the folder")
    for spelled in (name, f"./{name}"):  # the second saves names that begin with a space or with `c:`
        is_same = posixpath.normpath(spelled) == name and spelled.strip() == spelled
        if is_same and not leaves_folder("", spelled):
            return spelled
    raise DataError(f"{one.shown}: no table can hold this name; rename the file")


def _copy(one: Utterance, place: Path) -> bool:
    """Copy the audio of an utterance with the bytes that were checked, unless it is there; whether it was copied."""
    try:
        source = one.audio.open("rb")
    except OSError as error:
        raise unreadable(one, error) from error
    with source:
        if place.is_file():  # segments of one file that do not follow each other
            with place.open("rb") as there:
                if hashlib.file_digest(there, "sha256").hexdigest() != one.audio_sha256:
                    raise DataError(f"{one.shown}: another file has the same name here; rename one of them")
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        # A copy and no link: whoever edits the new folder must not edit the corpus.
        with place.open("xb") as target:
            while piece := source.read(_PIECE):
                digest.update(piece)
                target.write(piece)
    if digest.hexdigest() != one.audio_sha256:
        raise changed(one)
    return True
