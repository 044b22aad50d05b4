"""Hugging Face AudioFolder: `metadata.csv`, `.jsonl` or `.parquet` with `file_name` and `transcription`, in any folder.

Format: https://huggingface.co/docs/datasets/audio_dataset#audiofolder
"""

import posixpath
from collections.abc import Iterator

from asr.corpus.columns import Columns
from asr.corpus.readers.listing import Listing
from asr.corpus.readers.row import Row
from asr.corpus.readers.table import read_table
from asr.corpus.rules import Problem


def is_metadata(name: str) -> bool:
    """Whether a file describes an AudioFolder by its name."""
    return posixpath.basename(name).lower() in {"metadata.csv", "metadata.jsonl", "metadata.parquet"}


def read_metadata(listing: Listing, name: str, columns: Columns) -> Iterator[Row | Problem]:
    """The rows of one metadata file; `text` stands in for a missing column `transcription`."""
    yield from read_table(listing, name, columns.model_copy(update={"audio": "file_name"}), expected=True)
