import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.readers import text_file
from asr.corpus.validate import load_corpus

Object = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path, tone: Callable[..., Path]) -> Path:
    """A folder with two recordings: a.wav, 1 s, and download/long.flac, 4 s; manifests go to its data/."""
    tone(tmp_path / "download/a.wav", hertz=300)
    tone(tmp_path / "download/long.flac", seconds=4)
    (tmp_path / "data").mkdir()
    return tmp_path


def write(path: Path, *objects: object) -> None:
    lines = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in objects).encode()
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)


def recording(name: str, seconds: float, **more: Any) -> Object:
    identity = Path(name).stem
    source = {"type": "file", "channels": [0], "source": name}
    known = {"sampling_rate": 16_000, "num_samples": round(seconds * 16_000), "duration": seconds}
    return {"id": identity, "sources": [source]} | known | more


def supervision(recording_id: str, start: float, seconds: float, text: str | None, **more: Any) -> Object:
    known = {"id": f"{recording_id}-{start}", "recording_id": recording_id, "channel": 0, "text": text}
    return known | {"start": start, "duration": seconds} | more


def cut(start: float, seconds: float, of: object, *supervisions: object, **more: Any) -> Object:
    return {
        "id": "cut-1",
        "start": start,
        "duration": seconds,
        "channel": 0,
        "supervisions": list(supervisions),
        "recording": of,
        "type": "MonoCut",
    } | more


A, LONG = recording("download/a.wav", 1.0), recording("download/long.flac", 4.0)


@pytest.mark.parametrize(
    ("recordings", "supervisions"),
    [
        ("recordings.jsonl", "supervisions.jsonl"),
        ("recordings.jsonl.gz", "supervisions.jsonl.gz"),
        ("libri_recordings_dev-clean.jsonl.gz", "libri_supervisions_dev-clean.jsonl.gz"),
        ("recordings.jsonl", "supervisions.jsonl.gz"),
    ],
)
def test_supervisions_are_joined_with_their_recordings(
    folder: Path, rows_of: Callable[..., Any], recordings: str, supervisions: str
) -> None:
    write(folder / "data" / recordings, A, LONG)
    write(
        folder / "data" / supervisions,
        supervision("long", 0.5, 1.25, " two  words", speaker="ann", language="German"),
        supervision("long", 0, 4.0004, "all of it", speaker="ann"),
        supervision("a", 0.0, 1.0, "one"),
        supervision("long", 2, 2, "the end", gender="f", alignment={"word": [["the", 2.0, 0.1]]}),
    )

    rows, problems = rows_of(folder)

    assert problems == []
    assert [(row.id, row.text, row.speaker, row.language, row.source) for row in rows] == [
        ("download/a.wav", "one", "", "", ""),
        ("download/long.flac", "all of it", "ann", "", ""),
        ("download/long.flac@0.500+1.250", "two words", "ann", "German", "long"),
        ("download/long.flac@2.000+2.000", "the end", "", "", "long"),
    ]
    assert rows[0].file == folder / "data" / supervisions
    assert [row.line for row in rows] == [3, 2, 1, 4]


def test_each_supervision_of_a_cut_is_an_utterance(folder: Path, rows_of: Callable[..., Any]) -> None:
    write(
        folder / "data/cuts_train.jsonl.gz",
        cut(0.0, 1.0, A, supervision("a", 0.0, 1.0, "one")),
        cut(1.0, 3.0, LONG, supervision("long", 0.25, 1.0, "two"), supervision("long", 1.5, 1.5, "three")),
        cut(0.5, 0.5, LONG, supervision("long", -0.25, 0.5, "four"), type="MultiCut", channel=[0, 1]),
        cut(0.0, 1.0, A | {"transforms": [{"name": "Resample", "kwargs": {}}]}, supervision("a", 0.5, 0.5, "five")),
    )

    rows, problems = rows_of(folder)

    assert problems == []
    assert [(row.id, row.text) for row in rows] == [
        ("download/a.wav", "one"),
        ("download/a.wav@0.500+0.500", "five"),
        ("download/long.flac@0.250+0.500", "four"),
        ("download/long.flac@1.250+1.000", "two"),
        ("download/long.flac@2.500+1.500", "three"),
    ]


