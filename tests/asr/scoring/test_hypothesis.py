"""The table of what a model heard comes back as it was written."""

import json
from pathlib import Path

import pytest

from asr.errors import DataError
from asr.scoring.hypothesis import Hypothesis, read_table, write_table

ROWS = [
    Hypothesis("a", "one two", "one\u2028 <b>\n", 2.0, 2, 1, 0, 0, 7, 3, "s1", "r1", "x"),
    Hypothesis("b", "ein Käse", "ein Käse", 4.0, 8, 0, 0, 0, 33, 0),
    Hypothesis("c", "", "you", 6.0, 0, 0, 0, 1, 0, 3),
]


def test_a_table_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.jsonl"
    write_table(ROWS, path)
    assert read_table(path) == ROWS
    assert json.loads(path.read_text("utf-8").splitlines()[-1])["id"] == "c"
    assert [file.name for file in path.parent.iterdir()] == ["table.jsonl"]


def test_a_table_that_cannot_be_read_says_where(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    with pytest.raises(DataError, match="is gone"):
        read_table(path)
    write_table(ROWS[:1], path)
    with path.open("a") as lines:
        lines.write('{"id": "b"}\n')
    with pytest.raises(DataError, match=r"table\.jsonl:2 is not a row"):
        read_table(path)
