"""Text is cut where the service takes no more: no line is lost, and each piece is a file of its own."""

from pathlib import Path

import pytest

from asr.azure.cut_text import cut_text

BOM = b"\xef\xbb\xbf"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "plain_text.txt"
    path.write_bytes(BOM + "".join(f"{line}\r\n" for line in lines).encode())
    return path


def lines_of(path: Path) -> list[str]:
    content = path.read_bytes()
    assert content.startswith(BOM) and BOM not in content[3:] and content.endswith(b"\r\n")
    return content[3:].decode().split("\r\n")[:-1]


@pytest.mark.parametrize("lines", [3, None], ids=["lines", "any"])
def test_what_is_within_the_limits_stays(tmp_path: Path, lines: int | None) -> None:
    path = write(tmp_path, "one", "two", "six")
    content = path.read_bytes()
    assert cut_text(path, len(content), lines) == (path,)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (content, [path])


def test_by_lines(tmp_path: Path) -> None:
    pieces = cut_text(write(tmp_path, *"abcdefg"), 1000, 3)
    assert [piece.name for piece in pieces] == [f"plain_text-00{number}.txt" for number in (1, 2, 3)]
    assert [lines_of(piece) for piece in pieces] == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    assert sorted(tmp_path.iterdir()) == list(pieces), "the whole one is gone"


def test_by_bytes(tmp_path: Path) -> None:
    pieces = cut_text(write(tmp_path, "zwölf", "öl", "x", "y"), 3 + 8 + 5)
    assert [lines_of(piece) for piece in pieces] == [["zwölf", "öl"], ["x", "y"]]
    assert pieces[0].stat().st_size == 16, "as large as it may be"


def test_a_line_is_not_cut(tmp_path: Path) -> None:
    pieces = cut_text(write(tmp_path, "a", "much too long", "b"), 10)
    assert [lines_of(piece) for piece in pieces] == [["a"], ["much too long"], ["b"]]


def test_no_text(tmp_path: Path) -> None:
    assert cut_text(tmp_path / "plain_text.txt", 10, 1) == ()
