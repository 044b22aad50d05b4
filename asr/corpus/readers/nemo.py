"""NeMo manifests: JSON Lines, mostly called `.json`, with `audio_filepath`, `text`, `offset` and `duration`.

Format: https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/asr/datasets.html
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from asr.audio import AudioError, info
from asr.corpus.limits import SHORTEST
from asr.corpus.readers.listing import Listing
from asr.corpus.readers.recipe_audio import find_audio
from asr.corpus.readers.records import Record, read_json_lines, read_records
from asr.corpus.readers.row import Row, clean, segment
from asr.corpus.rules import Problem

_AUDIO = "audio_filepath"
_TEXTS = ("text", "normalized_text")
_SPEAKERS = ("speaker", "speaker_id")
_LANGUAGES = ("lang", "language")
_BEGIN = 1 << 16  # bytes in which the first record is
_KEY = re.compile(rb'"audio_filepath"\s*:')


def is_nemo(listing: Listing, name: str) -> bool:
    """Whether a JSON file is a manifest by how it begins."""
    if posixpath.splitext(name)[1].lower() not in {".json", ".jsonl"}:
        return False
    begin = _begin(listing.path(name))
    if begin.startswith(b"["):
        return _KEY.search(begin) is not None
    return any(line.lstrip().startswith(b"{") and _KEY.search(line) for line in begin.splitlines())


def read_nemo(listing: Listing, name: str) -> Iterator[Row | Problem]:
    """The rows of a manifest."""
    path, shown = listing.path(name), listing.shown(name)
    is_list = path.suffix.lower() == ".json" and _begin(path).startswith(b"[")
    for one in read_records(path, shown) if is_list else read_json_lines(path, shown):
        yield one if isinstance(one, Problem) else _row(listing, name, one)


def _row(listing: Listing, name: str, record: Record) -> Row | Problem:
    fields = record.fields
    found = find_audio(listing, name, record.line, (fields.get(_AUDIO) or "").strip())
    if isinstance(found, Problem):
        return found
    row = Row(
        *found,
        listing.shown(found[0]),
        clean(next((fields[one] for one in _TEXTS if fields.get(one) is not None), None)),
        listing.shown(name),
        record.line,
        speaker=_first(fields, _SPEAKERS),
        language=_first(fields, _LANGUAGES),
    )
    placed = segment(row, _first(fields, ("offset",)) or "0", _first(fields, ("duration",)))
    return row if isinstance(placed, Row) and _is_whole(placed) else placed


def _is_whole(row: Row) -> bool:
    # NeMo reads `duration` seconds from `offset` on, which is 0 when nothing is said. So a manifest of whole files and
    # the first segment of a recording look the same, and only the file tells them apart.
    if row.start:
        return False
    if row.seconds is None:
        return True
    try:
        seconds = info(row.audio).seconds
    except AudioError:
        return True  # what is wrong is told when the file is decoded
    return seconds is not None and abs(seconds - row.seconds) < SHORTEST


def _first(fields: dict[str, str | None], names: tuple[str, ...]) -> str:
    return next((found for one in names if (found := (fields.get(one) or "").strip())), "")


def _begin(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BEGIN).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return b""
