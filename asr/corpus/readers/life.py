"""Exports of the LiFE App for linguistic field data: JSON with the audio inside as base64, or beside it as files.

Two kinds are known. Data sets for training are lists of records with `audio` in base64 and `transcription`, as
https://github.com/aryanmath/autotrain-advanced-aryan reads them (`life_app/data_fetcher.py`). The app's own download,
"LiFE JSON", is one object for each recording, with `audioFilename`, `speakerId` and, by script, the transcripts of its
segments, as https://github.com/unrealtecellp/life writes it (`app/lifedownloader/controller/downloadTextGrid.py`).
"""

import posixpath
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from asr.corpus.life_fields import EXTRA_FIELDS, LifeFields
from asr.corpus.readers.archive import TOTAL
from asr.corpus.readers.inline_audio import InlineAudioError, is_inline, save_audio
from asr.corpus.readers.listing import Listing
from asr.corpus.readers.long_json import JsonError, JsonReader, LongString
from asr.corpus.readers.row import Row, clean, make_row, segment
from asr.corpus.rules import Problem, problem

Fields = dict[str, Any]

_ALSO = {"audio": "audioFilename", "speaker": "speakerId"}
_LOOKED_AT = 100  # records that tell what a file is
_AGAIN = "export it again"


@dataclass(frozen=True, slots=True)
class _Export:
    """An export that is read: its name in the corpus, and the file once more, for the audio inside of it."""

    listing: Listing
    name: str
    fields: LifeFields
    unpacked: Path
    file: BinaryIO

    @property
    def shown(self) -> Path:
        return self.listing.shown(self.name)

    def find(self, record: Fields, fact: str) -> object:
        """What a record says of a fact: where the settings have it, else where the app has it."""
        found = _inside(record, getattr(self.fields, fact))
        return record.get(_ALSO[fact]) if found is None and fact in _ALSO else found


def is_life(listing: Listing, name: str, fields: LifeFields) -> bool:
    """Whether a JSON file is an export by its records: audio inside, transcripts of segments or by script."""
    if posixpath.splitext(name)[1].lower() not in {".json", ".jsonl"}:
        return False
    try:
        with listing.path(name).open("rb") as file:
            export = _Export(listing, name, fields, Path(), file)
            return any(_tells(export, record) for _, record in islice(_records(export, JsonReader(file)), _LOOKED_AT))
    except (OSError, JsonError):
        return False


def read_life(listing: Listing, name: str, fields: LifeFields, unpacked: Path) -> Iterator[Row | Problem]:
    """The rows of an export; the audio inside of it becomes files below `unpacked`.

    Such audio is called by the export and the place of its record there, from 0: `export.json/000012.wav`.
    """
    path, shown = listing.path(name), listing.shown(name)
    try:
        with path.open("rb") as file, path.open("rb") as again:
            yield from _read(_Export(listing, name, fields, unpacked, again), JsonReader(file))
    except JsonError as error:
        yield problem("unreadable_table", shown, error.line, error.detail, mend=_AGAIN)
    except InlineAudioError as error:
        yield problem(error.rule, shown, detail=error.detail, mend=error.mend)
    except OSError as error:
        yield problem("unreadable_file", shown, detail=error.strerror or "")


def _tells(export: _Export, record: object) -> bool:
    if not isinstance(record, dict):
        return False
    audio, text = export.find(record, "audio"), _inside(record, export.fields.text)
    if is_inline(audio):
        return True
    if not isinstance(audio, str):
        return False
    # A flat record with the name of a file is one of a table, which may be in the folder too.
    is_nested = "." in export.fields.audio + export.fields.text and text is not None
    return is_nested or isinstance(text, dict) or isinstance(_inside(record, export.fields.segments), dict | list)


def _records(export: _Export, reader: JsonReader) -> Iterator[tuple[int, object]]:
    """The records of an export with their lines: the elements of a list, or what an object is or holds."""
    while begin := reader.peek():
        reader.make_room()
        if begin == b"[":
            for line in reader.elements():
                yield line, reader.value()
                reader.make_room()
        elif begin == b"{":
            yield from _records_of_object(export, reader)
        else:
            yield reader.line, reader.value()


def _records_of_object(export: _Export, reader: JsonReader) -> Iterator[tuple[int, object]]:
    line, itself, found = reader.line, Fields(), False
    for name in reader.members():
        value: object
        if reader.peek() == b"[":
            value = yield from _records_of_list(export, reader)
            found = found or value is None
        else:
            at, value = reader.line, reader.value()
            if _is_record(export, value):
                found = True
                yield at, value
        if found:  # then the object is no record itself, and need not be held
            itself.clear()
            reader.make_room()
        else:
            itself[name] = value
    if not found:
        yield line, itself


