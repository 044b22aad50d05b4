"""What libsndfile decodes: WAV, FLAC, Ogg Opus, AIFF, AU, CAF and their kin."""

import os

import numpy as np

from asr.audio.audio_error import Unreadable
from asr.audio.samples import NONE, Samples

HEAD = 36
"""Bytes of a file that `reads_well` looks at."""

_SIGNATURES = (b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"FORM", b".snd", b"dns.", b"caff", b"NIST")
_INT16 = np.float32(1 / 32768)
_BLOCK = 1 << 18  # values decoded at once, over all channels


def reads_well(head: bytes) -> bool:
    """Whether a file that begins so is for libsndfile.

    MP3 is not: libsndfile's decoder for it writes to the terminal. Nor is Ogg Vorbis: seeking can miss by one block
    (https://github.com/libsndfile/libsndfile/issues/885).
    """
    return head.startswith(_SIGNATURES) and head[28:35] != b"\x01vorbis"


class LibsndfileSource:
    """A file opened by libsndfile: its samples from any place on, exact to the sample, channels mixed.

    Raises:
        Unreadable: libsndfile cannot open it, or cannot read on.
    """

    def __init__(self, descriptor: int) -> None:
        import soundfile

        self._descriptor = descriptor
        self._failures = (soundfile.SoundFileError, TypeError)  # TypeError: a format without a header
        try:
            self._file = soundfile.SoundFile(descriptor, closefd=False)
        except self._failures as error:
            raise Unreadable(_reason(error)) from None
        self.rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.frames: int | None = self._file.frames
        self._left: int = self._file.frames
        self._block = max(1, _BLOCK // self.channels)
        # numpy makes floats of 16-bit samples, the same ones, four times as fast as libsndfile.
        self._type = "int16" if self._file.subtype == "PCM_16" else "float32"

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def seek(self, frame: int) -> None:
        """Read on from this frame; behind the end there is nothing to read."""
        frames = self._file.frames
        try:
            self._file.seek(min(frame, frames))
        except self._failures as error:
            raise Unreadable(_reason(error)) from None
        self._left = max(0, frames - frame)

    def read(self, frames: int) -> Samples:
        """At most so many samples, none at the end; shape (time,)."""
        # The bound is kept here because asking for nothing would make libsndfile seek.
        frames = min(frames, self._left, self._block)
        if not frames:
            return NONE
        try:
            values = self._file.read(frames, dtype=self._type)
        except self._failures as error:
            raise Unreadable(_reason(error)) from None
        self._left = self._left - len(values) if len(values) else 0
        block: Samples = values.astype(np.float32, copy=False)
        if self._type == "int16":
            block *= _INT16
        return block if block.ndim == 1 else block.mean(axis=1)

    def stops_early(self) -> bool:
        """Whether a FLAC file goes on behind the length that its header tells, which is as far as libsndfile reads."""
        if self._file.format != "FLAC":
            return False
        return os.lseek(self._descriptor, 0, os.SEEK_CUR) < os.fstat(self._descriptor).st_size


def _reason(error: Exception) -> str:
    return str(getattr(error, "error_string", error))
