import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.readers.records import Record, read_records
from asr.corpus.rules import Problem

HEADER = Record(1, {"audio": None, "text": None})
MEBIBYTE = 1 << 20


def read(path: Path, content: bytes | str) -> tuple[list[Record], list[tuple[str, int | None]]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = list(read_records(path, path))
    problems = [(one.rule, one.line) for one in found if isinstance(one, Problem)]
    return [one for one in found if isinstance(one, Record)], problems


def lines_of(path: Path) -> tuple[int, int, list[Problem], float]:
    """How many records a file has, the line of the last, what is wrong, and the mebibytes that reading took."""
    problems: list[Problem] = []
    count = last = 0
    tracemalloc.start()
    for one in read_records(path, path):
        if isinstance(one, Problem):
            problems.append(one)
        else:
            count, last = count + 1, one.line
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return count, last, problems, peak / MEBIBYTE


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", 'Audio, text \na.wav,one\n\nb.wav,"two, ""three"""\n'),
        ("t.csv", '\ufeffaudio;TEXT\na.wav;one\n\nb.wav;two, "three"\n'),
        ("t.csv", 'audio\ttext\na.wav\tone\n\nb.wav\t"two, ""three"""\n'),
        ("t.tsv", '\ufeffaudio\ttext\na.wav\tone\n\nb.wav\ttwo, "three"\n'),
        ("t.tsv", 'audio\ttext\na.wav\t"one"\n\nb.wav\t"two, ""three"""'),
    ],
)
def test_separated_values(tmp_path: Path, name: str, content: str, end: str) -> None:
    records, problems = read(tmp_path / name, content.replace("\n", end))

    assert problems == []
    assert records == [
        HEADER,
        Record(2, {"audio": "a.wav", "text": "one"}),
        Record(4, {"audio": "b.wav", "text": 'two, "three"'}),
    ]


def test_a_record_over_several_lines_has_the_number_of_its_first(tmp_path: Path) -> None:
    records, _ = read(tmp_path / "t.csv", 'audio,text\na.wav,"one\r\ntwo\n\nthree"\nb.wav,four\n')

    assert [(one.line, one.fields["text"]) for one in records[1:]] == [(2, "one\r\ntwo\n\nthree"), (6, "four")]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.json", "t.jsonl"])
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n\r\n", b"\xef\xbb\xbf\r\n"])
def test_nothing_is_nothing(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(tmp_path / name, content) == ([], [])


@pytest.mark.parametrize("content", ["audio,text", "audio,text\r\n", "\n\naudio,text\n\n,\n"])
def test_only_a_header(tmp_path: Path, content: str) -> None:
    assert read(tmp_path / "t.csv", content) == ([HEADER], [])


def test_fields_that_are_missing_or_too_many(tmp_path: Path) -> None:
    records, problems = read(tmp_path / "t.csv", "audio,text\na.wav\nb.wav,one,,\nc.wav,two,three\n")

    assert [one.fields for one in records[1:]] == [{"audio": "a.wav", "text": None}, {"audio": "b.wav", "text": "one"}]
    assert problems == [("unreadable_table", 4)]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl"])
def test_an_endless_line_is_told_and_passed_over(tmp_path: Path, name: str) -> None:
    first, last = {
        "t.csv": ("audio,text\na.wav,one\n", "\nb.wav,two\n"),
        "t.tsv": ("audio\ttext\na.wav\tone\n", "\nb.wav\ttwo\n"),
        "t.jsonl": ('{"audio": "x.wav"}\n{"audio": "a.wav"}\n', '\n{"audio": "b.wav"}\n'),
    }[name]
    with (tmp_path / name).open("wb") as file:
        file.write(first.encode())
        file.seek(50 * MEBIBYTE)  # a hole, which is read as zeros
        file.write(last.encode())

    count, end, problems, peak = lines_of(tmp_path / name)

    assert (count, end) == (3, 4)
    assert [(one.rule, one.line) for one in problems] == [("unreadable_table", 3)]
    assert "longer than 1 MiB" in problems[0].message
    assert peak < 8


def test_a_quotation_mark_that_never_closes_does_not_take_the_file_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "t.csv").open("w") as file:
        file.write('audio,text\na.wav,"one\n')
        file.writelines(f"{number}.wav,this is number {number}\n" for number in range(3, 50_003))

    count, last, problems, peak = lines_of(tmp_path / "t.csv")

    assert [(one.rule, one.line) for one in problems] == [("unreadable_table", 2)]
    assert last == 50_002
    assert count > 10_000
    assert peak < 8


def test_a_long_table_is_read_line_by_line(tmp_path: Path) -> None:
    with (tmp_path / "t.csv").open("w") as file:
        file.write("audio,text\n")
        file.writelines(f"{number}.wav,this is number {number}\n" for number in range(20_000))

    count, last, problems, peak = lines_of(tmp_path / "t.csv")

    assert (count, last, problems) == (20_001, 20_001, [])
    assert peak < 0.5