def _records_of_list(export: _Export, reader: JsonReader) -> Generator[tuple[int, object], None, list[object] | None]:
    # What comes before the first record of a list may be one that lacks something; without any, the list is returned.
    held: list[tuple[int, object]] = []
    found = False
    for line in reader.elements():
        held.append((line, reader.value()))
        found = found or _is_record(export, held[-1][1])
        if found:
            yield from held
            held.clear()
            reader.make_room()
    return None if found else [value for _, value in held]


def _is_record(export: _Export, value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return isinstance(export.find(value, "audio"), str | LongString) or isinstance(export.find(value, "text"), str)


def _read(export: _Export, reader: JsonReader) -> Iterator[Row | Problem]:
    total = 0
    for number, (line, record) in enumerate(_records(export, reader)):
        if not isinstance(record, dict):
            yield problem("unreadable_table", export.shown, line, "not a JSON object", mend=_AGAIN)
            continue
        audio = export.find(record, "audio")
        if isinstance(audio, str | LongString) and is_inline(audio):
            try:
                saved = save_audio(audio, export.file, export.unpacked)
            except InlineAudioError as error:
                if error.rule != "undecodable":
                    raise
                yield problem(error.rule, export.shown, line, error.detail, mend=error.mend)
                continue
            total += saved.size
            if total > TOTAL:
                raise InlineAudioError("archive_bounds", f"more than {TOTAL / 1e9:.0f} GB of audio", "split it")
            member = f"{export.name}/{number:06d}{saved.path.suffix}"
            found: Row | Problem = Row(member, saved.path, export.listing.shown(member), None, export.shown, line)
        else:
            found = make_row(export.listing, export.name, line, _text(audio).strip(), None)
        if isinstance(found, Problem):
            yield found
        else:
            yield from _with_texts(export, _with_facts(export, found, record), record)


def _with_texts(export: _Export, row: Row, record: Fields) -> Iterator[Row | Problem]:
    segments = _inside(record, export.fields.segments)
    if segments is None:
        yield _with_text(export, row, record)
        return
    for one in segments.values() if isinstance(segments, dict) else segments if isinstance(segments, list) else []:
        if not isinstance(one, dict):
            yield problem("unreadable_table", row.file, row.line, "a segment is not a JSON object", mend=_AGAIN)
            continue
        part = _placed(export, row, one)
        text = part if isinstance(part, Problem) else _with_text(export, part, one)
        if isinstance(text, Row) and not (text.text or "").strip():
            # Who transcribes makes the segments first, and not each of them is speech.
            yield problem("orphan_audio", row.file, row.line, text.id, mend="transcribe the segment, if it is speech")
        else:
            yield text


def _placed(export: _Export, row: Row, part: Fields) -> Row | Problem:
    start, end = _inside(part, export.fields.start), _inside(part, export.fields.end)
    try:
        seconds = repr(round(float(_text(end)) - float(_text(start)), 6))
    except ValueError:
        seconds = f"{_text(end)} - {_text(start)}"  # which is no number, and told
    return segment(_with_facts(export, row, part), _text(start), seconds)


def _with_text(export: _Export, row: Row, record: Fields) -> Row | Problem:
    value = export.find(record, "text")
    if isinstance(value, LongString):
        return problem(
            "unreadable_table", row.file, row.line, f"the transcript has {value.length:,} bytes", mend=_AGAIN
        )
    if not isinstance(value, dict):
        return replace(row, text=None if value is None else clean(_text(value)))
    written = {script: text for script, text in value.items() if isinstance(text, str) and text.strip()}
    if len(written) > 1:
        scripts = list(written)
        detail = f"one of {', '.join(scripts)}: {row.id} has a transcript in each"
        mend = f'name the field in the settings: [tool.wergate.life] text = "{export.fields.text}.{scripts[0]}"'
        return problem("missing_text", row.file, row.line, detail, mend=mend)
    return replace(row, text=clean("".join(written.values())))


def _with_facts(export: _Export, row: Row, record: Fields) -> Row:
    speaker, language, source, part = (_text(export.find(record, fact)).strip() for fact in EXTRA_FIELDS)
    return replace(
        row,
        speaker=speaker or row.speaker,
        language=language or row.language,
        source=source or row.source,
        slice=part or row.slice,
    )


def _inside(record: Fields, path: str) -> object:
    found: object = record
    for name in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
