import io
import json
import random
import tracemalloc
from pathlib import Path

import pytest

from asr.corpus.readers import long_json
from asr.corpus.readers.long_json import LONG, JsonError, JsonReader, LongString


def read(content: str | bytes) -> list[object]:
    reader = JsonReader(io.BytesIO(content if isinstance(content, bytes) else content.encode()))
    found = []
    while reader.peek():
        found.append(reader.value())
    return found


def refused(content: str | bytes) -> tuple[int, str]:
    with pytest.raises(JsonError) as caught:
        read(content)
    return caught.value.line, caught.value.detail


@pytest.mark.parametrize(
    "content",
    [
        '{"a": [1, -2.5e3, true, false, null, "x"], "b": {}, "c": [], "": {"d": [[]]}}',
        '"a \\" \\\\ \\n \\u00e9 \\ud83d\\ude00 é 😀"',
        "  [ 1 ,\n\t2 ]  ",
        "12345678901234567890",
        '{"same": 1, "same": 2}',
    ],
)
@pytest.mark.parametrize("piece", [1, 2, 3, 1 << 18])
def test_what_json_says_is_read_in_pieces_of_any_size(
    content: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_json, "_PIECE", piece)

    assert read(content) == [json.loads(content)]
    assert read(f"\ufeff{content}\n{content}") == [json.loads(content)] * 2


@pytest.mark.parametrize("piece", [7, 1000, 1 << 18])
def test_long_strings_stay_where_they_are(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_json, "_PIECE", piece)
    long, short = "ab\\/é" * LONG, "x" * LONG
    content = json.dumps({"one": 1}) + f'\n{{"long": "{long}", "short": "{short}"}}'

    _, found = read(content)

    assert isinstance(found, dict)
    assert found["short"] == short
    assert isinstance(found["long"], LongString)
    at, length = found["long"]
    assert content.encode()[at : at + length] == long.encode()


@pytest.mark.parametrize(
    ("content", "line", "detail"),
    [
        ("[1,\n2", 2, "it ends too early"),
        ('{"a": 1\n "b": 2}', 2, ", or } is missing"),
        ('{"a" 1}', 1, ": is missing"),
        ("[1,]", 1, "a value is missing"),
        ("[1 2]", 1, ", or ] is missing"),
        ('\n\n"open', 3, "a quotation mark never closes"),
        ('"open\\', 1, "a quotation mark never closes"),
        ('"\\x"', 1, "a backslash"),
        ("[nope]", 1, "this is no value of JSON"),
        ("1" * 500, 1, "this is no value of JSON"),
        ("}", 1, "a value is missing"),
        ("{1: 2}", 1, '" is missing'),
        ("[" * 100, 1, "nested too deeply"),
        ('{"a":' * 100_000, 1, "nested too deeply"),
        (b"[\xff]", 1, "this is no value of JSON"),
        (f'{{"{"x" * (LONG + 1)}": 1}}', 1, "too long"),
    ],
)
def test_what_is_no_json_is_told_with_its_line(content: str | bytes, line: int, detail: str) -> None:
    found = refused(content)

    assert found[0] == line
    assert detail in found[1]


@pytest.mark.parametrize("one", ['"xxxxxxxxxxxxxxxx"', "0", "[]", '{"a":{}}'])
def test_what_is_held_is_bounded(one: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_json, "LARGEST_VALUE", 10_000)
    many = f"[{','.join([one] * 1000)}]"

    assert "one record has more than" in refused(many)[1]

    reader = JsonReader(io.BytesIO(many.encode()))
    for _ in reader.elements():
        reader.make_room()
        reader.value()
    assert reader.peek() == b""


def test_lines_are_those_of_the_values() -> None:
    reader = JsonReader(io.BytesIO(b'\n[{"a":\n1},\n\n {"a": "\n"}, 3\n]\n{"b": 2}'))

    assert [(line, reader.value()) for line in reader.elements()] == [(2, {"a": 1}), (5, {"a": "\n"}), (6, 3)]
    assert reader.peek() == b"{"
    assert [(name, reader.line, reader.value()) for name in reader.members()] == [("b", 8, 2)]


def test_half_a_surrogate_is_marked() -> None:
    assert read('"a\\ud800b"') == ["a\ufffdb"]
    assert read(b'"a\xffb"') == ["a\ufffdb"]


def test_a_string_of_any_length_takes_no_memory(tmp_path: Path) -> None:
    size = 50 << 20
    with (tmp_path / "long.json").open("wb") as file:
        file.write(b'{"audio": "')
        for _ in range(size >> 20):
            file.write(b"A" * (1 << 20))
        file.write(b'"}')
    with (tmp_path / "long.json").open("rb") as file:
        tracemalloc.start()
        try:
            found = JsonReader(file).value()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert found == {"audio": LongString(11, size)}
    assert peak < 2 << 20


def test_anything_is_json_or_a_problem() -> None:
    dice = random.Random(5)
    good = json.dumps([{"a": ["x\\y", 1.5, None], "b": {"c": "é" * 40}}] * 3, indent=1).encode()
    read_well = 0
    for _ in range(2000):
        content = bytearray(good)
        for _ in range(dice.choice((1, 2, 5))):
            content[dice.randrange(len(content))] = dice.choice(b'{}[]",:\\ 0a\n\xff')
        try:
            read(bytes(content))
            read_well += 1
        except JsonError as error:
            assert 1 <= error.line <= content.count(b"\n") + 1
    assert 0 < read_well < 2000
