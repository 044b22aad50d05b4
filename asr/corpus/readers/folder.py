"""A corpus folder in any mix of layouts: every transcript file goes to the reader of its layout."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from asr.corpus.columns import DEFAULT_COLUMNS, Columns
from asr.corpus.hub.reference import is_reference
from asr.corpus.life_fields import DEFAULT_LIFE_FIELDS, LifeFields
from asr.corpus.readers.audiofolder import is_metadata, read_metadata
from asr.corpus.readers.azure import is_azure_transcript, read_azure
from asr.corpus.readers.hub import read_hub
from asr.corpus.readers.kaldi import is_kaldi, read_kaldi
from asr.corpus.readers.lhotse import is_lhotse, read_lhotse
from asr.corpus.readers.life import is_life, read_life
from asr.corpus.readers.listing import Listing, list_folder
from asr.corpus.readers.nemo import is_nemo, read_nemo
from asr.corpus.readers.pairs import is_transcript, read_pair
from asr.corpus.readers.row import Row
from asr.corpus.readers.table import is_table, read_table
from asr.corpus.rules import Problem, Problems, problem
from asr.corpus.sorted_rows import SortedRows


@dataclass(frozen=True)
class Reading:
    """What the transcripts of a folder say: their rows, and what could not be read."""

    rows: SortedRows
    orphans: SortedRows
    """Audio that no transcript speaks of, as rows without text."""
    problems: Problems
    listing: Listing
    """All files of the folder."""


@dataclass(frozen=True)
class _Options:
    """What readers need besides the file: how fields are called, and where to put audio that is inside of files."""

    columns: Columns
    life: LifeFields
    unpacked: Path


@contextmanager
def read_folder(
    folder: Path,
    *,
    unpacked: Path,
    columns: Columns = DEFAULT_COLUMNS,
    life: LifeFields = DEFAULT_LIFE_FIELDS,
    skip: Collection[str] = (),
) -> Iterator[Reading]:
    """Read every transcript below a folder, without looking into the audio.

    An audio file that is described twice has both of its rows. `skip` names folders at the top that are another
    corpus; what is in archives, and audio that is in other files, is unpacked below `unpacked`.
    """
    options = _Options(columns, life, unpacked)
    listing, rows, orphans, problems = Listing(folder), SortedRows(), SortedRows(), Problems()
    try:
        problems.add(list_folder(listing, unpacked, skip))
        for name in listing.others():
            for one in _read_file(listing, name, options):
                if isinstance(one, Row):
                    rows.add(one)
                else:
                    problems.add([one])
        for name in _left_over(listing.audio(), rows.names()):
            shown = listing.shown(name)
            orphans.add(Row(name, listing.path(name), shown, None, shown, None))
            problems.add([problem("orphan_audio", shown)])
        yield Reading(rows, orphans, problems, listing)
    finally:
        listing.close()
        rows.close()
        orphans.close()


def _left_over(audio: Iterator[str], described: Iterator[str]) -> Iterator[str]:
    # Both are sorted.
    current = next(described, None)
    for name in audio:
        while current is not None and current < name:
            current = next(described, None)
        if name != current:
            yield name


def _read_file(listing: Listing, name: str, options: _Options) -> Iterator[Row | Problem]:
    # Whoever goes by the name of a file comes first, then who looks into it, then who reads any table.
    if is_reference(name):
        return read_hub(listing, name, options.unpacked)
    if is_azure_transcript(name):
        return read_azure(listing, name)
    if is_transcript(name):
        return read_pair(listing, name)
    if is_metadata(name):
        return read_metadata(listing, name, options.columns)
    if is_kaldi(listing, name):
        return read_kaldi(listing, name)
    if is_lhotse(listing, name):
        return read_lhotse(listing, name)
    if is_nemo(listing, name):
        return read_nemo(listing, name)
    if is_life(listing, name, options.life):
        return read_life(listing, name, options.life, options.unpacked)
    if is_table(name):
        return read_table(listing, name, options.columns)
    return iter(())
