"""Zip files: what the directory at their end says, and the bytes of one member; neither is believed.

Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (section 4.3). The `zipfile` of Python is not used
here: it keeps a directory of any length in memory, and lets members lie over each other.
"""

import os
import zlib
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Any, BinaryIO, NamedTuple

STORED, DEFLATED = 0, 8
"""The two ways of packing that every program writes, unless it is told otherwise."""

_PIECE = 1 << 18  # bytes held at a time, packed and unpacked
_LARGEST_DIRECTORY = 64 << 20  # bytes: 200,000 members with names of 200 characters and all that belongs to them

_END = Struct("<4s4H2LH")
_END64_PLACE = Struct("<4sLQL")
_END64 = Struct("<4sQ2H2L4Q")
_ENTRY = Struct("<4s6H3L5H2L")
_HEADER = Struct("<4s5H3L2H")
_EXTRA = Struct("<2H")

_UTF8 = 1 << 11
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_PATCHED = 1 << 5

_DAMAGED = "it is damaged"
_CUT_OFF = "its end is missing, so it is cut off or no zip file"


class ArchiveError(Exception):
    """An archive is not unpacked: it breaks the corpus rule `rule`; `detail` and `mend` are those of the problem."""

    def __init__(self, rule: str, detail: str, mend: str = "") -> None:
        super().__init__(detail)
        self.rule = rule
        self.detail = detail
        self.mend = mend


class Member(NamedTuple):
    """A member of a zip file as its directory describes it."""

    name: str
    """As it is written there: it may lead anywhere."""
    encrypted: bool
    method: int
    """How it is packed; -1 when it is only the difference to another file."""
    crc: int
    packed: int
    size: int
    """Bytes in the archive, and bytes unpacked."""
    mode: int
    """Kind and permissions as Unix writes them; 0 when nobody wrote them down."""
    start: int
    end: int
    """Where it begins in the archive, and where the next one does."""


def read_members(file: BinaryIO, most: int) -> list[Member]:
    """The members in the order in which they lie in the file; none lies over another, and none outside.

    Raises:
        ArchiveError: it is no zip file, damaged, in parts, behind something else, or has more than `most` members.
    """
    start, length, count = _find_directory(file)
    if count > most:
        raise ArchiveError("archive_bounds", f"{count:,} members, at most {most:,} are read")
    if length > _LARGEST_DIRECTORY:
        detail = f"a directory of {length >> 20} MiB, at most {_LARGEST_DIRECTORY >> 20} are read"
        raise ArchiveError("archive_bounds", detail)
    file.seek(start)
    members = _read_directory(file.read(length), most)
    if (len(members) - count) % (1 << 16):  # archives of the macOS Finder count to 65,535 and begin again
        raise ArchiveError("bad_archive", _DAMAGED)
    members.sort(key=lambda one: one.start)
    ends = [*(one.start for one in members[1:]), start]
    return [_with_end(one, end) for one, end in zip(members, ends, strict=False)]


