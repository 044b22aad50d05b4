"""Pairs: `x.wav` with its transcript in `x.txt` beside it."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from asr.corpus.readers.listing import Listing
from asr.corpus.readers.row import Row, clean
from asr.corpus.readers.text_file import read_text
from asr.corpus.rules import Problem, problem

_NOT_TRANSCRIPTS = frozenset({"plain_text", "plain-text", "related_text", "related-text", "pronunciation"})
_ABOUT_THE_FOLDER = ("readme", "license", "licence", "notice", "copying")


def is_transcript(name: str) -> bool:
    """Whether a file is the transcript of one audio file by its name."""
    stem, suffix = posixpath.splitext(posixpath.basename(name).lower())
    return suffix == ".txt" and stem not in _NOT_TRANSCRIPTS and not stem.startswith(_ABOUT_THE_FOLDER)


def audio_by_stem(audio: Sequence[str]) -> dict[str, list[str]]:
    """Audio files by their names without endings."""
    stems: dict[str, list[str]] = {}
    for name in audio:
        stems.setdefault(_stem(name), []).append(name)
    return stems


def read_pair(listing: Listing, name: str, stems: Mapping[str, Sequence[str]]) -> Iterator[Row | Problem]:
    """The row of the transcript `name`; the same transcript serves `x.wav` and `x.flac` when both are there."""
    file = listing.path(name)
    audio = stems.get(_stem(name), ())
    if not audio:
        yield problem("orphan_transcript", file)
        return
    text = read_text(file)
    if isinstance(text, Problem):
        yield text
        return
    for one in audio:
        yield Row(one, listing.path(one), clean(text), file, None)


def _stem(name: str) -> str:
    return posixpath.splitext(name)[0]
