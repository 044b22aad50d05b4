import io
import zipfile
from collections.abc import Iterable

import pytest

from asr.corpus.readers.zip_file import ArchiveError, read_content, read_members, shorten

PIECE = 1 << 18


def zipped(sizes: Iterable[int]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for size in sizes:
            archive.writestr(str(size), bytes(size))
    return file


def test_content_comes_in_pieces_of_bounded_size_however_well_it_is_packed() -> None:
    file = zipped([10_000_000])
    (member,) = read_members(file, 1)
    assert member.packed < 20_000

    pieces = list(read_content(file, member))

    assert b"".join(pieces) == bytes(10_000_000)
    assert max(map(len, pieces)) <= PIECE


def test_nothing_is_lost_where_a_piece_ends() -> None:
    # When a piece is full and all packed bytes are used, zlib may still hold some bytes back.
    file = zipped(range(PIECE - 2, PIECE + 260))

    for member in read_members(file, 1_000):
        assert sum(map(len, read_content(file, member))) == member.size == int(member.name)


def test_members_come_in_the_order_of_the_file_not_of_its_directory() -> None:
    content = zipped([7, 8]).getvalue()
    first, second, end = content.index(b"PK\1\2"), content.rindex(b"PK\1\2"), content.index(b"PK\5\6")
    file = io.BytesIO(content[:first] + content[second:end] + content[first:second] + content[end:])

    members = read_members(file, 2)

    assert [member.name for member in members] == ["7", "8"]
    assert [member.end for member in members] == [members[1].start, first]


def test_an_archive_that_is_cut_off_while_it_is_read_is_an_error() -> None:
    file = zipped([100_000])
    (member,) = read_members(file, 1)
    file.truncate(50)

    with pytest.raises(ArchiveError) as caught:
        list(read_content(file, member))

    assert caught.value.rule == "bad_archive"


def test_long_names_are_cut_in_the_middle() -> None:
    assert shorten("a" * 100) == "a" * 100
    assert shorten(f"start{'x' * 500}.wav").startswith("start")
    assert shorten(f"start{'x' * 500}.wav").endswith(".wav")
    assert len(shorten("x" * 5_000)) == 100
