"""JSON of any size, read value by value: a long string is not held but stays where it is in the file."""

import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from asr.corpus.readers.records import whole_text

LONG = 1 << 16
"""Bytes of a string from which it stays in the file."""
LARGEST_VALUE = 16 << 20
"""Bytes that are held at once, without long strings; a recording of hours with its transcripts has a tenth of it."""
DEEPEST = 64
"""Lists and objects within each other."""

_MARK = b"\xef\xbb\xbf"  # of byte order, in UTF-8
_PIECE = 1 << 18  # bytes read at a time
_LONGEST_NUMBER = 400  # characters
_EACH = 16  # bytes that a value counts at least, so that many empty ones count too
_SPACE = re.compile(rb"[ \t\r\n]*+")
_INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR = re.compile(rb'[^][{},:"\s]*+')


class LongString(NamedTuple):
    """A string in a file: where it begins behind its quotation mark, and its bytes, written as in JSON."""

    at: int
    length: int


class JsonError(ValueError):
    """This is not JSON, or more than is held at once, from this line on."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.line = line
        self.detail = detail


class JsonReader:
    """Reads a JSON file from its beginning to its end; a file may also hold several values, as JSON Lines do.

    Raises:
        JsonError: from every method that reads.
        OSError: likewise.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._piece = b""
        self._at = 0
        self._before = 0  # bytes of the file before the piece
        self._line, self._counted = 1, 0  # the line of the place in the piece up to which lines were counted
        self._room = LARGEST_VALUE
        while len(self._piece) < len(_MARK) and self._more():
            pass
        if self._piece.startswith(_MARK):
            self._at = len(_MARK)

    @property
    def line(self) -> int:
        """The line that is read now, from 1."""
        self._line += self._piece.count(b"\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def peek(self) -> bytes:
        """The next character that is no space; nothing at the end of the file."""
        while True:
            self._at = self._next(_SPACE).end()
            if self._at < len(self._piece):
                return self._piece[self._at : self._at + 1]
            if not self._more():
                return b""

    def elements(self) -> Iterator[int]:
        """Stops before each value of the list that begins here, and tells its line; the value is to be read then."""
        self._take(b"[")
        if self.peek() == b"]":
            self._at += 1
            return
        more = True
        while more:
            self.peek()
            yield self.line
            more = self._take(b",]") == b","

    def members(self) -> Iterator[str]:
        """Stops before each value of the object that begins here, and tells its name; the value is to be read then."""
        self._take(b"{")
        if self.peek() == b"}":
            self._at += 1
            return
        more = True
        while more:
            self.peek()
            name = self._string()
            if not isinstance(name, str):
                raise self._error("the name of a field is too long")
            self._take(b":")
            yield name
            more = self._take(b",}") == b","

    def make_room(self) -> None:
        """Forget how much was held; what is read from here on is to be held instead of that."""
        self._room = LARGEST_VALUE

    def value(self) -> object:
        """The value that begins here, with each long string as `LongString`."""
        return self._value(1)

    def _value(self, depth: int) -> object:
        begin = self.peek()
        self._spend(_EACH)
        if depth > DEEPEST:
            raise self._error("the values are nested too deeply")
        if begin == b"[":
            return [self._value(depth + 1) for _ in self.elements()]
        if begin == b"{":
            return {name: self._value(depth + 1) for name in self.members()}
        return self._string() if begin == b'"' else self._scalar()

    def _string(self) -> str | LongString:
        self._take(b'"')
        begin, pieces, length = self._before + self._at, [], 0
        while True:
            match = self._next(_INSIDE)
            length += len(match[0])
            pieces.append(match[0])
            if length > LONG:
                pieces.clear()
            self._at = match.end()
            if self._piece[self._at : self._at + 1] == b'"':
                break
            if not self._more():
                raise self._error("a quotation mark never closes")
        self._at += 1
        if length > LONG:
            return LongString(begin, length)
        self._spend(length)
        written = b"".join(pieces).decode(errors="replace")
        if "\\" not in written:
            return written
        try:
            return whole_text(str(json.loads(f'"{written}"', strict=False)))
        except ValueError:
            raise self._error("a backslash stands before a character that it cannot stand before") from None

    def _scalar(self) -> object:
        match = self._next(_SCALAR)
        while match.end() == len(self._piece) and len(match[0]) <= _LONGEST_NUMBER and self._more():
            match = self._next(_SCALAR)
        try:
            found: object = json.loads(match[0].decode() if len(match[0]) <= _LONGEST_NUMBER else "")
        except ValueError:
            raise self._error("this is no value of JSON" if match[0] else "a value is missing") from None
        self._at = match.end()
        return found

    def _next(self, pattern: "re.Pattern[bytes]") -> "re.Match[bytes]":
        match = pattern.match(self._piece, self._at)
        assert match  # each pattern takes nothing too
        return match

    def _take(self, allowed: bytes) -> bytes:
        found = self.peek()
        if not found:
            raise self._error("it ends too early")
        if found not in allowed:
            raise self._error(f"{' or '.join(map(chr, allowed))} is missing")
        self._at += 1
        return found

    def _spend(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise self._error(f"one record has more than {LARGEST_VALUE >> 20} MiB besides its audio")

    def _more(self) -> bool:
        """Read on, keeping what was not taken yet; whether there was anything."""
        read = self._file.read(_PIECE)
        if read:
            self._line = self.line
            self._before += self._at
            self._piece = self._piece[self._at :] + read
            self._at = self._counted = 0
        return bool(read)

    def _error(self, detail: str) -> JsonError:
        return JsonError(self.line, detail)
