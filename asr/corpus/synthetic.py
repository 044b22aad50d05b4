"""Speech that nobody said: how its files are marked, and why no model is judged by it.

A model that learns from a synthesizer would be praised for understanding that synthesizer. Therefore Wergate marks
each file that it speaks for training, and what is marked stays out of every set that models are judged by.
"""

from collections.abc import Iterable
from pathlib import Path

from asr.corpus.utterance import Utterance
from asr.errors import DataError

MARK = "synthetic speech, made by Wergate for training only"
"""Stands in the comment of a FLAC file; converters keep it, mostly."""

_HEAD = 4096  # bytes of a file in which comments stand: FLAC and Ogg have them before the audio


def is_marked(path: Path) -> bool:
    """Whether a file says of itself that Wergate spoke it for training.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return MARK.encode() in file.read(_HEAD)


def refuse_synthetic(utterances: Iterable[Utterance], use: str) -> None:
    """Make sure that every utterance was recorded, before models are judged by them; `use` says in which way.

    Raises:
        DataError: some were synthesized.
    """
    marked = [one.id for one in utterances if one.synthetic]
    if marked:
        raise DataError(
            f"{marked[0]}: {len(marked):,} of the utterances for {use} were synthesized for training; judge models by "
            "recordings only, and remove these"
        )
