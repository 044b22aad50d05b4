"""What every step knows of text without recordings: the lines of the domain, and how its words are pronounced."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from asr.text.pronunciation import Pronunciation


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text, with its place."""

    text: str
    """As written, on one line."""
    file: Path
    """As people know it: inside of its archive, below the folder that they named."""
    line: int
    """Counted from 1; many lines that structured text stands for have the line of their sentence."""

    @property
    def id(self) -> str:
        """Its place, as `file:line`."""
        return f"{self.file}:{self.line}"


class DomainText(BaseModel):
    """The text of a corpus that is learned from without recordings, and what is known of it as a whole."""

    model_config = ConfigDict(frozen=True)

    manifest: Path
    """JSON Lines, one line of text a line, in the order of files and lines; no sentence is in it twice."""
    pronunciations: tuple[Pronunciation, ...]
    """By their written forms, no two the same."""
    fingerprint: str
    """sha256 over the lines and the pronunciations, whatever their order is and wherever they lie."""
    lines: int
    words: int
    left_out: dict[str, int]
    """How many lines are not used, by the rule that they break."""

    def read(self) -> list[TextLine]:
        """The lines, in the order of the manifest."""
        return list(self.stream())

    def stream(self) -> Iterator[TextLine]:
        """The lines one by one, for those who need not hold them all."""
        with self.manifest.open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                yield TextLine(row["text"], Path(row["file"]), row["line"])


def text_manifest_line(one: TextLine) -> str:
    """One line of a manifest, with its end."""
    return _encode({"text": one.text, "file": str(one.file), "line": one.line}) + "\n"


def text_fingerprint(texts: Iterable[str], pronunciations: Iterable[Pronunciation]) -> str:
    """The fingerprint of lines and pronunciations, both sorted."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(_encode(text).encode() + b"\n")
    for one in pronunciations:
        digest.update(_encode([one.written, one.spoken]).encode() + b"\n")
    return digest.hexdigest()


_encode = json.JSONEncoder(ensure_ascii=False).encode
