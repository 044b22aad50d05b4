from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.corpus.utterance import Utterance, read_manifest, stream_manifest, utterance_id, write_manifest

ONE = Utterance("a.wav", Path("/data/a.wav"), "one", 1.0, "00")


def test_a_manifest_reads_back_what_was_written(tmp_path: Path) -> None:
    utterances = [
        Utterance("a.wav", Path("/data/a.wav"), "grüße \u2028 “so”", 1.25, "00", "ann", "de", "tape", "far", "11"),
        Utterance("b.wav", Path("/data/b.wav"), "two", 2.0, "22"),
        Utterance("c.wav@1.500+0.250", Path("/data/c.wav"), "", 0.25, "33", start=1.5, shown=Path("may.zip/c.wav")),
    ]

    write_manifest(utterances, tmp_path / "deep" / "m.jsonl")

    assert read_manifest(tmp_path / "deep" / "m.jsonl") == utterances
    assert list(stream_manifest(tmp_path / "deep" / "m.jsonl")) == utterances
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["m.jsonl"]


def test_a_manifest_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    write_manifest([ONE], tmp_path / "m.jsonl")

    def broken() -> Iterator[Utterance]:
        yield ONE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_manifest(broken(), tmp_path / "m.jsonl")

    assert read_manifest(tmp_path / "m.jsonl") == [ONE]
    assert [path.name for path in tmp_path.iterdir()] == ["m.jsonl"]


def test_two_runs_may_write_the_same_manifest(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"

    def overtaken() -> Iterator[Utterance]:
        yield ONE
        write_manifest([ONE, ONE], path)
        yield ONE

    write_manifest(overtaken(), path)

    assert read_manifest(path) == [ONE, ONE]


@pytest.mark.parametrize(
    ("start", "seconds", "name"),
    [
        (None, None, "a.wav"),
        (0.0, None, "a.wav@0.000"),
        (12.5, 3.2, "a.wav@12.500+3.200"),
        (7200, 0.001, "a.wav@7200.000+0.001"),
    ],
)
def test_ids(start: float | None, seconds: float | None, name: str) -> None:
    assert utterance_id("a.wav", start, seconds) == name


def test_samples_are_those_of_the_segment(tmp_path: Path) -> None:
    wave = (np.arange(48_000) / 48_000).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", wave, 16_000, subtype="FLOAT")
    whole = Utterance("a.wav", tmp_path / "a.wav", "", 3.0, "0")
    part = Utterance("a.wav@1.250+0.500", tmp_path / "a.wav", "", 0.5, "0", start=1.25)

    assert np.array_equal(whole.samples(), wave)
    assert np.array_equal(part.samples(), wave[20_000:28_000])
