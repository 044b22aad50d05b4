"""Pairs: `x.wav` with its transcript in `x.txt` beside it, or the `audio.wav` and `transcript.txt` of one folder."""

import posixpath
from collections.abc import Iterator

from asr.corpus.readers.listing import Listing
from asr.corpus.readers.row import Row, clean
from asr.corpus.readers.text_file import read_text
from asr.corpus.rules import Problem, problem

_NOT_TRANSCRIPTS = frozenset({"plain_text", "plain-text", "related_text", "related-text", "pronunciation"})
_ABOUT_THE_FOLDER = ("readme", "license", "licence", "notice", "copying")
_LARGEST = 1 << 20  # bytes of one transcript


def is_transcript(name: str) -> bool:
    """Whether a file is the transcript of one audio file by its name."""
    stem, suffix = posixpath.splitext(posixpath.basename(name).lower())
    return suffix == ".txt" and stem not in _NOT_TRANSCRIPTS and not stem.startswith(_ABOUT_THE_FOLDER)


def read_pair(listing: Listing, name: str) -> Iterator[Row | Problem]:
    """The row of the transcript `name`; the same transcript serves `x.wav` and `x.flac` when both are there."""
    file = listing.shown(name)
    folder, stem = posixpath.split(posixpath.splitext(name)[0])
    audio = listing.audio_with_stem(posixpath.join(folder, stem))
    if not audio and stem.lower() == "transcript":
        audio = listing.audio_with_stem(posixpath.join(folder, "audio"))
    if not audio:
        yield problem("orphan_transcript", file)
        return
    text = read_text(listing.path(name), file, _LARGEST)
    if isinstance(text, Problem):
        yield text
        return
    for one in audio:
        yield Row(one, listing.path(one), listing.shown(one), clean(text), file, None)
