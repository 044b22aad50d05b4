"""Hugging Face AudioFolder: `metadata.csv` or `metadata.jsonl` with `file_name` and `transcription`, in any folder.

Format: https://huggingface.co/docs/datasets/audio_dataset#audiofolder
"""

import posixpath
from collections.abc import Iterator

from asr.corpus.readers.listing import Listing
from asr.corpus.readers.records import read_table
from asr.corpus.readers.row import Columns, Row
from asr.corpus.readers.table import rows_of
from asr.corpus.rules import Problem

_COLUMNS = Columns(audio="file_name", text="transcription")


def is_metadata(name: str) -> bool:
    """Whether a file describes an AudioFolder by its name."""
    return posixpath.basename(name).lower() in {"metadata.csv", "metadata.jsonl"}


def read_metadata(listing: Listing, name: str) -> Iterator[Row | Problem]:
    """The rows of one metadata file; `text` stands in for a missing column `transcription`."""
    yield from rows_of(listing, name, read_table(listing.path(name)), _COLUMNS, expected=True)
