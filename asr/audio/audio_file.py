"""An audio file on disk: what counts as one, and how it is opened for reading without trusting it."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from asr.audio.audio_error import AudioError, NoSamples, Unreadable, empty_audio, undecodable
from asr.audio.ffmpeg import FfmpegSource
from asr.audio.libsndfile import HEAD, LibsndfileSource, reads_well
from asr.audio.samples import Samples

# fmt: off
AUDIO_SUFFIXES = frozenset({
    ".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64", ".rf64", ".sph",
    ".m4a", ".mp4", ".aac", ".webm", ".wma", ".amr",
})
# fmt: on
"""Endings that say "this is audio", in lower case."""

MAX_SECONDS = 2 * 3600
"""The most audio in one file: a file that holds more is refused."""

_RATES = range(1_000, 1_000_000)  # frames a second: less is not understood, more is not recorded
_ALL = 1 << 62  # frames, more than any file has
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\r?\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\s")
_POINTER_BYTES = 1024  # the Git LFS specification keeps pointers below this


class Recording:
    """An opened audio file: its samples at its own rate, channels mixed, from any place on.

    libsndfile reads what it knows, FFmpeg the rest. FFmpeg also goes on where libsndfile gives up, which believes what
    a header says of its length: FFmpeg goes by what is there.

    Raises:
        Unreadable: neither can read the file, or read on.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._at = 0
        self._source: LibsndfileSource | FfmpegSource
        if reads_well(os.pread(descriptor, HEAD, 0)):
            try:
                self._source = LibsndfileSource(descriptor)
            except Unreadable as error:
                self._source = _ffmpeg_instead(descriptor, error)
        else:
            self._source = FfmpegSource(descriptor)
        self.rate = self._source.rate
        if self.rate not in _RATES:
            raise Unreadable(f"{self.rate} Hz is not the rate of any speech")
        self.channels = self._source.channels
        self.frames = self._source.frames or None
        """As the header says; None when it says nothing or cannot be believed."""
        self._limit = MAX_SECONDS * min(self.rate, 48_000)  # a high rate must not cost more memory than 48 kHz
        if self.frames and self.frames > self._limit:
            self._look_behind_limit()
            self.frames = None

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()

    def seek(self, frame: int) -> None:
        """Read on from this frame; behind the end there is nothing to read."""
        self._at = frame
        try:
            self._source.seek(frame)
        except Unreadable as error:
            self._turn_to_ffmpeg(error)

    def read(self, frames: int = _ALL) -> Samples:
        """At most so many samples, none at the end; shape (time,)."""
        try:
            block = self._source.read(frames)
            if not len(block) and isinstance(self._source, LibsndfileSource):
                if self._at and not self._source.stops_early():
                    return block
                raise NoSamples("it holds no samples")
        except Unreadable as error:
            self._turn_to_ffmpeg(error)
            block = self._source.read(frames)
        self._at += len(block)
        if len(block) and self._at > self._limit:
            hours = self._limit / self.rate / 3600
            raise Unreadable(f"more than {hours:.2g} hours at {self.rate} Hz in one file", "cut it into utterances")
        return block

    def _look_behind_limit(self) -> None:
        # A header may lie, a sample cannot.
        self.seek(self._limit)
        self.read(1)
        self.seek(0)

    def _turn_to_ffmpeg(self, error: Unreadable) -> None:
        if isinstance(self._source, FfmpegSource):
            raise error
        self._source.close()
        self._source = _ffmpeg_instead(self._descriptor, error)
        if self._source.rate != self.rate:
            raise error
        self._source.seek(self._at)


def _ffmpeg_instead(descriptor: int, error: Unreadable) -> FfmpegSource:
    try:
        return FfmpegSource(descriptor)
    except Unreadable:
        raise error from None


@contextmanager
def open_recording(path: Path) -> Iterator[Recording]:
    """Open an audio file, and turn what its decoders say into errors of this file.

    Raises:
        AudioError: the file is missing, not a regular file, empty, a Git LFS pointer, or not audio.
    """
    descriptor = _open(path)
    try:
        with closing(Recording(descriptor)) as recording:
            yield recording
    except NoSamples:
        raise empty_audio(path) from None
    except Unreadable as error:
        raise undecodable(path, str(error), error.mend) from None
    finally:
        os.close(descriptor)


def lfs_oid(path: Path) -> str | None:
    """The sha256 of the audio that a Git LFS pointer file stands for; None for any other file.

    Format: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md

    Raises:
        OSError: there is no such file.
    """
    status = path.stat()
    if status.st_size >= _POINTER_BYTES or not stat.S_ISREG(status.st_mode):
        return None
    return _pointed_at(path.read_bytes())


def _open(path: Path) -> int:
    try:
        # A FIFO must not be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = getattr(error, "strerror", None) or "it cannot be opened"
        raise undecodable(path, why, "check the path") from None
    try:
        _refuse_what_is_not_audio(path, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_what_is_not_audio(path: Path, descriptor: int) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise undecodable(path, "it is not a file", "check the path")
    if status.st_size == 0:
        raise empty_audio(path, "the file is empty")
    if status.st_size < _POINTER_BYTES and _pointed_at(os.pread(descriptor, _POINTER_BYTES, 0)):
        raise AudioError(path, "lfs_pointer", "this is a Git LFS pointer, not audio", "run `git lfs pull`")


def _pointed_at(content: bytes) -> str | None:
    match = _POINTER.match(content)
    return match[1].decode() if match else None