def test_a_json_file_of_any_size_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "t.json").open("wb") as file:
        file.truncate(65 * MEBIBYTE)

    (found,) = read_records(tmp_path / "t.json", tmp_path / "t.json")

    assert isinstance(found, Problem)
    assert (found.rule, found.line) == ("unreadable_table", None)
    assert "larger than 64 MiB" in found.message


def test_json_values_become_text(tmp_path: Path) -> None:
    value = {" Audio": "a.wav", "text": 7, "start": 1.5, "yes": True, "none": None, "list": ["x"], "deep": {"y": 1}}
    expected = {"audio": "a.wav", "text": "7", "start": "1.5", "yes": None, "none": None, "list": None, "deep": None}

    assert read(tmp_path / "t.jsonl", json.dumps(value)) == ([Record(1, expected)], [])
    assert read(tmp_path / "t.json", f"\n[\n{json.dumps(value)}\n]") == ([Record(3, expected)], [])


def test_half_of_a_surrogate_pair_is_marked_as_lost(tmp_path: Path) -> None:
    written = r'{"audio": "a\ud800.wav", "te\udfffxt": "\ud83d\ude00 \ude00\ud83d"}'

    for name, content in (("t.jsonl", written), ("t.json", f"[{written}]")):
        ((record,), problems) = read(tmp_path / name, content)

        assert problems == []
        assert record.fields == {"audio": "a\ufffd.wav", "te\ufffdxt": "😀 \ufffd\ufffd"}


@pytest.mark.parametrize(
    "content", ['{"a": 1', "nonsense", '{"a": ' + "9" * 5000 + "}", "[" * 100_000, '"text"', "[1]"]
)
def test_bad_json_is_told(tmp_path: Path, content: str) -> None:
    records, problems = read(tmp_path / "t.jsonl", f'{{"audio": "a.wav"}}\n{content}\n{{"audio": "b.wav"}}\n')

    assert [one.line for one in records] == [1, 3]
    assert problems == [("unreadable_table", 2)]


def parquet(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path, **options)
    return path


def test_parquet(tmp_path: Path) -> None:
    import pyarrow

    path = parquet(
        tmp_path / "t.parquet",
        {
            "Audio": ["a.wav", "b.wav"],
            "text": pyarrow.array(["one", None]).dictionary_encode(),
            "start": [0, 1.5],
            "speaker": [7, 8],
            "nothing": [None, None],
            "bytes": [b"x", b"y"],
            "deep": [{"x": 1}, None],
        },
    )

    records = list(read_records(path, path))

    assert records == [
        Record(1, dict.fromkeys(["audio", "text", "start", "speaker", "nothing"])),
        Record(1, {"audio": "a.wav", "text": "one", "start": "0.0", "speaker": "7", "nothing": None}),
        Record(2, {"audio": "b.wav", "text": None, "start": "1.5", "speaker": "8", "nothing": None}),
    ]


def test_audio_inside_of_parquet_is_not_taken_into_memory(tmp_path: Path) -> None:
    import pyarrow

    audio = [bytes(MEBIBYTE)] * 20
    path = parquet(tmp_path / "t.parquet", {"audio": ["a.wav"] * 20, "bytes": audio}, use_dictionary=False)
    pyarrow.default_memory_pool().release_unused()
    before = pyarrow.total_allocated_bytes()

    held = max(pyarrow.total_allocated_bytes() - before for _ in read_records(path, path))

    assert held < 5 * MEBIBYTE


def test_a_parquet_file_without_rows_has_its_columns(tmp_path: Path) -> None:
    import pyarrow

    path = parquet(tmp_path / "t.parquet", {"audio": pyarrow.array([], pyarrow.string())})

    assert list(read_records(path, path)) == [Record(1, {"audio": None})]


@pytest.mark.parametrize("size", [0, 3, 100, -10])
def test_a_damaged_parquet_file_is_told(tmp_path: Path, size: int) -> None:
    path = parquet(tmp_path / "t.parquet", {"audio": ["a.wav"] * 1000})

    _, problems = read(path, path.read_bytes()[:size])

    assert problems == [("unreadable_table", 1)]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.json", "t.jsonl", "t.parquet"])
def test_lfs_pointers_and_files_that_are_gone_are_told(tmp_path: Path, name: str) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"

    assert read(tmp_path / name, pointer) == ([], [("lfs_pointer", None)])
    (tmp_path / name).unlink()
    (gone,) = read_records(tmp_path / name, tmp_path / name)
    assert isinstance(gone, Problem) and gone.rule in {"unreadable_file", "unreadable_table"}
    assert "No such file" in gone.message
