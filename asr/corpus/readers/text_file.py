"""Text files of a corpus: UTF-8 with or without a byte order mark; bytes that are not UTF-8 are marked, not fatal."""

import gzip
import math
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from asr.audio import lfs_oid
from asr.corpus.readers.archive import GROWTH, GROWTH_FROM
from asr.corpus.rules import Problem, problem

LOST = "\ufffd"
"""Stands where bytes were not UTF-8; the rule `not_utf8` finds it in a transcript and names its line."""

LONGEST_LINE = 1 << 20
"""Bytes of one line: a transcript has some hundred, and a broken export in one line must not fill the memory."""
LARGEST_TEXT = 64 << 20
"""Bytes of a file that is read whole."""
LARGEST_UNPACKED = 8_000_000_000
"""Bytes that a `.gz` file may grow to, within what archives may: more than ten million utterances."""

_MARK = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_POINTER = b"version "


def read_text(path: Path, shown: Path, most: int = LARGEST_TEXT) -> str | Problem:
    """The text of a file of at most `most` bytes, or why there is none."""
    try:
        with path.open("rb", buffering=0) as file:
            content = file.read(min(most, os.fstat(file.fileno()).st_size) + 1)
    except OSError as error:
        return problem("unreadable_file", shown, detail=error.strerror or "")
    if wrong := _wrong(content, path, shown):
        return wrong
    if len(content) > most:
        return problem("unreadable_table", shown, detail=f"it is larger than {most >> 20} MiB", mend="split the file")
    return content.decode("utf-8-sig", errors="replace")


def read_lines(path: Path, shown: Path) -> Iterator[tuple[int, str] | Problem]:
    """The lines of a file of any size with their numbers from 1, each with its end; too long ones are left out.

    A `.gz` file is unpacked line by line.
    """
    if wrong := _unreadable(path, shown):
        yield wrong
        return
    packed = path.suffix.lower() == ".gz"
    number = size = 0
    try:
        most = min(LARGEST_UNPACKED, max(GROWTH_FROM, GROWTH * path.stat().st_size)) if packed else math.inf
        with cast(BinaryIO, gzip.open(path)) if packed else path.open("rb") as file:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                size += len(line)
                begin, is_long = line, len(line) > LONGEST_LINE
                while is_long and line and not line.endswith(b"\n") and size <= most:
                    line = file.readline(LONGEST_LINE)
                    size += len(line)
                if size > most:
                    detail = f"it grows to more than {most / 1e9:.2g} GB"
                    yield problem("unreadable_table", shown, number, detail, mend="split the file")
                    return
                if is_long:
                    detail = f"the line is longer than {LONGEST_LINE >> 20} MiB"
                    yield problem("unreadable_table", shown, number, detail, mend="write one utterance on each line")
                else:
                    yield number, (begin.removeprefix(_MARK) if number == 1 else begin).decode(errors="replace")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield problem("unreadable_table", shown, number + 1, "it is cut off or damaged", mend="pack the file again")
    except OSError as error:
        yield problem("unreadable_file", shown, detail=error.strerror or "")


def _unreadable(path: Path, shown: Path) -> Problem | None:
    try:
        with path.open("rb") as file:
            return _wrong(file.read(len(_POINTER)), path, shown)
    except OSError as error:
        return problem("unreadable_file", shown, detail=error.strerror or "")


def _wrong(begin: bytes, path: Path, shown: Path) -> Problem | None:
    if begin.startswith(_POINTER) and lfs_oid(path):
        return problem("lfs_pointer", shown)
    return problem("not_utf8", shown, 1, "it is UTF-16") if begin.startswith(_UTF16) else None
