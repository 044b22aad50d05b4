"""Lhotse manifests: `recordings` with `supervisions`, or `cuts`, as `.jsonl` or `.jsonl.gz`.

Format: https://lhotse.readthedocs.io/en/latest/corpus.html and https://lhotse.readthedocs.io/en/latest/cuts.html. Only
recordings that are one file of the corpus are read: what would be run, fetched or changed is refused.
"""

import json
import posixpath
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from math import isclose
from typing import Any, NamedTuple

from asr.corpus.readers.listing import Listing
from asr.corpus.readers.recipe_audio import find_audio
from asr.corpus.readers.records import json_lines, whole_text
from asr.corpus.readers.row import Row, clean, segment
from asr.corpus.readers.text_file import read_lines
from asr.corpus.rules import Problem, problem

Object = dict[str, Any]

_NAME = re.compile(r"(?<![a-z])(recordings|supervisions|cuts)(?![a-z])(?=.*\.jsonl(\.gz)?$)")
_OF = {"recordings": "sources", "supervisions": "recording_id", "cuts": "type"}  # a field that nothing else has
_SCHEMA = "CREATE TABLE recordings (id TEXT PRIMARY KEY, line INTEGER, name TEXT, seconds REAL) WITHOUT ROWID"
_SAME_SOUND = {"Resample"}
_ROUNDED = 1e-3  # seconds by which lengths may differ, as in Lhotse
_TO_FILE = "write the audio to one file, and name that as a source of the type file"


class _Recording(NamedTuple):
    """A recording that is one file of the corpus."""

    id: str
    name: str
    seconds: float | None


def is_lhotse(listing: Listing, name: str) -> bool:
    """Whether a file is a manifest of Lhotse by its name and its first line."""
    match = _NAME.search(posixpath.basename(name))
    if match is None:
        return False
    first = next(read_lines(listing.path(name), listing.shown(name)), None)
    if isinstance(first, Problem):
        return match[2] is not None  # nobody else would tell
    try:
        value = json.loads(first[1]) if first else None
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and _OF[match[1]] in value


def read_lhotse(listing: Listing, name: str) -> Iterator[Row | Problem]:
    """The rows of a manifest: of cuts by themselves, of supervisions with the recordings beside them.

    Each supervision is a row, and the id of its recording is its source, unless it is the whole of it.
    """
    match = _NAME.search(posixpath.basename(name))
    if match and match[1] == "cuts":
        yield from _read_cuts(listing, name)
    elif match and match[1] == "supervisions":
        yield from _read_supervisions(listing, name)


def _read_cuts(listing: Listing, name: str) -> Iterator[Row | Problem]:
    file = listing.shown(name)
    for one in _objects(listing, name):
        if isinstance(one, Problem):
            yield one
            continue
        line, cut = one
        if cut.get("type") not in {"MonoCut", "MultiCut"}:
            detail = f"{_text(cut.get('id'))} is a {_text(cut.get('type'))}, which puts sounds together"
            yield problem("unreadable_table", file, line, detail, mend="write it to a file, and name that in a MonoCut")
            continue
        recording = _recording(listing, name, line, cut.get("recording"))
        if isinstance(recording, Problem):
            yield recording
            continue
        supervisions = cut.get("supervisions")
        if not isinstance(supervisions, list) or not supervisions:
            yield problem("missing_text", file, line, _text(cut.get("id")), mend="add a supervision, or remove the cut")
            continue
        for supervision in supervisions:
            if isinstance(supervision, dict):
                yield _row(listing, name, line, recording, supervision, _seconds(cut.get("start")))
            else:
                yield problem("unreadable_table", file, line, "a supervision that is not a JSON object")


def _read_supervisions(listing: Listing, name: str) -> Iterator[Row | Problem]:
    file = listing.shown(name)
    beside = _beside(listing, name)
    if beside is None:
        detail = f"there is no {_NAME.sub('recordings', posixpath.basename(name))} beside it"
        yield problem("unreadable_table", file, detail=detail, mend="add the recordings")
        return
    with closing(sqlite3.connect("")) as known:
        known.execute(_SCHEMA)
        yield from _read_recordings(listing, beside, known)
        for one in _objects(listing, name):
            if isinstance(one, Problem):
                yield one
                continue
            line, supervision = one
            wanted = _text(supervision.get("recording_id"))
            found = known.execute("SELECT id, name, seconds FROM recordings WHERE id = ?", (wanted,)).fetchone()
            if found is None:
                detail = f"the recording {wanted} of {_text(supervision.get('id'))}"
                yield problem("missing_audio", file, line, detail, mend=f"add it to {posixpath.basename(beside)}")
            elif found[1] is not None:  # or it was told what is wrong with the recording
                yield _row(listing, name, line, _Recording(*found), supervision, 0.0)


