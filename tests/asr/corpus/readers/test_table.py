import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.columns import Columns

ReadAll = Callable[..., Any]
Found = list[tuple[str, int | None]]


@pytest.fixture
def read(
    tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll
) -> Callable[[str, str], tuple[list[str | None], Found]]:
    """Read a folder with a.wav, b.wav, c.wav and one transcript file: the texts and the problems of that file."""
    for name in "abc":
        tone(tmp_path / f"{name}.wav")

    def read_one(name: str, content: str | bytes) -> tuple[list[str | None], Found]:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        rows, _, problems = read_all(tmp_path)
        return [row.text for row in rows], [(one.rule, one.line) for one in problems if one.rule != "orphan_audio"]

    return read_one


def test_every_bad_line_of_a_csv_is_reported_and_the_good_ones_are_read(read: Callable[..., Any]) -> None:
    table = (
        'file_name,transcription\na.wav,one\nb.wav,two, three\nnone.wav,four\n,five\nc.wav,"six\nseven"\n\n,,\nb.wav\n'
    )

    texts, problems = read("metadata.csv", table)

    assert texts == ["one", None, "six seven"]
    assert problems == [("unreadable_table", 3), ("missing_audio", 4), ("missing_audio", 5)]


def test_a_quotation_mark_that_never_closes_is_reported_where_it_opens(read: Callable[..., Any]) -> None:
    texts, problems = read("metadata.csv", 'file_name,transcription\na.wav,one\nb.wav,"two\nc.wav,three\n')

    assert texts == ["one"]
    assert problems == [("unreadable_table", 3)]


@pytest.mark.parametrize("name", ["metadata.csv", "utterances.csv"])
def test_a_missing_column_is_named(tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll, name: str) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / name).write_text("audio,file_name,words\na.wav,a.wav,hello\n")

    (missing,) = [one for one in read_all(tmp_path).problems if one.rule == "unreadable_table"]

    assert missing.line == 1
    assert "no column transcription among: audio, file_name, words" in missing.message


def test_a_metadata_file_without_header_or_content_is_an_error(read: Callable[..., Any]) -> None:
    assert read("metadata.csv", "a.wav,hello\n") == ([], [("unreadable_table", 1)])
    assert read("metadata.csv", "") == ([], [("unreadable_table", 1)])


def test_bytes_that_are_not_utf8_stay_marked_in_their_row(read: Callable[..., Any]) -> None:
    texts, problems = read("metadata.csv", "file_name,transcription\na.wav,café\nb.wav,tea\n".encode("latin-1"))

    assert texts == ["caf\ufffd", "tea"]
    assert problems == []  # the rule not_utf8 reports it with its line


def test_utf16_and_lfs_pointers_are_told(read: Callable[..., Any]) -> None:
    assert read("metadata.csv", "file_name,transcription\n".encode("utf-16")) == ([], [("not_utf8", 1)])
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    assert read("metadata.csv", pointer) == ([], [("lfs_pointer", None)])


def test_json_lines_tell_their_lines(read: Callable[..., Any]) -> None:
    content = (
        '{"file_name": "a.wav", "transcription": "one"}\n\n{"file_name": "b.wav", "transcription": null}\n'
        '{broken\n["c.wav"]\n{"file_name": "c.wav", "transcription": 3}\n'
    )

    texts, problems = read("metadata.jsonl", content)

    assert texts == ["one", None, "3"]
    assert problems == [("unreadable_table", 4), ("unreadable_table", 5)]


def test_json_lists_tell_their_lines(read: Callable[..., Any]) -> None:
    content = '[\n {"audio": "a.wav",\n  "transcription": "one"},\n\n {"audio": "x.wav", "transcription": "two"}\n]'

    assert read("list.json", content) == (["one"], [("missing_audio", 5)])
    assert read("list.json", content[:60]) == (["one"], [("unreadable_table", 5)])
    assert read("list.json", "[" * 100_000) == ([], [])
    assert read("list.json", '[{"audio": ' + "[" * 100_000) == ([], [("unreadable_table", 1)])


def test_azure_lines(read: Callable[..., Any]) -> None:
    content = "\ufeffa.wav\tone two\r\nb\tthree\r\nc.wav four\r\n\r\nd.wav\tfive\r\n"

    texts, problems = read("trans.txt", content)

    assert texts == ["one two", "three"]
    assert problems == [("unreadable_table", 3), ("missing_audio", 5)]


