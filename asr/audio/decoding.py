"""From a file to 16 kHz mono samples: the whole of it, a segment, or many segments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asr.audio.audio_error import AudioError, empty_audio, not_finite
from asr.audio.audio_file import Recording, open_recording
from asr.audio.samples import SAMPLE_RATE, Samples, resample_blocks
from asr.audio.segments import cut


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What the header of an audio file says."""

    rate: int
    """Samples a second."""
    channels: int
    seconds: float | None
    """None when the header does not say it."""


class Decoded(NamedTuple):
    """Samples at 16 kHz, and the rate that they had in their file."""

    samples: Samples
    rate: int


def decode(path: Path, start: float = 0.0, seconds: float | None = None) -> Samples:
    """Read a file of any rate and channel count as 16 kHz mono: the mean of its channels, resampled; shape (time,).

    With `start` and `seconds` only that segment is read. It is what `decode(path)` has there, to the rounding of
    float32; only AAC and WMA make some noise up while they decode, which then differs. A segment may end 0.1 seconds
    behind the audio, and is shorter then.

    Raises:
        AudioError: the file is missing, not a regular file, empty, a Git LFS pointer, not audio or too long, the
            segment is not in it, or some samples are not numbers.
    """
    return decode_with_rate(path, start, seconds).samples


def decode_with_rate(path: Path, start: float = 0.0, seconds: float | None = None) -> Decoded:
    """As `decode`, and the rate of the file.

    Raises:
        AudioError: as `decode`.
    """
    with open_recording(path) as recording:
        if start == 0 and seconds is None:
            return Decoded(_whole(path, recording), recording.rate)
        (segment,) = cut(path, recording, [(start, seconds)])
        if isinstance(segment, AudioError):
            raise segment
        return Decoded(segment, recording.rate)


def decode_segments(path: Path, segments: Sequence[tuple[float, float | None]]) -> Iterator[Samples | AudioError]:
    """The samples of many segments (start, seconds or None for the rest) of one file, in the order given.

    A segment that is outside of the audio, or holds samples that are not numbers, yields its error instead, so that
    the others can still be used. The file is decoded once at most. Its segments are held one at a time when they are
    sorted by their starts; otherwise those wait in memory that were passed before it was their turn.

    Raises:
        AudioError: the file as a whole cannot be used, as in `decode`.
    """
    with open_recording(path) as recording:
        yield from cut(path, recording, segments)


def info(path: Path) -> AudioInfo:
    """Rate, channels and length as the header tells, without decoding.

    Raises:
        AudioError: the file is missing, not a regular file, empty, a Git LFS pointer, or not audio.
    """
    with open_recording(path) as recording:
        seconds = None if recording.frames is None else recording.frames / recording.rate
        return AudioInfo(recording.rate, recording.channels, seconds)


def duration(path: Path) -> float:
    """Seconds of audio as the header tells, without decoding where it does.

    Raises:
        AudioError: the file is missing, not a regular file, empty, a Git LFS pointer, or not audio.
    """
    told = info(path).seconds
    return len(decode(path)) / SAMPLE_RATE if told is None else told


def _whole(path: Path, recording: Recording) -> Samples:
    parts = list(resample_blocks(_blocks(recording), recording.rate))
    samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
    if not len(samples):
        raise empty_audio(path)
    if not np.isfinite(samples).all():
        raise not_finite(path)
    return samples


def _blocks(recording: Recording) -> Iterator[Samples]:
    while len(block := recording.read()):
        yield block
