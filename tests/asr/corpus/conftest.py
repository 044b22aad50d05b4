"""Corpora of tones, written where a test wants them, and what a folder says, read at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile

from asr.corpus.readers.folder import read_folder
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problem

Tone = Callable[..., Path]


class Everything(NamedTuple):
    """A reading as lists."""

    rows: list[Row]
    orphans: list[Row]
    problems: list[Problem]


@pytest.fixture
def tone() -> Tone:
    """Write a tone of `seconds` at `hertz`; another pitch is another sound. Returns the path."""

    def write(path: Path, hertz: float = 220.0, seconds: float = 1.0, rate: int = 16_000, level: float = 0.3) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        time = np.arange(round(seconds * rate)) / rate
        soundfile.write(path, (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate)
        return path

    return write


@pytest.fixture
def pairs(tone: Tone) -> Callable[[Path, dict[str, str]], Path]:
    """Write `x.wav` and `x.txt` for each name and text, each with its own pitch. Returns the folder."""

    def write(folder: Path, texts: dict[str, str]) -> Path:
        for number, (name, text) in enumerate(texts.items()):
            tone(folder / f"{name}.wav", hertz=200 + 10 * number, seconds=2.0)
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def read_all(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Everything]:
    """Read a small folder whole."""
    unpacked = tmp_path_factory.mktemp("unpacked")

    def read(folder: Path, **options: Any) -> Everything:
        with read_folder(folder, unpacked=unpacked, **options) as reading:
            return Everything(list(reading.rows), list(reading.orphans), list(reading.problems))

    return read
