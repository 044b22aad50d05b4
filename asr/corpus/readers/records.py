"""Tables in files: CSV, TSV, JSON and JSON Lines become records that know their lines."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from asr.corpus.readers.text_file import read_text
from asr.corpus.rules import Problem, problem

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".json", ".jsonl"})

_QUOTES = "separate the fields as in the header, and put text with commas in quotation marks"
_JSON = "write one JSON object for each utterance"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a table: its fields by the names of their columns; a field that is not there is missing."""

    line: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The records of a file that could be read, the names of all columns, and what could not be read."""

    columns: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_table(path: Path) -> Table:
    """Read a file by its ending; column names are compared in lower case, without spaces around."""
    text = read_text(path)
    if isinstance(text, Problem):
        return Table(problems=[text])
    match path.suffix.lower():
        case ".json":
            return _collect(path, _json_values(path, text))
        case ".jsonl":
            return _collect(path, _json_lines(path, text))
        case suffix:
            return _separated(path, _tab_lines(text) if suffix == ".tsv" else _comma_lines(path, text))


def _separated(path: Path, lines: Iterator[tuple[int, list[str]] | Problem]) -> Table:
    table = Table()
    for one in lines:
        if isinstance(one, Problem):
            table.problems.append(one)
            continue
        line, fields = one
        if not table.columns:
            table.columns.extend(name.strip().lower() for name in fields)
        elif any(fields[len(table.columns) :]):
            detail = f"{len(fields)} fields, but the header has {len(table.columns)}"
            table.problems.append(problem("unreadable_table", path, line, detail, mend=_QUOTES))
        elif any(fields):
            table.records.append(Record(line, dict(zip(table.columns, fields, strict=False))))
    return table


def _comma_lines(path: Path, text: str) -> Iterator[tuple[int, list[str]] | Problem]:
    header = text.split("\n", 1)[0]
    separator = max(",;\t", key=header.count)  # spreadsheets write `;` where the comma is the decimal point
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield problem("unreadable_table", path, line, str(error), mend='write a quotation mark inside a text as ""')
            continue
        if fields:
            yield line, fields


def _tab_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    # Quotation marks in a TSV file are mostly part of the text; only a field that is quoted as a whole is unquoted.
    for line, written in enumerate(text.split("\n"), start=1):
        if written.strip():
            yield line, [_unquoted(one) for one in written.rstrip("\r").split("\t")]


def _unquoted(written: str) -> str:
    if len(written) >= 2 and written[0] == written[-1] == '"':
        return written[1:-1].replace('""', '"')
    return written


def _collect(path: Path, values: Iterator[tuple[int, object] | Problem]) -> Table:
    table = Table()
    columns: dict[str, None] = {}
    for one in values:
        if isinstance(one, Problem):
            table.problems.append(one)
            continue
        line, value = one
        if not isinstance(value, dict):
            table.problems.append(problem("unreadable_table", path, line, "not a JSON object", mend=_JSON))
            continue
        fields = {str(name).strip().lower(): _written(content) for name, content in value.items()}
        columns |= dict.fromkeys(fields)
        table.records.append(Record(line, {name: content for name, content in fields.items() if content is not None}))
    table.columns.extend(columns)
    return table


def _written(value: object) -> str | None:
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else None


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, object] | Problem]:
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            yield line, json.loads(written)
        except (ValueError, RecursionError) as error:
            yield problem("unreadable_table", path, line, _why(error), mend=_JSON)


def _json_values(path: Path, text: str) -> Iterator[tuple[int, object] | Problem]:
    # The elements of the list are read one by one, so that each knows its line.
    decoder = json.JSONDecoder()
    position, line = _skip(text, 0), 1
    if text[position : position + 1] != "[":
        return  # some other JSON file
    position = _skip(text, position + 1)
    if text[position : position + 1] not in {"{", "]", ""}:
        return  # a list of something else
    start = 0
    while text[position : position + 1] != "]":
        line, start = line + text.count("\n", start, position), position
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            yield problem("unreadable_table", path, line, _why(error), mend=_JSON)
            return
        yield line, value
        position = _skip(text, position)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
        elif text[position : position + 1] != "]":
            line += text.count("\n", start, position)
            yield problem("unreadable_table", path, line, "a comma or ] is missing", mend=_JSON)
            return


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _why(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else "the values are nested too deeply or too large"