def _beside(listing: Listing, name: str) -> str | None:
    folder, file = posixpath.split(name)
    plain = _NAME.sub("recordings", file).removesuffix(".gz")
    found = listing.find(folder, f"{plain}.gz" if file.endswith(".gz") else plain)
    found = found or listing.find(folder, plain) or listing.find(folder, f"{plain}.gz")
    return found[0] if found else None


def _read_recordings(listing: Listing, name: str, known: sqlite3.Connection) -> Iterator[Problem]:
    for one in _objects(listing, name):
        if isinstance(one, Problem):
            yield one
            continue
        line, value = one
        identity, found = _text(value.get("id")), _recording(listing, name, line, value)
        if isinstance(found, Problem):
            yield found
            fields: tuple[object, ...] = (identity, line, None, None)
        else:
            fields = (identity, line, found.name, found.seconds)
        if not known.execute("INSERT OR IGNORE INTO recordings VALUES (?, ?, ?, ?)", fields).rowcount:
            first = known.execute("SELECT line FROM recordings WHERE id = ?", (identity,)).fetchone()[0]
            detail = f"the id {identity} is in line {first} already"
            yield problem("unreadable_table", listing.shown(name), line, detail, mend="keep one of the two lines")


def _recording(listing: Listing, name: str, line: int, value: object) -> _Recording | Problem:
    file = listing.shown(name)
    if not isinstance(value, dict):
        return problem("missing_audio", file, line, "no recording is given", mend="add it")
    identity = _text(value.get("id"))
    sources = value.get("sources")
    source = sources[0] if isinstance(sources, list) and sources else None
    if not isinstance(sources, list) or not isinstance(source, dict) or len(sources) > 1:
        detail = f"{identity} has {len(sources) if isinstance(sources, list) else 0} sources"
        return problem("missing_audio", file, line, detail, mend=_TO_FILE)
    if source.get("type") != "file":
        detail = f"{identity} is a source of the type {_text(source.get('type'))}, and only files are read"
        return problem("missing_audio", file, line, detail, mend=_TO_FILE)
    if changes := _changes(value.get("transforms")):
        return problem("missing_audio", file, line, f"{identity} is made by {', '.join(changes)}", mend=_TO_FILE)
    found = find_audio(listing, name, line, _text(source.get("source")))
    return found if isinstance(found, Problem) else _Recording(identity, found[0], _seconds(value.get("duration")))


def _changes(transforms: object) -> list[str]:
    if not isinstance(transforms, list):
        return [] if transforms is None else ["a transform"]
    names = [_text(one.get("name")) if isinstance(one, dict) else "a transform" for one in transforms]
    return [name for name in names if name not in _SAME_SOUND]


def _row(
    listing: Listing, name: str, line: int, recording: _Recording, supervision: Object, after: float | None
) -> Row | Problem:
    text = supervision.get("text")
    row = Row(
        recording.name,
        listing.path(recording.name),
        listing.shown(recording.name),
        clean(whole_text(text)) if isinstance(text, str) else None,
        listing.shown(name),
        line,
        speaker=_text(supervision.get("speaker")),
        language=_text(supervision.get("language")),
    )
    begins, lasts = _seconds(supervision.get("start")), _seconds(supervision.get("duration"))
    start = None if begins is None or after is None else round(after + begins, 6)
    if start == 0 and lasts and recording.seconds and isclose(lasts, recording.seconds, abs_tol=_ROUNDED):
        return row
    return segment(replace(row, source=recording.id), str(start), str(lasts))


def _objects(listing: Listing, name: str) -> Iterator[tuple[int, Object] | Problem]:
    for one in json_lines(listing.path(name), listing.shown(name)):
        if isinstance(one, Problem):
            yield one
            continue
        line, value = one
        if isinstance(value, dict):
            yield line, value
        else:
            yield problem("unreadable_table", listing.shown(name), line, "not a JSON object")


def _seconds(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None


def _text(value: object) -> str:
    return whole_text(value) if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
