import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.validate import load_corpus

Places = list[tuple[str, str, int | None]]


@pytest.fixture
def directory(tmp_path: Path, tone: Callable[..., Path]) -> Path:
    """A data directory of two files, one beside it and one where the recipe was run."""
    tone(tmp_path / "data/train/ann_1.wav", hertz=300)
    tone(tmp_path / "downloads/wav/bob 1.flac", hertz=400)
    data = tmp_path / "data/train"
    write(data, "wav.scp", "ann-1 ann_1.wav", "bob-1\tdownloads/wav/bob 1.flac")
    write(data, "text", "ann-1 one two", "bob-1  three ")
    return data


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_each_recording_is_an_utterance(directory: Path, rows_of: Callable[..., Any]) -> None:
    write(directory, "utt2spk", "ann-1 ann", "bob-1 bob-1", "cid-1 cid")
    write(directory, "utt2lang", "bob-1 de")
    for name in ("spk2utt", "utt2dur", "cmvn.scp", "feats.scp", "utt2num_frames", "reco2dur"):
        write(directory, name, "what kaldi makes of the others")

    rows, problems = rows_of(directory.parents[1])

    assert problems == []
    assert [(row.id, row.text, row.speaker, row.language, row.source) for row in rows] == [
        ("data/train/ann_1.wav", "one two", "ann", "", ""),
        ("downloads/wav/bob 1.flac", "three", "", "de", ""),
    ]
    assert (rows[0].file, rows[0].line) == (directory / "text", 1)


def test_segments_are_cut_from_their_recordings(
    directory: Path, rows_of: Callable[..., Any], tmp_path: Path, tone: Callable[..., Path]
) -> None:
    tone(tmp_path / "data/train/long.wav", seconds=4)
    write(directory, "wav.scp", "tape long.wav")
    write(directory, "segments", "u1 tape 0.00 1.25", "u2 tape 1.25 3.5", "u3 tape 3.5 -1")
    write(directory, "text", "u3 three", "u1 one", "u2 two")

    rows, problems = rows_of(directory)

    assert [one.rule for one in problems] == ["orphan_audio"]
    assert [(row.id, row.text, row.source, row.line) for row in rows] == [
        ("long.wav@0.000+1.250", "one", "tape", 2),
        ("long.wav@1.250+2.250", "two", "tape", 3),
        ("long.wav@3.500", "three", "tape", 1),
    ]


def test_a_data_directory_becomes_a_corpus(directory: Path, tmp_path: Path, tone: Callable[..., Path]) -> None:
    tone(tmp_path / "data/train/long.wav", seconds=4)
    write(directory, "wav.scp", "tape train/long.wav", "ann train/ann_1.wav")
    write(directory, "segments", "u1 tape 0.5 1.5", "u2 tape 2 -1", "u3 ann 0 1.04")
    write(directory, "text", "u1 one", "u2 two", "u3 three")

    report = load_corpus(tmp_path / "data", "testing", work=tmp_path / "work", purpose="testing")

    assert report.errors == ()
    assert {one.text: one.duration for one in report.draft.stream()} == {"one": 1.0, "two": 2.0, "three": 1.0}


@pytest.mark.parametrize(
    "value", ["sox a.wav -t wav - |", "| cat > a.wav", "-", "ann_1.wav |", "raw.ark:1234", "raw.ark:12[0:3]"]
)
def test_what_kaldi_would_run_is_refused_and_not_run(
    directory: Path, rows_of: Callable[..., Any], places: Callable[..., Places], value: str
) -> None:
    write(directory, "wav.scp", f"ann-1 {value}", f"bob-1 touch {directory}/run |")

    rows, problems = rows_of(directory)

    assert rows == []
    assert places(problems, directory)[:2] == [("missing_audio", "wav.scp", 1), ("missing_audio", "wav.scp", 2)]
    assert "a command, and none is run" in problems[1].message
    assert not (directory / "run").exists()


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/data/corpora/a.wav", "outside_folder"),
        ("../../../a.wav", "outside_folder"),
        ("https://example.org/a.wav", "outside_folder"),
        ("wav/none.wav", "missing_audio"),
        ("", "missing_audio"),
    ],
)
def test_audio_that_is_not_here_is_told_once_with_its_line(
    directory: Path, rows_of: Callable[..., Any], places: Callable[..., Places], path: str, rule: str
) -> None:
    write(directory, "wav.scp", "ann-1 ann_1.wav", f"bob-1 {path}")

    rows, problems = rows_of(directory)

    assert [row.text for row in rows] == ["one two"]
    assert places(problems, directory) == [(rule, "wav.scp", 2)]


def test_every_line_that_does_not_fit_is_a_problem(
    directory: Path, rows_of: Callable[..., Any], places: Callable[..., Places]
) -> None:
    write(directory, "wav.scp", "tape ann_1.wav", "tape other.wav")
    write(
        directory,
        "segments",
        "u1 tape 0 0.5",
        "u2 tape 0.5",
        "u3 tape 0.6 0.5",
        "u4 tape zero one",
        "u5 none 0 1",
        "u1 tape 0 1",
        "u6 tape 0.5 0.9",
        "u7 tape 0.2 0.3 A",
    )
    write(directory, "text", "u1 one", "u2 two", "u3 three", "u4 four", "u5 five", "u1 six", "u8 eight", "u7 seven")

    rows, problems = rows_of(directory)

    assert [(row.text, row.line) for row in rows] == [("one", 1), (None, 7)]
    assert sorted(places(problems, directory)) == sorted(
        [
            ("missing_audio", "wav.scp", 2),
            ("unreadable_table", "wav.scp", 2),
            ("unreadable_table", "segments", 2),
            ("bad_segment", "segments", 3),
            ("bad_segment", "segments", 4),
            ("missing_audio", "segments", 5),
            ("unreadable_table", "segments", 6),
            ("unreadable_table", "segments", 8),
            ("unreadable_table", "text", 6),
            ("orphan_transcript", "text", 7),
        ]
    )
    assert rows[1].file == directory / "segments"  # an utterance without text: the rule missing_text names this line


def test_without_wav_scp_or_text_nothing_is_kaldi(directory: Path, rows_of: Callable[..., Any]) -> None:
    (directory / "text").unlink()
    assert rows_of(directory)[0] == []

    write(directory, "text", "ann-1 one")
    (directory / "wav.scp").rename(directory / "wav.list")
    assert rows_of(directory)[0] == []


def test_an_archive_has_its_own_root(
    directory: Path, rows_of: Callable[..., Any], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    corpus = tmp_path_factory.mktemp("corpus")
    shutil.make_archive(str(corpus / "may"), "zip", tmp_path)

    rows, problems = rows_of(corpus)

    assert problems == []
    assert [row.name for row in rows] == ["may.zip/data/train/ann_1.wav", "may.zip/downloads/wav/bob 1.flac"]