def test_lhotse_manifests_become_a_corpus(folder: Path, tmp_path: Path) -> None:
    write(folder / "data/recordings.jsonl.gz", A, LONG)
    write(folder / "data/supervisions.jsonl.gz", supervision("a", 0, 1, "one"), supervision("long", 1, 2.5, "two"))

    report = load_corpus(folder, "testing", work=tmp_path / "work", purpose="testing")

    assert report.problems == ()
    assert [(one.text, one.duration) for one in report.draft.stream()] == [("one", 1.0), ("two", 2.5)]


@pytest.mark.parametrize(
    ("change", "rule", "message"),
    [
        ({"sources": [{"type": "command", "channels": [0], "source": "touch run"}]}, "missing_audio", "type command"),
        ({"sources": [{"type": "url", "channels": [0], "source": "https://x.org/a"}]}, "missing_audio", "type url"),
        ({"sources": [{"type": "memory", "channels": [0], "source": "UklGRg=="}]}, "missing_audio", "type memory"),
        ({"sources": A["sources"] * 2}, "missing_audio", "a has 2 sources"),
        ({"sources": []}, "missing_audio", "a has 0 sources"),
        ({"sources": 3}, "missing_audio", "a has 0 sources"),
        ({"sources": [{"type": "file", "source": "/data/a.wav"}]}, "outside_folder", "/data/a.wav"),
        ({"sources": [{"type": "file", "source": "none.wav"}]}, "missing_audio", "none.wav"),
        ({"sources": [{"type": "file", "source": None}]}, "missing_audio", "no name"),
        ({"transforms": [{"name": "Speed", "kwargs": {"factor": 0.9}}]}, "missing_audio", "a is made by Speed"),
    ],
)
def test_recordings_that_are_no_file_here_are_refused_once(
    folder: Path, rows_of: Callable[..., Any], places: Callable[..., Any], change: Object, rule: str, message: str
) -> None:
    write(folder / "data/recordings.jsonl", LONG, A | change)
    write(folder / "data/supervisions.jsonl", supervision("a", 0, 1, "one"), supervision("a", 0.5, 0.5, "two"))
    write(folder / "data/cuts.jsonl", cut(0, 1, A | change, supervision("a", 0, 1, "one")))

    rows, problems = rows_of(folder)

    assert rows == []
    found = [one for one in problems if one.rule != "orphan_audio"]
    assert places(found, folder) == [(rule, "data/cuts.jsonl", 1), (rule, "data/recordings.jsonl", 2)]
    assert message in found[0].message
    assert not (folder / "run").exists()


