"""Tables in files: CSV, TSV, JSON, JSON Lines and Parquet become records that know their lines, one after another."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.audio import lfs_oid
from asr.corpus.readers.text_file import LONGEST_LINE, LOST, read_lines, read_text
from asr.corpus.rules import Problem, problem

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".json", ".jsonl", ".parquet"})

_QUOTES = "separate the fields as in the header, and put text with commas in quotation marks"
_JSON = "write one JSON object for each utterance"
_ROWS_AT_ONCE = 1000  # of a Parquet file, so that memory does not grow with it
_SHOWN = 200  # characters of what a library says

csv.field_size_limit(LONGEST_LINE)  # a transcript of two hours has more characters than Python lets a field have


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a table: its fields by the names of their columns in lower case; None is written nowhere."""

    line: int
    fields: dict[str, str | None]


def read_records(path: Path, shown: Path) -> Iterator[Record | Problem]:
    """The records of a file, read by its ending; `shown` is its name in messages.

    Where the columns have names of their own, a first record, of line 1, has these names and nothing else.
    """
    match path.suffix.lower():
        case ".json":
            text = read_text(path, shown)
            yield from [text] if isinstance(text, Problem) else _objects(shown, _json_values(shown, text))
        case ".jsonl":
            yield from read_json_lines(path, shown)
        case ".parquet":
            yield from _parquet(path, shown)
        case ".tsv":
            yield from _separated(shown, _tab_lines(read_lines(path, shown)))
        case _:
            yield from _separated(shown, _comma_lines(shown, read_lines(path, shown)))


def read_json_lines(path: Path, shown: Path) -> Iterator[Record | Problem]:
    """The records of a JSON Lines file, whatever its ending is."""
    yield from _objects(shown, json_lines(path, shown))


def json_lines(path: Path, shown: Path) -> Iterator[tuple[int, object] | Problem]:
    """The values in a JSON Lines file with the numbers of their lines."""
    for one in read_lines(path, shown):
        if isinstance(one, Problem):
            yield one
        elif one[1].strip():
            try:
                yield one[0], json.loads(one[1])
            except (ValueError, RecursionError) as error:
                yield problem("unreadable_table", shown, one[0], _why(error), mend=_JSON)


def _separated(shown: Path, lines: Iterator[tuple[int, list[str]] | Problem]) -> Iterator[Record | Problem]:
    columns: list[str] = []
    for one in lines:
        if isinstance(one, Problem):
            yield one
            continue
        line, fields = one
        if not columns:
            columns = [name.strip().lower() for name in fields]
            yield Record(1, dict.fromkeys(columns))
            continue
        if any(fields[len(columns) :]):
            detail = f"{len(fields)} fields, but the header has {len(columns)}"
            yield problem("unreadable_table", shown, line, detail, mend=_QUOTES)
        elif any(fields):
            yield Record(line, dict.fromkeys(columns) | dict(zip(columns, fields, strict=False)))


def _comma_lines(shown: Path, lines: Iterator[tuple[int, str] | Problem]) -> Iterator[tuple[int, list[str]] | Problem]:
    source = _Lines(lines)
    header = next(source, "")
    yield from source.problems()
    separator = max(",;\t", key=header.count)  # spreadsheets write `;` where the comma is the decimal point
    source.again = header
    reader = csv.reader(source, delimiter=separator, strict=True)
    while True:
        source.first = None
        try:
            fields = next(reader)
        except StopIteration:
            yield from source.problems()
            return
        except csv.Error as error:
            yield from source.problems()
            mend = 'write a quotation mark inside a text as ""'
            yield problem("unreadable_table", shown, source.first or 1, str(error), mend=mend)
            continue
        yield from source.problems()
        if fields:
            yield source.first or 1, fields


class _Lines:
    """Lines for the CSV reader, which knows their text only: keeps the number of the first line of a record."""

    def __init__(self, lines: Iterator[tuple[int, str] | Problem]) -> None:
        self._lines = lines
        self._problems: list[Problem] = []
        self._number = 0
        self.first: int | None = None
        self.again = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if line := self.again:
            self.again = ""
        else:
            for one in self._lines:
                if not isinstance(one, Problem):
                    break
                self._problems.append(one)
            else:
                raise StopIteration
            self._number, line = one
        self.first = self.first or self._number
        return line

    def problems(self) -> list[Problem]:
        """What was wrong with lines that were passed over since the last time."""
        found, self._problems = self._problems, []
        return found


def _tab_lines(lines: Iterable[tuple[int, str] | Problem]) -> Iterator[tuple[int, list[str]] | Problem]:
    # Quotation marks in a TSV file are mostly part of the text; only a field that is quoted as a whole is unquoted.
    for one in lines:
        if isinstance(one, Problem):
            yield one
        elif one[1].strip():
            yield one[0], [_unquoted(field) for field in one[1].rstrip("\r\n").split("\t")]


def _unquoted(written: str) -> str:
    if len(written) >= 2 and written[0] == written[-1] == '"':
        return written[1:-1].replace('""', '"')
    return written


def _objects(shown: Path, values: Iterator[tuple[int, object] | Problem]) -> Iterator[Record | Problem]:
    for one in values:
        if isinstance(one, Problem):
            yield one
            continue
        line, value = one
        if not isinstance(value, dict):
            yield problem("unreadable_table", shown, line, "not a JSON object", mend=_JSON)
            continue
        yield Record(
            line, {whole_text(str(name)).strip().lower(): _written(content) for name, content in value.items()}
        )


def _written(value: object) -> str | None:
    if isinstance(value, str):
        return whole_text(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else None


def whole_text(text: str) -> str:
    """The text, with a mark where JSON wrote one half of a surrogate pair: no file and no database can hold that."""
    return text if text.isascii() else "".join(LOST if "\ud800" <= char <= "\udfff" else char for char in text)


def _parquet(path: Path, shown: Path) -> Iterator[Record | Problem]:
    import pyarrow
    from pyarrow import parquet

    line = 0
    try:
        if lfs_oid(path):
            yield problem("lfs_pointer", shown)
            return
        with path.open("rb") as file:
            table = parquet.ParquetFile(file)
            # Others may hold audio, which must not come into memory a thousand rows at once.
            kept = [field.name for field in table.schema_arrow if _is_written(field.type)]
            yield Record(1, dict.fromkeys(name.strip().lower() for name in kept))
            for batch in table.iter_batches(_ROWS_AT_ONCE, columns=kept):
                for row in batch.to_pylist():
                    line += 1
                    yield Record(line, {name.strip().lower(): _written(value) for name, value in row.items()})
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        why = " ".join(str(error).split())[:_SHOWN]
        yield problem("unreadable_table", shown, line + 1, why, mend="export the table again")


def _is_written(kind: Any) -> bool:
    from pyarrow import types

    kind = kind.value_type if types.is_dictionary(kind) else kind
    is_kind = (types.is_string, types.is_large_string, types.is_integer, types.is_floating, types.is_null)
    return any(one(kind) for one in is_kind)


def _json_values(shown: Path, text: str) -> Iterator[tuple[int, object] | Problem]:
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
            yield problem("unreadable_table", shown, line, _why(error), mend=_JSON)
            return
        yield line, value
        position = _skip(text, position)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
        elif text[position : position + 1] != "]":
            line += text.count("\n", start, position)
            yield problem("unreadable_table", shown, line, "a comma or ] is missing", mend=_JSON)
            return


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _why(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else "the values are nested too deeply or too large"