def test_names_from_windows_are_found(tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll) -> None:
    tone(tmp_path / "clips" / "a.wav")
    (tmp_path / "metadata.csv").write_text("file_name,transcription\nclips\\a.wav,hello\n")

    assert [row.id for row in read_all(tmp_path).rows] == ["clips/a.wav"]


@pytest.mark.parametrize("name", ["metadata.csv", "utterances.csv"])
def test_every_bad_line_is_reported_however_many_come_first(read: Callable[..., Any], name: str) -> None:
    lines = "".join(f"a.wav,one, two,{number}\n" for number in range(250))

    texts, problems = read(name, f"audio,transcription\n{lines}b.wav,three\n")

    assert texts == ["three"]
    assert problems == [("unreadable_table", line) for line in range(2, 252)]


def test_a_file_in_which_nothing_is_readable_is_reported_line_by_line(read: Callable[..., Any]) -> None:
    texts, problems = read("metadata.jsonl", "nonsense\n" * 250)

    assert texts == []
    assert problems == [("unreadable_table", line) for line in range(1, 251)]


def test_a_broken_table_about_something_else_is_left_alone(read: Callable[..., Any]) -> None:
    assert read("prices.csv", "# prices\nname,price\nbread,1\n") == ([], [])


def test_a_header_alone_is_no_mistake(read: Callable[..., Any]) -> None:
    assert read("metadata.csv", "file_name,transcription\r\n") == ([], [])
    assert read("utterances.tsv", "audio\ttranscription") == ([], [])


def test_spaces_around_a_text_go_and_those_inside_become_one(read: Callable[..., Any]) -> None:
    texts, problems = read("metadata.csv", 'file_name,transcription\na.wav," \u00a0one \t\r\n two\u00a0three\u00a0"\n')

    assert (texts, problems) == (["one two\u00a0three"], [])


def test_an_endless_name_is_told_in_short_and_in_no_time(
    tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll
) -> None:
    tone(tmp_path / "a.wav")
    marks = "\u0301\u0316" * 200_000  # to bring these into their order takes minutes
    (tmp_path / "metadata.csv").write_text(f"file_name,transcription\na{marks}.wav,hello\n", encoding="utf-8")

    started = time.perf_counter()
    (missing,) = [one for one in read_all(tmp_path).problems if one.rule == "missing_audio"]

    assert time.perf_counter() - started < 5
    assert len(missing.message) < 200


def test_further_columns(tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll) -> None:
    tone(tmp_path / "call.wav", seconds=2.0)
    (tmp_path / "calls.csv").write_text(
        "Recording,Said,Who,Lang,Tape,Group,From,Length,duration,SNR,note\n"
        "call.wav,hello, ann ,en,t1,far,0.5004,1,9, 12.5 ,x\ncall.wav,there,,,,,,1,,,\n"
    )
    columns = Columns(
        audio="recording",
        text="said",
        speaker="who",
        language="lang",
        source="tape",
        slice="group",
        start="from",
        duration="LENGTH",
        noise="snr",
    )

    whole, part = read_all(tmp_path, columns=columns).rows

    assert (part.id, part.start, part.seconds) == ("call.wav@0.500+1.000", 0.5, 1.0)
    assert (part.speaker, part.language, part.source, part.slice) == ("ann", "en", "t1", "far")
    assert (part.noise, whole.noise) == ("12.5", "")
    assert (whole.id, whole.start, whole.seconds, whole.text) == ("call.wav", None, None, "there")


def test_a_table_of_parquet(tmp_path: Path, tone: Callable[..., Path], read_all: ReadAll) -> None:
    import pyarrow
    from pyarrow import parquet

    tone(tmp_path / "a.wav")
    table = pyarrow.table({"file_name": ["a.wav", "b.wav"], "transcription": ["one", "two"]})
    parquet.write_table(table, tmp_path / "metadata.parquet")

    rows, _, problems = read_all(tmp_path)

    assert [(row.id, row.text, row.line) for row in rows] == [("a.wav", "one", 1)]
    assert [(one.rule, one.line) for one in problems] == [("missing_audio", 2)]
