"""Audio inside of text: base64, bare or as a data URI, becomes a file that is named by its content.

Formats: https://www.rfc-editor.org/rfc/rfc4648 (both alphabets, with or without padding) and
https://www.rfc-editor.org/rfc/rfc2397.
"""

import hashlib
import json
import re
import shutil
from binascii import a2b_base64
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

from asr.corpus.audio_suffix import audio_suffix
from asr.corpus.readers.archive import SPARE
from asr.corpus.readers.long_json import LongString

LARGEST_AUDIO = 1 << 28
"""Bytes of the audio of one recording: two hours of 16 kHz WAV."""

_PIECE = 1 << 20  # bytes decoded at a time
_ENOUGH = 64  # bytes that tell what audio it is, and characters that tell it from the name of a file
_WHITE = b" \t\r\n"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_ESCAPE = 5  # characters of `\u002f` that may be cut off behind its backslash
_DATA_URI = re.compile(rb"data:[^,]{0,200};base64,", re.IGNORECASE)
_BESIDE = "put it beside the export as a file, and write its name"


class InlineAudioError(Exception):
    """Audio inside of a text cannot be used: the rule that it breaks, in what way, and the mend."""

    def __init__(self, rule: str, detail: str, mend: str = "") -> None:
        super().__init__(detail)
        self.rule = rule
        self.detail = detail
        self.mend = mend


class SavedAudio(NamedTuple):
    """A file with audio that was inside of a text."""

    path: Path
    size: int
    """Bytes."""


def is_inline(value: object) -> bool:
    """Whether a value is audio rather than the name of a file."""
    if isinstance(value, LongString):
        return True
    if not isinstance(value, str):
        return False
    begin = value[: 4 * _ENOUGH].lstrip().encode(errors="replace")
    if _DATA_URI.match(begin):
        return True
    characters = begin.translate(_URL_SAFE, _WHITE)[:_ENOUGH]
    try:
        return audio_suffix(a2b_base64(characters[: len(characters) // 4 * 4], strict_mode=True), "") != ".bin"
    except ValueError:
        return False


def save_audio(value: LongString | str, file: BinaryIO, unpacked: Path) -> SavedAudio:
    """Write audio to a file below `unpacked`, unless it is there already; a long string is in `file`.

    Nothing is held but a piece of it. Several processes may write the same audio at once.

    Raises:
        InlineAudioError: it is not base64, not audio or too large (`undecodable`), or cannot be written.
        OSError: `file` cannot be read.
    """
    digest, size, begin = hashlib.sha256(), 0, b""
    for piece in _decoded(value, file):
        begin = begin if len(begin) >= _ENOUGH else (begin + piece)[:_ENOUGH]
        digest.update(piece)
        size += len(piece)
        if size > LARGEST_AUDIO:
            detail = f"it is larger than {LARGEST_AUDIO >> 20} MiB inside of a text"
            raise InlineAudioError("undecodable", detail, _BESIDE)
    suffix = audio_suffix(begin, "")
    if suffix == ".bin":
        detail = "what is inside of the text does not begin like any audio" if size else "nothing is inside of the text"
        raise InlineAudioError("undecodable", detail, _BESIDE)
    name = digest.hexdigest()
    path = unpacked / "inline" / name[:2] / f"{name}{suffix}"
    if not path.exists():
        try:
            _write(_decoded(value, file), size, path)
        except OSError as error:
            detail = f"its audio cannot be written to {unpacked}: {error.strerror}"
            raise InlineAudioError("unreadable_file", detail, "make room there, or mend the permissions") from None
    return SavedAudio(path, size)


def _write(pieces: Iterator[bytes], size: int, path: Path) -> None:
    from filelock import FileLock

    folder = path.parent.parent
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if path.exists():
            return
        free = shutil.disk_usage(folder).free
        if size + SPARE > free:
            needed = f"{size / 1e9:,.1f} GB of audio and {SPARE / 1e9:,.1f} GB to spare"
            detail = f"{needed}, but {free / 1e9:,.1f} GB are free"
            raise InlineAudioError("archive_bounds", detail, f"make room on the disk of {folder}")
        aside, digest = folder / ".part", hashlib.sha256()  # who has the lock writes over what a killed process left
        with aside.open("wb") as out:
            for piece in pieces:
                digest.update(piece)
                out.write(piece)
        if digest.hexdigest() != path.stem:
            raise InlineAudioError("changing", "")
        aside.replace(path)


def _decoded(value: LongString | str, file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    try:
        for piece in _without_prefix(_characters(value, file)):
            characters = rest + piece.translate(_URL_SAFE, _WHITE)
            whole = len(characters) // 4 * 4
            rest = characters[whole:]
            yield a2b_base64(characters[:whole], strict_mode=True)
        yield a2b_base64(rest + b"=" * (-len(rest) % 4), strict_mode=True)
    except ValueError:  # of base64, of JSON, or of letters beyond ASCII
        raise InlineAudioError("undecodable", "what is inside of the text is not base64", "export it again") from None


def _without_prefix(pieces: Iterator[bytes]) -> Iterator[bytes]:
    first = next(pieces, b"").lstrip()
    prefix = _DATA_URI.match(first)
    return chain([first[prefix.end() :] if prefix else first], pieces)


def _characters(value: LongString | str, file: BinaryIO) -> Iterator[bytes]:
    if isinstance(value, str):
        yield value.encode("ascii")
        return
    at, left, rest = value.at, value.length, b""
    while left:
        file.seek(at)
        piece = file.read(min(left, _PIECE))
        if not piece:
            raise InlineAudioError("changing", "")
        at, left = at + len(piece), left - len(piece)
        piece = rest + piece
        cut = piece.rfind(b"\\", max(0, len(piece) - _ESCAPE)) if left else -1
        rest = piece[cut:] if cut >= 0 else b""
        piece = piece[:cut] if cut >= 0 else piece
        yield str(json.loads(b'"%b"' % piece, strict=False)).encode("ascii") if b"\\" in piece else piece
