"""What every step speaks about: an utterance, and a corpus of them with a content fingerprint."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True)
class Utterance:
    """One audio segment with its reference transcript."""

    id: str
    """Name of the audio relative to the corpus folder, with `/`; unique within the corpus."""
    audio: Path
    """The audio file."""
    text: str
    """Reference transcript, as written."""
    duration: float
    """Seconds."""
    audio_sha256: str
    """Hash of the audio file's bytes."""
    speaker: str = ""
    language: str = ""
    source: str = ""
    """The recording or delivery that the audio was cut from."""
    slice: str = ""
    """Name of the subset that it is reported under."""
    samples_sha256: str = ""
    """Hash of the decoded 16-bit samples at 16 kHz: the same for the same sound in another file format."""


class Corpus(BaseModel):
    """A validated set of utterances: its manifest on disk and what is known of it as a whole."""

    model_config = ConfigDict(frozen=True)

    name: str
    """`training`, `testing`, `guards/general` …"""
    folder: Path
    manifest: Path
    """JSON Lines, one utterance a line, in the order of their ids."""
    fingerprint: str
    """sha256 over the sorted (id, audio hash, text, columns that matter) of its utterances."""
    utterances: int
    words: int
    seconds: float
    speakers: int

    def read(self) -> list[Utterance]:
        """The utterances, in the order of their ids."""
        return read_manifest(self.manifest)


def write_manifest(utterances: Iterable[Utterance], path: Path) -> None:
    """Write utterances as JSON Lines, aside first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    names = [field.name for field in fields(Utterance)]
    with aside.open("w", encoding="utf-8") as lines:
        for utterance in utterances:
            row = {name: getattr(utterance, name) for name in names}
            lines.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    aside.replace(path)


def read_manifest(path: Path) -> list[Utterance]:
    """Read utterances back from JSON Lines."""
    with path.open(encoding="utf-8") as lines:
        return [Utterance(**(row | {"audio": Path(row["audio"])})) for row in map(json.loads, lines)]