def read_content(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """The bytes of a member in pieces, never more of them than the directory said.

    Raises:
        ArchiveError: it holds more, less, or something else than the directory said, or cannot be unpacked.
    """
    file.seek(member.start)
    *_, name, extra = _read(_HEADER, b"PK\3\4", file.read(_HEADER.size))
    begin = member.start + _HEADER.size + name + extra
    if begin + member.packed > member.end:
        raise _overlapping(member.name)
    file.seek(begin)
    pieces = _pieces(file, member.packed)
    size = crc = 0
    for piece in pieces if member.method == STORED else _inflate(pieces):
        size += len(piece)
        if size > member.size:
            raise ArchiveError("bad_archive", f"it says less than there is in {shorten(member.name)}")
        crc = zlib.crc32(piece, crc)
        yield piece
    if size != member.size or crc != member.crc:
        raise ArchiveError("bad_archive", f"{shorten(member.name)} is damaged")


def shorten(name: str) -> str:
    """A name that fits into a line."""
    return name if len(name) <= 100 else f"{name[:70]}…{name[-29:]}"


def _find_directory(file: BinaryIO) -> tuple[int, int, int]:
    # Where it starts, its length in bytes, and how many members it claims.
    size = file.seek(0, os.SEEK_END)
    tail_at = file.seek(max(0, size - _END.size - 0xFFFF))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    while at >= 0 and not _ends_with_comment(tail[at:]):
        at = tail.rfind(b"PK\5\6", 0, at + 3)
    if at < 0:
        raise ArchiveError("bad_archive", _CUT_OFF)
    _, disk, first_disk, here, count, length, start, _ = _END.unpack_from(tail, at)
    end = tail_at + at
    file.seek(max(0, end - _END64_PLACE.size))
    place = file.read(_END64_PLACE.size)
    if place.startswith(b"PK\6\7"):
        _, _, end, _ = _END64_PLACE.unpack(place)
        if end > size:
            raise ArchiveError("bad_archive", _DAMAGED)
        file.seek(end)
        record = _read(_END64, b"PK\6\6", file.read(_END64.size))
        disk, first_disk, here, count, length, start = record[4:]
    if disk or first_disk or here != count:
        raise ArchiveError("bad_archive", "it is one part of several", "zip it again in one part")
    if start + length > end:
        raise ArchiveError("bad_archive", _DAMAGED)
    file.seek(0)
    if not file.read(4).startswith((b"PK\3\4", b"PK\5\6")):
        raise ArchiveError("bad_archive", "it begins with something else, as archives that unpack themselves do")
    return start, length, count


def _ends_with_comment(record: bytes) -> bool:
    return len(record) >= _END.size and len(record) == _END.size + _END.unpack_from(record)[-1]


def _read_directory(directory: bytes, most: int) -> list[Member]:
    members: list[Member] = []
    at = 0
    while at < len(directory):
        if len(members) == most:
            raise ArchiveError("archive_bounds", f"more than {most:,} members")
        entry = _read(_ENTRY, b"PK\1\2", directory, at)
        flags, method, crc, packed, size, name, extra, comment = (entry[3], entry[4], *entry[7:13])
        names = at + _ENTRY.size
        extras = names + name
        at = extras + extra + comment
        if at > len(directory):
            raise ArchiveError("bad_archive", _DAMAGED)
        size, packed, start = _large(directory[extras : extras + extra], size, packed, entry[-1])
        members.append(
            Member(
                name=_decode(directory[names:extras], bool(flags & _UTF8)),
                encrypted=bool(flags & _ENCRYPTED),
                method=-1 if flags & _PATCHED else method,
                crc=crc,
                packed=packed,
                size=size,
                mode=entry[-2] >> 16,
                start=start,
                end=start,
            )
        )
    return members


def _decode(name: bytes, utf8: bool) -> str:
    try:
        return name.decode()  # many programs write UTF-8 without saying so
    except UnicodeDecodeError:
        if utf8:
            raise ArchiveError("bad_archive", "the name of a member is not UTF-8") from None
        return name.decode("cp437")


def _large(extra: bytes, *sizes: int) -> list[int]:
    # Zip64: what does not fit into 32 bits stands in a field of its own, in this order, as far as it is needed.
    if 0xFFFFFFFF not in sizes:
        return list(sizes)
    at = 0
    while at + _EXTRA.size <= len(extra):
        kind, length = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size
        if kind == 1:
            field = extra[at : at + length]
            large = (int.from_bytes(field[i : i + 8], "little") for i in range(0, len(field) - 7, 8))
            return [next(large, size) if size == 0xFFFFFFFF else size for size in sizes]
        at += length
    return list(sizes)


def _with_end(member: Member, end: int) -> Member:
    if member.start + _HEADER.size + member.packed > end:
        raise _overlapping(member.name)
    return member._replace(end=end)


def _overlapping(name: str) -> ArchiveError:
    return ArchiveError("unsafe_archive", f"{shorten(name)} lies over another member or outside")


def _read(layout: Struct, magic: bytes, data: bytes, at: int = 0) -> tuple[Any, ...]:
    if len(data) - at < layout.size or data[at : at + 4] != magic:
        raise ArchiveError("bad_archive", _DAMAGED)
    return layout.unpack_from(data, at)


def _pieces(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        piece = file.read(min(length, _PIECE))
        if not piece:
            raise ArchiveError("bad_archive", _CUT_OFF)
        length -= len(piece)
        yield piece


def _inflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in pieces:
            while packed and not inflater.eof:
                yield inflater.decompress(packed, _PIECE)
                packed = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error:
        raise ArchiveError("bad_archive", _DAMAGED) from None
