"""Text files of a corpus: UTF-8 with or without a byte order mark; bytes that are not UTF-8 are marked, not fatal."""

from pathlib import Path

from asr.audio import lfs_oid
from asr.corpus.rules import Problem, problem

LOST = "\ufffd"
"""Stands where bytes were not UTF-8; the rule `not_utf8` finds it in a transcript and names its line."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path) -> str | Problem:
    """The text of a file, or why there is none."""
    try:
        if lfs_oid(path):
            return problem("lfs_pointer", path)
        content = path.read_bytes()
    except OSError as error:
        return problem("unreadable_file", path, detail=error.strerror or "")
    if content.startswith(_UTF16):
        return problem("not_utf8", path, 1, "it is UTF-16")
    return content.decode("utf-8-sig", errors="replace")
