import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.columns import Columns

ReadAll = Callable[..., Any]
Found = Callable[[Path], tuple[dict[str, str | None], list[tuple[str, str, int | None]]]]


@pytest.fixture
def found(read_all: ReadAll) -> Found:
    """Read a folder: the texts by id, and the problems by rule, file and line."""

    def read(folder: Path) -> tuple[dict[str, str | None], list[tuple[str, str, int | None]]]:
        rows, _, problems = read_all(folder)
        return (
            {row.id: row.text for row in rows},
            [(one.rule, one.file.relative_to(folder).as_posix(), one.line) for one in problems],
        )

    return read


def test_all_layouts_mix_in_one_folder(
    tmp_path: Path, tone: Callable[..., Path], found: Found, read_all: ReadAll
) -> None:
    for name in ("pair.wav", "hub/clips/a.flac", "hub/b.wav", "lines/c.wav", "table/audio/d.wav", "azure/e.wav"):
        tone(tmp_path / name)
    for name in ("list/f.wav", "tabs/audio/g.wav"):
        tone(tmp_path / name)
    (tmp_path / "pair.txt").write_text("a pair\n")
    (tmp_path / "hub/metadata.csv").write_text(
        'file_name,transcription,speaker,slice,split\nclips/a.flac,"one, two",ann,far,test\nb.wav,three,bob,,train\n'
    )
    (tmp_path / "lines/metadata.jsonl").write_text('{"file_name": "c.wav", "text": "four", "speaker": 7}\n')
    (tmp_path / "table/utterances.csv").write_text("audio;transcription;source\nd.wav;fünf;tape 1\n", encoding="utf-8")
    (tmp_path / "azure/trans.txt").write_bytes("\ufeffe.wav\tsix seven\r\n\r\n".encode())
    (tmp_path / "list/list.json").write_text(json.dumps([{"audio": "f.wav", "transcription": "eight"}], indent=1))
    (tmp_path / "tabs/t.tsv").write_text('audio\ttranscription\ng.wav\tshe said "nine"\n')

    texts, problems = found(tmp_path)

    assert problems == []
    assert texts == {
        "pair.wav": "a pair",
        "hub/clips/a.flac": "one, two",
        "hub/b.wav": "three",
        "lines/c.wav": "four",
        "table/audio/d.wav": "fünf",
        "azure/e.wav": "six seven",
        "list/f.wav": "eight",
        "tabs/audio/g.wav": 'she said "nine"',
    }
    rows = {row.id: row for row in read_all(tmp_path).rows}
    assert list(rows) == sorted(rows)
    assert (rows["hub/clips/a.flac"].speaker, rows["hub/clips/a.flac"].slice) == ("ann", "far")
    assert rows["lines/c.wav"].speaker == "7"
    assert rows["table/audio/d.wav"].source == "tape 1"
    assert (rows["hub/b.wav"].file, rows["hub/b.wav"].line) == (tmp_path / "hub/metadata.csv", 3)
    assert (rows["azure/e.wav"].file, rows["azure/e.wav"].line) == (tmp_path / "azure/trans.txt", 1)
    assert rows["list/f.wav"].line == 2


@pytest.mark.parametrize(
    "name",
    ["../secret.wav", "/etc/passwd", "C:\\a.wav", "https://example.org/a.wav", "audio/../../secret.wav", "..\\x.wav"],
)
def test_names_that_lead_out_are_problems_and_never_followed(
    tmp_path: Path, tone: Callable[..., Path], found: Found, name: str
) -> None:
    tone(tmp_path / "secret.wav")
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "metadata.csv").write_text(f"file_name,transcription\n{name},hello\n")

    texts, problems = found(folder)

    assert texts == {}
    assert problems == [("outside_folder", "metadata.csv", 2)]


def test_links_that_lead_out_are_problems(tmp_path: Path, tone: Callable[..., Path], found: Found) -> None:
    tone(tmp_path / "outside" / "x.wav")
    tone(tmp_path / "in" / "real.wav")
    folder = tmp_path / "in"
    (folder / "inner.wav").symlink_to("real.wav")
    (folder / "x.wav").symlink_to(tmp_path / "outside" / "x.wav")
    (folder / "dir").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to("loop")
    for name in ("real", "inner", "x"):
        (folder / f"{name}.txt").write_text("hello")

    texts, problems = found(folder)

    assert texts == {"real.wav": "hello", "inner.wav": "hello"}
    assert sorted(problems[:2]) == [("outside_folder", "dir", None), ("outside_folder", "x.wav", None)]
    assert problems[2:] == [("orphan_transcript", "x.txt", None)]


