"""Text without recordings: `plain_text.txt`, an utterance on each line, and `structured_text.md`, which is expanded."""

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from asr.corpus.domain_text import TextLine
from asr.corpus.limits import LARGEST_TEXT
from asr.corpus.readers.listing import Listing
from asr.corpus.readers.row import clean
from asr.corpus.readers.text_file import read_lines
from asr.corpus.rules import Problem, problem
from asr.text.structured_text import expand, parse_structured_text

_PLAIN = frozenset({"plain_text.txt", "plain-text.txt", "related_text.txt", "related-text.txt"})
_STRUCTURED = frozenset({"structured_text.md", "structured-text.md"})


def is_plain_text(name: str) -> bool:
    """Whether a file holds lines of text for training by its name; all are names that Microsoft's samples use."""
    return posixpath.basename(name).lower() in _PLAIN


def is_structured_text(name: str) -> bool:
    """Whether a file holds structured text for training by its name."""
    return posixpath.basename(name).lower() in _STRUCTURED


def read_plain_text(listing: Listing, name: str) -> Iterator[TextLine | Problem]:
    """The lines of a file that are not empty."""
    file = listing.shown(name)
    for one in _lines(listing, name):
        if isinstance(one, Problem):
            yield one
        elif text := clean(one[1]):
            yield TextLine(text, file, one[0])


def read_structured_text(listing: Listing, name: str) -> Iterator[TextLine | Problem]:
    """The lines that the sentences of a file stand for, each with the line of its sentence."""
    file = listing.shown(name)
    unread: list[Problem] = []

    def lines() -> Iterator[tuple[int, str]]:
        for one in _lines(listing, name):
            if isinstance(one, Problem):
                unread.append(one)
            else:
                yield one

    structured = parse_structured_text(lines())
    yield from unread
    for one in structured.mistakes:
        yield replace(problem("structured_text", file, one.line, one.what, mend=one.mend), count=one.count)
    taken = 0
    for line, expanded in expand(structured):
        if text := clean(expanded):
            taken += 1
            yield TextLine(text, file, line)
    if taken < structured.possible:
        yield problem("structured_sample", file, detail=f"{taken:,} of {structured.possible:,} lines")


def _lines(listing: Listing, name: str) -> Iterator[tuple[int, str] | Problem]:
    path, file = listing.path(name), listing.shown(name)
    if size := _too_large(path):
        detail = f"the file has {size / 1e6:,.0f} MB, at most {LARGEST_TEXT / 1e6:.0f}"
        yield problem("too_much_text", file, detail=detail, severity="error", mend="split the file")
        return
    for one in read_lines(path, file):
        if isinstance(one, Problem) and one.rule == "unreadable_table":
            yield problem("text_too_long", file, one.line, "more than 1 MiB")
        else:
            yield one


def _too_large(path: Path) -> int:
    try:
        size = path.stat().st_size
    except OSError:  # whoever reads it tells
        return 0
    return size if size > LARGEST_TEXT else 0
