import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.corpus import validate
from asr.corpus.fingerprint import fingerprint_folder
from asr.corpus.sorted_rows import SortedRows
from asr.corpus.utterance import read_manifest
from asr.corpus.validate import format_problems, load_corpus
from asr.errors import DataError, UserError

Pairs = Callable[[Path, dict[str, str]], Path]


def test_a_good_folder_becomes_a_corpus(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"b": "hello there", "a/one": "good morning to you"})

    report = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert report.problems == ()
    corpus = report.corpus
    assert corpus is not None
    assert (corpus.name, corpus.utterances, corpus.words, corpus.seconds, corpus.speakers) == ("training", 2, 6, 4.0, 0)
    assert corpus.manifest == tmp_path / "work" / f"{corpus.fingerprint[:16]}.jsonl"
    utterances = corpus.read()
    assert [one.id for one in utterances] == ["a/one.wav", "b.wav"]
    assert all(one.audio.is_absolute() and one.audio.is_file() and one.samples_sha256 for one in utterances)
    assert utterances[1].text == "hello there"


def test_a_relative_folder_is_shown_as_written_and_kept_absolute(
    tmp_path: Path, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs(tmp_path / "data", {"a": "hello"})
    monkeypatch.chdir(tmp_path)
    good = load_corpus(Path("data"), "x", work=Path("work"), purpose="training").corpus
    (tmp_path / "data/a.txt").write_text("")

    bad = load_corpus(Path("data"), "x", work=Path("work"), purpose="training")

    assert good is not None
    assert good.read()[0].audio == tmp_path / "data" / "a.wav"
    assert format_problems(bad.problems).startswith("data/a.txt: error[empty_text]: the transcript is empty: a.wav — ")


def test_every_problem_is_reported_and_there_is_no_corpus(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello", "b": "", "c": "?!", "d": "x" * 90})
    (folder / "e.wav").write_bytes(b"")
    (folder / "e.txt").write_text("empty")
    (folder / "lost.txt").write_text("lost")
    (folder / "metadata.csv").write_text("file_name,transcription\n../x.wav,one\ngone.wav,two\na.wav,other\n")
    shutil.copy(folder / "a.wav", folder / "alone.wav")

    report = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert report.corpus is None
    assert {(one.rule, one.file.name, one.line) for one in report.errors} == {
        ("empty_text", "b.txt", None),
        ("only_punctuation", "c.txt", None),
        ("impossible_rate", "d.txt", None),
        ("empty_audio", "e.wav", None),
        ("orphan_transcript", "lost.txt", None),
        ("outside_folder", "metadata.csv", 2),
        ("missing_audio", "metadata.csv", 3),
        ("duplicate", "metadata.csv", 4),
    }
    assert [(one.rule, one.file.name) for one in report.warnings] == [("orphan_audio", "alone.wav")]
    assert [one.id for one in report.draft.read()] == ["a.wav", "b.wav", "c.wav", "d.wav"]
    assert [one.shown for one in read_manifest(report.unused)] == [folder / "alone.wav"]


def test_warnings_do_not_stop(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello"})
    shutil.copy(folder / "a.wav", folder / "b.wav")
    (folder / "b.txt").write_text("hello")

    report = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert [one.rule for one in report.warnings] == ["duplicate"]
    assert report.corpus is not None and report.corpus.utterances == 2


def test_an_audio_listed_twice_is_one_utterance(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello"})
    (folder / "metadata.csv").write_text("file_name,transcription\na.wav,hello\n")

    report = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert report.corpus is not None and report.corpus.utterances == 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: None, "no such folder"),
        (lambda folder: folder.write_text("a file"), "no such folder"),
        (lambda folder: folder.mkdir(), "no audio here"),
    ],
    ids=["missing", "a file", "empty"],
)
def test_nothing_to_use_is_one_line(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    make(tmp_path / "data")

    with pytest.raises(DataError, match=says) as caught:
        load_corpus(tmp_path / "data", "training", work=tmp_path / "work", purpose="training")
    assert "\n" not in str(caught.value)


def test_audio_without_any_transcript_is_told(tmp_path: Path, tone: Callable[..., Path]) -> None:
    tone(tmp_path / "data" / "a.wav")

    with pytest.raises(DataError, match="1 audio files but no transcript"):
        load_corpus(tmp_path / "data", "training", work=tmp_path / "work", purpose="training")


def test_guards_are_no_part_of_a_testing_corpus(tmp_path: Path, pairs: Pairs) -> None:
    pairs(tmp_path / "data", {"a": "hello"})
    pairs(tmp_path / "data" / "guards" / "general", {"g": "other", "h": "still other"})

    def count(folder: Path) -> int | None:
        corpus = load_corpus(folder, "testing", work=tmp_path / "work", purpose="testing").corpus
        return corpus and corpus.utterances

    assert count(tmp_path / "data") == 1
    assert count(tmp_path / "data" / "guards" / "general") == 2


def test_a_work_folder_that_cannot_be_written_is_one_line(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello"})
    (tmp_path / "work").write_text("a file in the way")

    with pytest.raises(UserError, match="cannot be written"):
        load_corpus(folder, "training", work=tmp_path / "work", purpose="training")


def test_nothing_is_left_half_written(tmp_path: Path, pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello"})

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(validate, "make_utterance", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load_corpus(folder, "training", work=tmp_path / "work", purpose="training")
    load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert not list((tmp_path / "work").glob("*.part"))


def test_a_zip_file_is_a_corpus_by_itself(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello", "b": "there"})
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder))

    plain = load_corpus(folder, "training", work=tmp_path / "work", purpose="training").corpus
    packed = load_corpus(archive, "training", work=tmp_path / "work", purpose="training").corpus

    assert plain is not None and packed is not None
    assert packed.fingerprint == plain.fingerprint
    assert [one.shown for one in packed.stream()] == [archive / "a.wav", archive / "b.wav"]
    assert all(one.audio.is_file() for one in packed.stream())


def test_a_table_in_a_zip_file_is_named_in_messages(tmp_path: Path, tone: Callable[..., Path]) -> None:
    tone(tmp_path / "may" / "a.wav")
    (tmp_path / "may" / "metadata.csv").write_text("file_name,transcription\r\na.wav,\r\ngone.wav,hello\r\n")
    (tmp_path / "data").mkdir()
    shutil.make_archive(str(tmp_path / "data" / "may"), "zip", tmp_path / "may")

    report = load_corpus(tmp_path / "data", "training", work=tmp_path / "work", purpose="training")

    table = tmp_path / "data" / "may.zip" / "metadata.csv"
    assert [(one.rule, one.file, one.line) for one in report.problems] == [
        ("missing_audio", table, 3),
        ("empty_text", table, 2),
    ]
    assert [(one.id, one.shown) for one in report.draft.stream()] == [
        ("may.zip/a.wav", tmp_path / "data" / "may.zip" / "a.wav")
    ]


def test_segments_of_a_file_become_utterances(tmp_path: Path) -> None:
    call = np.concatenate([np.sin(np.arange(16_000) * pitch).astype(np.float32) / 2 for pitch in (0.1, 0.2, 0.3)])
    (tmp_path / "data").mkdir()
    soundfile.write(tmp_path / "data" / "call.wav", call, 16_000, subtype="FLOAT")
    (tmp_path / "data" / "calls.csv").write_text(
        "audio,start,duration,transcription\ncall.wav,2,,three\ncall.wav,0.5,0.25,one\ncall.wav,1,1.0,two\n"
    )

    corpus = load_corpus(tmp_path / "data", "training", work=tmp_path / "work", purpose="training").corpus

    assert corpus is not None
    utterances = corpus.read()
    assert [(one.id, one.text, one.duration) for one in utterances] == [
        ("call.wav@0.500+0.250", "one", 0.25),
        ("call.wav@1.000+1.000", "two", 1.0),
        ("call.wav@2.000", "three", 1.0),
    ]
    for one, part in zip(utterances, (slice(8_000, 12_000), slice(16_000, 32_000), slice(32_000, 48_000)), strict=True):
        assert np.array_equal(one.samples(), call[part])
    assert corpus.seconds == 2.25
    assert fingerprint_folder(tmp_path / "data", work=tmp_path / "w2", purpose="training") == corpus.fingerprint


def test_bad_segments_are_told_where_they_are_written(tmp_path: Path, tone: Callable[..., Path]) -> None:
    tone(tmp_path / "data" / "call.wav", seconds=3.0)
    lines = ("0,1,fine", "0.0004,1.0,the same again", "two,1,no", "-1,1,no", "1,0,no", "1,nan,no", "60,1,no", "0,,all")
    (tmp_path / "data" / "calls.csv").write_text(
        "audio,start,duration,transcription\n" + "".join(f"call.wav,{line}\n" for line in lines)
    )

    report = load_corpus(tmp_path / "data", "training", work=tmp_path / "work", purpose="training")

    assert sorted((one.rule, one.line) for one in report.problems if one.file.name == "calls.csv") == [
        ("bad_segment", 4),
        ("bad_segment", 5),
        ("bad_segment", 6),
        ("bad_segment", 7),
        ("duplicate", 3),
        ("segment_outside", 8),
    ]
    assert len(report.problems) == 6
    assert [one.id for one in report.draft.stream()] == ["call.wav@0.000", "call.wav@0.000+1.000"]


def test_ids_are_unique_however_segments_lie(tmp_path: Path, tone: Callable[..., Path]) -> None:
    # Sorted by exact places, the first and the third would have the same id with another one between them.
    tone(tmp_path / "data" / "call.wav", seconds=9.0)
    (tmp_path / "data" / "calls.csv").write_text(
        "audio,start,duration,transcription\ncall.wav,1.0001,5,one\ncall.wav,1.0001,7,two\ncall.wav,1.0002,5,three\n"
    )

    report = load_corpus(tmp_path / "data", "training", work=tmp_path / "work", purpose="training")

    assert [one.id for one in report.draft.stream()] == ["call.wav@1.000+5.000", "call.wav@1.000+7.000"]
    assert [(one.rule, one.line) for one in report.errors] == [("duplicate", 4)]


def test_more_problems_than_are_kept_are_counted(tmp_path: Path, tone: Callable[..., Path]) -> None:
    tone(tmp_path / "data" / "a.wav")
    lines = "".join(f"gone{number}.wav,hello\n" for number in range(1499))
    (tmp_path / "data" / "metadata.csv").write_text(f"file_name,transcription\na.wav,hello\n{lines}")

    report = load_corpus(tmp_path / "data", "training", work=tmp_path / "work", purpose="training")

    assert report.corpus is None
    assert len(report.problems) == 1000
    assert sum(one.count for one in report.problems) == 1499
    assert "… and 499 more" in format_problems(report.problems)


@pytest.mark.parametrize("name", ["guards/général", "/data/of mine/😀", "..", "a\nb", "x" * 300, ""])
def test_any_name_will_do(tmp_path: Path, pairs: Pairs, name: str) -> None:
    corpus = load_corpus(
        pairs(tmp_path / "data", {"a": "hello"}), name, work=tmp_path / "work", purpose="training"
    ).corpus

    assert corpus is not None and corpus.name == name
    assert corpus.manifest.parent == tmp_path / "work"


def test_a_folder_that_cannot_be_kept_is_one_line(tmp_path: Path, pairs: Pairs) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    try:
        pairs(tmp_path / "data", {"a": "hello"}).rename(folder)
    except OSError:
        pytest.skip("this file system only takes UTF-8 names")

    with pytest.raises(DataError, match="UTF-8") as caught:
        load_corpus(folder, "training", work=tmp_path / "work", purpose="training")
    str(caught.value).encode()


def test_a_temporary_folder_that_is_full_is_one_line(
    tmp_path: Path, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello"})

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(SortedRows, "add", full)

    with pytest.raises(UserError, match="temporary files cannot be written"):
        load_corpus(folder, "training", work=tmp_path / "work", purpose="training")


def test_several_runs_may_write_the_same_at_once(tmp_path: Path, pairs: Pairs) -> None:
    folder = pairs(tmp_path / "data", {f"{number:02}": f"this is number {number}" for number in range(40)})
    shutil.copy(folder / "00.wav", folder / "alone.wav")
    run = (
        "import sys; from pathlib import Path; from asr.corpus.validate import load_corpus\n"
        "for _ in range(3):\n"
        "    report = load_corpus(Path(sys.argv[1]), 'x', work=Path(sys.argv[2]), purpose='training')\n"
        "    assert [one.text for one in report.corpus.stream()] == [f'this is number {n}' for n in range(40)]\n"
    )

    started = [
        subprocess.Popen([sys.executable, "-c", run, str(folder), str(tmp_path / "work")], stderr=subprocess.PIPE)
        for _ in range(3)
    ]

    assert [(one.communicate()[1].decode(), one.returncode) for one in started] == [("", 0)] * 3
    assert sorted(path.suffix for path in (tmp_path / "work").iterdir()) == [".jsonl", ".jsonl", ".sqlite"]
