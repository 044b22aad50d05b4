"""Readers of the corpus layouts, one file a layout."""

from asr.corpus.readers.folder import read_folder

__all__ = ["read_folder"]
