"""A folder of spoken lines appears whole or not at all, and is read as a corpus."""

import csv
from pathlib import Path

import numpy as np
import pytest

from asr.audio import decode
from asr.corpus.validate import load_corpus
from asr.synthesis.espeak import Voice, speak
from asr.synthesis.spoken_corpus import Line, speak_corpus

LINES = [
    Line("take me to kalba", Voice("en-us+m3"), "m3"),
    Line("how far is dibba", Voice("en-gb-x-rp+f2"), "f2", noise=20.0),
]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spoken") / "corpus"
    aside = folder.with_name("corpus.part")
    aside.mkdir()
    (aside / "left_over.txt").write_text("by a kill")
    speak_corpus(LINES, folder)
    return folder


def test_it_is_a_corpus(spoken: Path, tmp_path: Path) -> None:
    report = load_corpus(spoken, "testing", work=tmp_path, purpose="testing")
    assert report.corpus is not None
    assert [(one.text, one.speaker) for one in report.corpus.read()] == [(line.text, line.speaker) for line in LINES]
    assert [one.noise for one in report.corpus.read()] == [None, 20.0]
    assert not report.errors


def test_nothing_is_left_beside_it(spoken: Path) -> None:
    assert [path.name for path in spoken.parent.iterdir()] == ["corpus"]
    assert sorted(path.relative_to(spoken).as_posix() for path in spoken.rglob("*.*")) == [
        "audio/00000.flac",
        "audio/00001.flac",
        "metadata.csv",
    ]


def test_the_table(spoken: Path) -> None:
    with (spoken / "metadata.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["file_name", "transcription", "speaker", "noise"],
            ["audio/00000.flac", "take me to kalba", "m3", ""],
            ["audio/00001.flac", "how far is dibba", "f2", "20"],
        ]


def test_without_noise_there_is_no_column_for_it(tmp_path: Path) -> None:
    speak_corpus(LINES[:1], tmp_path / "clean")
    table = (tmp_path / "clean" / "metadata.csv").read_text()
    assert table == "file_name,transcription,speaker\naudio/00000.flac,take me to kalba,m3\n"


def test_nothing_clips_and_noise_is_there(spoken: Path) -> None:
    clean, noisy = (decode(spoken / f"audio/0000{number}.flac") for number in (0, 1))
    assert max(np.abs(clean).max(), np.abs(noisy).max()) <= 0.251
    voice = speak(LINES[1].text, LINES[1].voice)
    scale = float(voice @ noisy / (voice @ voice))
    noise = noisy - scale * voice
    assert 10 * np.log10(np.mean((scale * voice) ** 2) / np.mean(noise**2)) == pytest.approx(20, abs=0.5)
