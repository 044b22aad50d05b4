"""What every step speaks about: an utterance, and a corpus of them with a content fingerprint."""

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from asr.corpus.domain_text import DomainText
from asr.corpus.hub.reference import HubDataset

if TYPE_CHECKING:
    from asr.audio import Samples


@dataclass(frozen=True, slots=True)
class Utterance:
    """One audio segment with its reference transcript."""

    id: str
    """Name of the audio relative to the corpus folder, with `/`, for a segment with its place; unique in the corpus."""
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
    start: float | None = None
    """Seconds into the file where a segment begins; None when the utterance is the whole file."""
    split: str = ""
    """The split that somebody put it in, such as `train` or `dev`; empty when that is left to Wergate."""
    noise: float | None = None
    """Signal-to-noise ratio in decibels; None when it is not known."""
    synthetic: bool = False
    """Whether it was synthesized for training; nothing is judged by it. Its mark is part of the audio file."""
    shown: Path = Path()
    """The audio file as people know it, for messages: the member of an archive, in the folder that they named."""

    def samples(self) -> "Samples":
        """What is heard: 16 kHz mono in [-1, 1], shape (time,).

        Raises:
            AudioError: the audio cannot be decoded.
        """
        from asr.audio import decode

        if self.start is None:
            return decode(self.audio)
        return decode(self.audio, self.start, self.duration)


def utterance_id(name: str, start: float | None, seconds: float | None) -> str:
    """The id of an audio file `name`, or of a segment of it: `call.wav@12.5+3.2`, to the millisecond."""
    if start is None:
        return name
    return f"{name}@{start:.3f}" + ("" if seconds is None else f"+{seconds:.3f}")


def audio_name(one: Utterance) -> str:
    """The name of the audio file that an utterance is in: its id without the place of a segment."""
    return one.id if one.start is None else one.id.rpartition("@")[0]


class Corpus(BaseModel):
    """A validated set of utterances: its manifest on disk and what is known of it as a whole."""

    model_config = ConfigDict(frozen=True)

    name: str
    """`training`, `testing`, `guards/general` …"""
    folder: Path
    manifest: Path
    """JSON Lines, one utterance a line, in the order of their names."""
    fingerprint: str
    """sha256 over the sorted (id, audio hash, text, columns that matter) of its utterances, and over its text."""
    utterances: int
    words: int
    seconds: float
    speakers: int
    streams: tuple[HubDataset, ...] = ()
    """Data sets that are trained on while they are read; neither counted above nor in the manifest."""
    text: DomainText | None = None
    """Text that is learned from without recordings; None when there is no file of it."""

    def read(self) -> list[Utterance]:
        """The utterances, in the order of their names."""
        return read_manifest(self.manifest)

    def stream(self) -> Iterator[Utterance]:
        """The utterances one by one, for those who need not hold them all."""
        return stream_manifest(self.manifest)


def write_manifest(utterances: Iterable[Utterance], path: Path) -> None:
    """Write utterances as JSON Lines, aside first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{uuid4().hex[:8]}.part")  # another run may be writing the same
    try:
        with aside.open("w", encoding="utf-8") as lines:
            for utterance in utterances:
                lines.write(manifest_line(utterance))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def manifest_line(utterance: Utterance) -> str:
    """One line of a manifest, with its end."""
    row = {name: getattr(utterance, name) for name in _NAMES}
    return _encode(row | {"audio": str(utterance.audio), "shown": str(utterance.shown)}) + "\n"


def read_manifest(path: Path) -> list[Utterance]:
    """Read utterances back from JSON Lines."""
    return list(stream_manifest(path))


def stream_manifest(path: Path) -> Iterator[Utterance]:
    """Read utterances back one by one, also from a manifest that is packed as `.gz`."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield Utterance(**(row | {"audio": Path(row["audio"]), "shown": Path(row["shown"])}))


_NAMES = [field.name for field in fields(Utterance)]
_encode = json.JSONEncoder(ensure_ascii=False).encode  # made once: that takes longer than one line
