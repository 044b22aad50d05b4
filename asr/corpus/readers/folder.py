"""A corpus folder in any mix of layouts: every transcript file goes to the reader of its layout."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from asr.corpus.readers.audiofolder import is_metadata, read_metadata
from asr.corpus.readers.azure import is_azure_transcript, read_azure
from asr.corpus.readers.listing import Listing, is_audio, list_folder
from asr.corpus.readers.pairs import audio_by_stem, is_transcript, read_pair
from asr.corpus.readers.row import DEFAULT_COLUMNS, Columns, Row
from asr.corpus.readers.table import is_table, read_any_table
from asr.corpus.rules import Problem, problem


def read_folder(
    folder: Path, *, columns: Columns = DEFAULT_COLUMNS, skip: Collection[str] = ()
) -> tuple[list[Row], list[Problem]]:
    """Read every transcript below a folder, without looking into the audio.

    Returns the rows in the order of (id, file, line), an audio file that is described twice with both of its rows,
    and what could not be read. `skip` names folders at the top that are another corpus.
    """
    listing, problems = list_folder(folder, skip)
    audio = [name for name in listing.files if is_audio(name)]
    stems = audio_by_stem(audio)
    rows: list[Row] = []
    for name in sorted(listing.files):
        for one in _read_file(listing, name, stems, columns):
            if isinstance(one, Row):
                rows.append(one)
            else:
                problems.append(one)
    described = {row.id for row in rows}
    problems += [problem("orphan_audio", listing.path(name)) for name in sorted(audio) if name not in described]
    return sorted(rows, key=lambda row: (row.id, str(row.file), row.line or 0)), problems


def _read_file(
    listing: Listing, name: str, stems: Mapping[str, Sequence[str]], columns: Columns
) -> Iterator[Row | Problem]:
    if is_azure_transcript(name):
        return read_azure(listing, name)
    if is_transcript(name):
        return read_pair(listing, name, stems)
    if is_metadata(name):
        return read_metadata(listing, name)
    if is_table(name):
        return read_any_table(listing, name, columns)
    return iter(())