def test_every_bad_line_is_a_problem(folder: Path, rows_of: Callable[..., Any], places: Callable[..., Any]) -> None:
    write(folder / "data/recordings.jsonl", A, A, "[1]")
    write(
        folder / "data/supervisions.jsonl",
        supervision("a", 0.5, 0.5, None),
        supervision("none", 0, 1, "two"),
        supervision("a", 0, 1, "three", duration="long"),
        supervision("a", 0, 1, "four") | {"start": None},
        supervision("a", 0, 1, "five", duration=10**400),
        "{broken",
    )
    write(
        folder / "data/cuts.jsonl",
        cut(0, 1, A, supervision("a", 0, 1, "one"), 7),
        cut(0, 1, A, type="MixedCut"),
        cut(0, 1, None, supervision("a", 0, 1, "one")),
        cut(0, 1, A),
        cut("x", 1, A, supervision("a", 0, 1, "one")),  # type: ignore[arg-type]
    )

    rows, problems = rows_of(folder)

    assert [(row.id, row.text) for row in rows] == [("download/a.wav", "one"), ("download/a.wav@0.500+0.500", None)]
    assert sorted(one for one in places(problems, folder) if one[0] != "orphan_audio") == [
        ("bad_segment", "data/cuts.jsonl", 5),
        ("bad_segment", "data/supervisions.jsonl", 3),
        ("bad_segment", "data/supervisions.jsonl", 4),
        ("bad_segment", "data/supervisions.jsonl", 5),
        ("missing_audio", "data/cuts.jsonl", 3),
        ("missing_audio", "data/supervisions.jsonl", 2),
        ("missing_text", "data/cuts.jsonl", 4),
        ("unreadable_table", "data/cuts.jsonl", 1),
        ("unreadable_table", "data/cuts.jsonl", 2),
        ("unreadable_table", "data/recordings.jsonl", 2),
        ("unreadable_table", "data/recordings.jsonl", 3),
        ("unreadable_table", "data/supervisions.jsonl", 6),
    ]


def test_supervisions_without_recordings_are_a_problem(folder: Path, rows_of: Callable[..., Any]) -> None:
    write(folder / "data/ami_supervisions_dev.jsonl.gz", supervision("a", 0, 1, "one"))

    rows, problems = rows_of(folder)

    assert rows == []
    assert "there is no ami_recordings_dev.jsonl.gz beside it" in problems[0].message


def test_tables_with_such_names_are_tables(folder: Path, rows_of: Callable[..., Any]) -> None:
    for name in ("recordings", "supervisions", "cuts"):
        write(folder / f"{name}.jsonl", {"audio": "download/a.wav", "transcription": name})
    write(folder / "executions.jsonl", A)

    assert [row.text for row in rows_of(folder)[0]] == ["cuts", "recordings", "supervisions"]


@pytest.mark.parametrize("keep", [0.5, 0.9, 0.999])
def test_a_gz_file_that_is_cut_off_is_a_problem(folder: Path, rows_of: Callable[..., Any], keep: float) -> None:
    write(folder / "data/recordings.jsonl", A, LONG)
    many = [supervision("long", number / 100, 0.5, f"number {number}") for number in range(200)]
    path = folder / "data/supervisions.jsonl.gz"
    write(path, *many)
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * keep)])

    rows, problems = rows_of(folder)

    assert len(rows) < 200 or keep == 0.999  # only the sum of all of it is missing
    (damaged,) = [one for one in problems if one.rule == "unreadable_table"]
    assert "cut off or damaged" in damaged.message


def test_a_gz_file_that_is_not_one_is_a_problem(folder: Path, rows_of: Callable[..., Any]) -> None:
    (folder / "data/cuts.jsonl.gz").write_text(json.dumps(cut(0, 1, A, supervision("a", 0, 1, "one"))))
    oid = "0" * 64
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 9\n"
    (folder / "data/b_cuts.jsonl.gz").write_text(pointer)

    rows, problems = rows_of(folder)

    assert rows == []
    assert [one.rule for one in problems][:2] == ["lfs_pointer", "unreadable_table"]


def test_a_gz_file_grows_within_bounds(
    folder: Path, rows_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_file, "GROWTH_FROM", 100_000)
    long_line = json.dumps(cut(0, 1, A, supervision("a", 0, 1, "one", custom="x" * (2 << 20))))
    write(folder / "data/cuts.jsonl.gz", cut(0, 1, A, supervision("a", 0, 1, "one")), long_line)
    write(folder / "data/cuts_small.jsonl.gz", cut(0, 1, A, supervision("a", 0, 1, "two", custom="x" * 99_000)))

    rows, problems = rows_of(folder)

    assert [row.text for row in rows] == ["one", "two"]
    (grown,) = [one for one in problems if one.rule == "unreadable_table"]
    assert (grown.line, "grows to more than" in grown.message) == (2, True)
