import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.validate import load_corpus


@pytest.fixture
def manifest(tmp_path: Path, tone: Callable[..., Path]) -> Callable[..., Path]:
    """Write a manifest of these records about wavs/a.wav (1 s) and wavs/long.wav (4 s); returns the folder."""
    tone(tmp_path / "wavs/a.wav", hertz=300)
    tone(tmp_path / "wavs/long.wav", seconds=4)

    def write(*records: dict[str, Any], name: str = "train_manifest.json", between: str = "\n") -> Path:
        (tmp_path / name).write_text(between.join(json.dumps(one) for one in records), encoding="utf-8")
        return tmp_path

    return write


def record(audio: str, text: str | None = "one", **more: Any) -> dict[str, Any]:
    return {"audio_filepath": audio, "text": text} | more


@pytest.mark.parametrize("name", ["train_manifest.json", "train.jsonl", "list.json"])
def test_a_manifest_is_read_whatever_it_is_called(
    manifest: Callable[..., Path], rows_of: Callable[..., Any], name: str
) -> None:
    folder = manifest(
        record("wavs/a.wav", "one", duration=1.0, speaker="ann", lang="de"),
        record("wavs/long.wav", "two", duration=4.0, speaker_id=7, language="fr"),
        name=name,
    )
    if name == "list.json":
        (folder / name).write_text(f"[{(folder / name).read_text().replace(chr(10), ',' + chr(10))}]")

    rows, problems = rows_of(folder)

    assert problems == []
    assert [(row.id, row.text, row.speaker, row.language, row.line) for row in rows] == [
        ("wavs/a.wav", "one", "ann", "de", 1),
        ("wavs/long.wav", "two", "7", "fr", 2),
    ]


def test_an_offset_makes_a_segment(manifest: Callable[..., Path], rows_of: Callable[..., Any]) -> None:
    folder = manifest(
        record("wavs/a.wav", "none"),
        record("wavs/long.wav", "three", offset=3.5),
        record("wavs/long.wav", "two", offset=1.25, duration=2.25),
    )

    rows, problems = rows_of(folder)

    assert problems == []
    assert [(row.id, row.text) for row in rows] == [
        ("wavs/a.wav", "none"),
        ("wavs/long.wav@1.250+2.250", "two"),
        ("wavs/long.wav@3.500", "three"),
    ]


@pytest.mark.parametrize("offset", [{}, {"offset": 0}, {"offset": 0.0}, {"offset": None}])
@pytest.mark.parametrize(
    ("duration", "name"),
    [
        (4.0, "wavs/long.wav"),
        (3.95, "wavs/long.wav"),
        (4.05, "wavs/long.wav"),
        (1.25, "wavs/long.wav@0.000+1.250"),
        (5.0, "wavs/long.wav@0.000+5.000"),
    ],
)
def test_from_the_beginning_the_duration_tells_a_segment_from_the_whole_file(
    manifest: Callable[..., Path], rows_of: Callable[..., Any], offset: dict[str, Any], duration: float, name: str
) -> None:
    rows, _ = rows_of(manifest(record("wavs/long.wav", duration=duration, **offset)))

    assert [row.id for row in rows] == [name]


def test_a_duration_beyond_the_file_is_an_error_of_the_corpus(manifest: Callable[..., Path], tmp_path: Path) -> None:
    folder = manifest(record("wavs/long.wav", duration=5.0), record("wavs/a.wav", "two", offset=0.5, duration=0.5))

    report = load_corpus(folder, "testing", work=tmp_path / "work", purpose="testing")

    assert [one.rule for one in report.errors] == ["segment_outside"]
    assert [(one.text, one.duration) for one in report.draft.stream()] == [("two", 0.5)]


def test_every_bad_line_is_a_problem(
    manifest: Callable[..., Path], rows_of: Callable[..., Any], places: Callable[..., Any]
) -> None:
    folder = manifest(
        record("wavs/a.wav", None),
        record("/data/a.wav"),
        record("../a.wav"),
        record("wavs/none.wav"),
        record("wavs/a.wav", offset=-1, duration=1),
        record("wavs/a.wav", offset="x", duration=1),
        record("wavs/a.wav", duration="long"),
        {"text": "no audio"},
    )
    path = folder / "train_manifest.json"
    path.write_text(path.read_text() + "\n{broken\n[1]\n")

    rows, problems = rows_of(folder)

    assert [(row.id, row.text) for row in rows] == [("wavs/a.wav", None)]
    assert [one for one in places(problems, folder) if one[0] != "orphan_audio"] == [
        ("outside_folder", "train_manifest.json", 2),
        ("outside_folder", "train_manifest.json", 3),
        ("missing_audio", "train_manifest.json", 4),
        ("missing_audio", "train_manifest.json", 8),
        ("bad_segment", "train_manifest.json", 5),
        ("bad_segment", "train_manifest.json", 6),
        ("bad_segment", "train_manifest.json", 7),
        ("unreadable_table", "train_manifest.json", 9),
        ("unreadable_table", "train_manifest.json", 10),
    ]


def test_a_broken_first_line_does_not_hide_a_manifest(
    manifest: Callable[..., Path], rows_of: Callable[..., Any]
) -> None:
    folder = manifest(record("wavs/a.wav"))
    path = folder / "train_manifest.json"
    path.write_text('{"audio_filepath": "wavs/a.wav", "text: "one"}\n' + path.read_text())

    rows, problems = rows_of(folder)

    assert [row.text for row in rows] == ["one"]
    assert [(one.rule, one.line) for one in problems] == [("unreadable_table", 1), ("orphan_audio", None)]


def test_other_json_is_no_manifest(manifest: Callable[..., Path], rows_of: Callable[..., Any]) -> None:
    folder = manifest({"audio": "wavs/a.wav", "transcription": "one"}, name="table.jsonl")
    (folder / "settings.json").write_text('{\n "manifest": {\n  "audio_filepath": "which field"\n }\n}\n')

    rows, problems = rows_of(folder)

    assert [row.text for row in rows] == ["one"]
    assert [one.rule for one in problems] == ["orphan_audio"]
