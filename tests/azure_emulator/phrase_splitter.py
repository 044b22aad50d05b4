"""Audio that comes bit by bit becomes phrases: a phrase ends in a pause that speech follows."""

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 16_000
PAUSE = 0.8
"""Seconds of quiet that part two phrases; shorter ones are part of speech."""
SHORTEST = 0.1
"""Seconds of sound that may be a phrase; the SDK sends some samples of the last one again, and those are none."""
LONGEST = 30.0
"""Seconds after which a phrase ends anyway."""

_FRAME = RATE // 50
_FAINT = 32.0  # root mean square of 16-bit samples that nobody would call speech, −60 dB of full scale
_KEPT = 1  # frames of a pause, on both of its sides
_QUIET = 0.1  # of the loudest frame so far, −20 dB: with more noise than that, pauses are not heard

Pcm = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Phrase:
    """One phrase; `start` in samples since the audio began."""

    start: int
    pcm: Pcm

    def wav(self) -> bytes:
        """As a RIFF WAV."""
        return as_wav(self.pcm)


class PhraseSplitter:
    """Splits 16 kHz mono 16-bit PCM; holds a phrase at most.

    Audio with no pause is one phrase, to the sample. Of a pause that parts phrases nearly nothing is left: what comes
    before a word can confuse a small model.
    """

    def __init__(self) -> None:
        self._bytes = b""  # not yet a frame
        self._frames: list[Pcm] = []
        self._start = 0
        self._loudest = 0.0
        self._loud = 0  # frames that are not quiet
        self._quiet = 0  # frames, at the end

    def add(self, pcm: bytes) -> Iterator[Phrase]:
        """The phrases that are complete with these little-endian samples."""
        self._bytes += pcm
        whole = len(self._bytes) // (2 * _FRAME) * (2 * _FRAME)
        samples = np.frombuffer(self._bytes[:whole], "<i2").astype(np.int16)
        self._bytes = self._bytes[whole:]
        for frame in samples.reshape(-1, _FRAME):
            yield from self._add_frame(frame)

    def end(self) -> Iterator[Phrase]:
        """The last phrase, if there was one."""
        rest = np.frombuffer(self._bytes[: len(self._bytes) // 2 * 2], "<i2").astype(np.int16)
        self._bytes = b""
        if len(rest):
            yield from self._add_frame(rest)
        yield from self._cut(len(self._frames))

    def _add_frame(self, frame: Pcm) -> Iterator[Phrase]:
        level = float(np.sqrt(np.mean(np.square(frame.astype(np.float64)))))
        self._loudest = max(self._loudest, level)
        quiet = level < max(_FAINT, _QUIET * self._loudest)
        if not quiet and self._is_spoken and self._quiet * _FRAME >= PAUSE * RATE:
            yield from self._cut(len(self._frames) - self._quiet + _KEPT)
            pause = len(self._frames) - _KEPT
            self._start += pause * _FRAME
            self._frames = self._frames[pause:]
        self._frames.append(frame)
        self._quiet = self._quiet + 1 if quiet else 0
        self._loud += not quiet
        if len(self._frames) * _FRAME >= LONGEST * RATE:
            yield from self._cut(len(self._frames))

    @property
    def _is_spoken(self) -> bool:
        return self._loud * _FRAME >= SHORTEST * RATE

    def _cut(self, frames: int) -> Iterator[Phrase]:
        if frames:
            pcm = np.concatenate(self._frames[:frames])
            if self._is_spoken:
                yield Phrase(self._start, pcm)
            self._start += len(pcm)
        self._frames = self._frames[frames:]
        self._loud = 0
        self._quiet = min(self._quiet, len(self._frames))


def as_wav(pcm: Pcm) -> bytes:
    """A RIFF WAV of 16 kHz mono samples."""
    out = io.BytesIO()
    with wave.open(out, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(RATE)
        audio.writeframes(pcm.astype("<i2").tobytes())
    return out.getvalue()
