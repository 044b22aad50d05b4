import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from asr.corpus.readers.row import Row
from asr.corpus.sorted_rows import SortedRows

ROW = Row("a.wav", Path("/unpacked/a.wav"), Path("may.zip/a.wav"), "hello", Path("may.zip/metadata.csv"), 2)


@pytest.fixture
def rows() -> Iterator[SortedRows]:
    kept = SortedRows()
    yield kept
    kept.close()


def test_rows_come_back_as_they_were(rows: SortedRows) -> None:
    others = [
        replace(ROW, name="b.wav", text=None, line=None),
        replace(ROW, name="c.wav", text="", start=0.0, seconds=0.001, speaker="ann", language="de"),
        replace(ROW, name="d.wav", text="grüße \u2028\x00 😀", start=7199.999, source="tape", slice="far"),
    ]
    for one in (*others, ROW):
        rows.add(one)

    assert list(rows) == [ROW, *others]


def test_their_order_does_not_depend_on_how_they_came(rows: SortedRows) -> None:
    expected = [
        *(replace(ROW, file=Path(file), line=line) for file, line in (("a.txt", None), ("b.csv", 9), ("b.csv", 10))),
        *(
            replace(ROW, start=start, seconds=seconds)
            for start, seconds in ((0.0, None), (0.0, 1.0), (0.5, None), (2.0, 1.0), (2.0, 10.0), (10.0, 1.0))
        ),
        *(replace(ROW, name=name) for name in ("a.wav.wav", "a/b.wav", "aa.wav", "b.wav", "é.wav", "日.wav", "😀.wav")),
    ]
    mixed = random.Random(1).sample(expected, len(expected))
    for one in mixed:
        rows.add(one)

    assert list(rows) == expected
    assert [one.name for one in expected] == sorted(one.name for one in expected)


def test_rows_of_a_file_come_together_in_parts(rows: SortedRows) -> None:
    for number in range(5):
        rows.add(replace(ROW, start=float(number), seconds=1.0))
        rows.add(replace(ROW, name=f"{number}.wav"))

    assert [[one.id for one in some] for some in rows.by_file(2)] == [
        *([f"{number}.wav"] for number in range(5)),
        ["a.wav@0.000+1.000", "a.wav@1.000+1.000"],
        ["a.wav@2.000+1.000", "a.wav@3.000+1.000"],
        ["a.wav@4.000+1.000"],
    ]


def test_what_is_in_it(rows: SortedRows) -> None:
    assert not rows
    assert list(rows.names()) == []

    for name, start in (("b.wav", None), ("a.wav", 1.0), ("a.wav", 2.0), ("a/a.wav", None)):
        rows.add(replace(ROW, name=name, start=start))

    assert rows
    assert list(rows.names()) == ["a.wav", "a/a.wav", "b.wav"]
    rows.add(replace(ROW, name="é.wav"))
    assert list(rows.names()) == ["a.wav", "a/a.wav", "b.wav", "é.wav"]


def test_it_can_be_read_again_and_by_two_at_once(rows: SortedRows) -> None:
    for number in range(2500):
        rows.add(replace(ROW, name=f"{number:05}.wav"))

    assert all(one == other for one, other in zip(rows, rows, strict=True))
    assert sum(1 for _ in rows) == 2500


def test_memory_does_not_grow_with_them(rows: SortedRows) -> None:
    tracemalloc.start()
    for number in range(20_000):
        rows.add(replace(ROW, name=f"{number * 7919 % 20_011:05}.wav"))
    count = sum(len(some) for some in rows.by_file(1000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 2 << 20