def test_pipes_hidden_files_and_other_texts_are_left_alone(
    tmp_path: Path, tone: Callable[..., Path], found: Found
) -> None:
    tone(tmp_path / "a.wav")
    tone(tmp_path / ".hidden" / "b.wav")
    tone(tmp_path / "__MACOSX" / "a.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    for name in ("a.txt", ".b.txt", "plain_text.txt", "pronunciation.txt", "README.txt", "LICENSE.txt", "notes.md"):
        (tmp_path / name).write_text("hello")
    (tmp_path / "settings.json").write_text('{"audio": "x.wav"}')
    (tmp_path / "names.json").write_text('["a", "b"]')
    (tmp_path / "SOURCE.tsv").write_text('file_name\trepo\na.wav\t"x\n')

    assert found(tmp_path) == ({"a.wav": "hello"}, [])


def test_guards_are_skipped_only_where_asked(tmp_path: Path, pairs: Callable[..., Path], read_all: ReadAll) -> None:
    pairs(tmp_path / "guards" / "general", {"g": "guarded"})
    pairs(tmp_path / "deep" / "guards", {"d": "not a guard"})
    pairs(tmp_path, {"a": "tested"})

    assert [row.id for row in read_all(tmp_path, skip=("guards",)).rows] == ["a.wav", "deep/guards/d.wav"]
    assert len(read_all(tmp_path).rows) == 3


def test_orphans_on_both_sides(tmp_path: Path, tone: Callable[..., Path], found: Found) -> None:
    tone(tmp_path / "alone.wav")
    (tmp_path / "silent.txt").write_text("hello")

    assert found(tmp_path) == ({}, [("orphan_transcript", "silent.txt", None), ("orphan_audio", "alone.wav", None)])


def test_one_recording_to_a_folder(tmp_path: Path, tone: Callable[..., Path], found: Found) -> None:
    for number in ("1", "2"):
        tone(tmp_path / number / "audio.wav")
        (tmp_path / number / "transcript.txt").write_text(f"\ufeffnumber {number}\r\n", encoding="utf-8")

    assert found(tmp_path) == ({"1/audio.wav": "number 1", "2/audio.wav": "number 2"}, [])


def test_audio_without_a_transcript_is_told_and_kept_apart(
    tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll
) -> None:
    for name in ("0.wav", "a.wav", "b.wav", "c.wav", "deep/b.wav"):
        tone(tmp_path / name)
    for name in ("a.txt", "c.txt"):
        (tmp_path / name).write_text("hello")

    rows, orphans, problems = read_all(tmp_path)

    assert [row.name for row in rows] == ["a.wav", "c.wav"]
    assert [(orphan.name, orphan.audio, orphan.text) for orphan in orphans] == [
        (name, tmp_path / name, None) for name in ("0.wav", "b.wav", "deep/b.wav")
    ]
    assert [(one.rule, one.file) for one in problems] == [("orphan_audio", orphan.audio) for orphan in orphans]


def test_an_audio_file_described_twice_has_both_rows(
    tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll
) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "metadata.csv").write_text("file_name,transcription\na.wav,goodbye\n")

    assert [(row.id, row.text) for row in read_all(tmp_path).rows] == [("a.wav", "hello"), ("a.wav", "goodbye")]


def test_columns_can_be_named(tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll) -> None:
    tone(tmp_path / "audio" / "a.wav")
    (tmp_path / "data.csv").write_text("Path,Sentence\na.wav,hello\n")

    rows, _, problems = read_all(tmp_path, columns=Columns(audio="path", text="sentence"))

    assert [row.text for row in rows] == ["hello"]
    assert problems == []


def test_a_name_in_another_unicode_form_is_found(tmp_path: Path, tone: Callable[..., Path], found: Found) -> None:
    tone(tmp_path / "cafe\u0301.wav")
    (tmp_path / "metadata.csv").write_text("file_name,transcription\ncaf\u00e9.wav,hello\n", encoding="utf-8")

    assert found(tmp_path) == ({"caf\u00e9.wav": "hello"}, [])


def test_a_file_name_that_is_not_utf8_is_a_problem(
    tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll
) -> None:
    tone(tmp_path / "a.wav")
    try:
        os.rename(os.fsencode(tmp_path / "a.wav"), os.fsencode(tmp_path) + b"/\xff.wav")  # noqa: PTH104 - bytes
    except OSError:
        pytest.skip("this file system only takes UTF-8 names")

    assert [one.rule for one in read_all(tmp_path).problems] == ["not_utf8"]
