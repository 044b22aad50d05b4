"""Segments of a recording at 16 kHz, cut in one pass over it, the same samples as in the whole recording.

Resampling looks at what is around a sample. Therefore a segment is resampled with a little of the audio before and
behind it, from a place where the clocks of both rates meet, and cut afterwards.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr.audio.audio_error import AudioError, not_finite
from asr.audio.audio_file import MAX_SECONDS, Recording
from asr.audio.samples import NONE, SAMPLE_RATE, Samples, resample

_AROUND = 0.05  # seconds on both sides of a segment that resampling may look at; its filter reaches 20 ms
_OVERSHOOT = 0.1  # seconds by which a segment may end behind the audio: tables round, and encoders pad and trim
_GAP = 2.0  # seconds that are sooner read than skipped


@dataclass(frozen=True, slots=True)
class Span:
    """Where a segment lies: at 16 kHz, and in the file with what is around it."""

    first: int
    """Of its samples at 16 kHz, counted from the beginning of the file."""
    end: int | None
    """Behind the last of them; None: to the end of the file."""
    source: int
    """The first frame of the file that is needed."""
    source_end: int | None
    offset: int
    """Where frame `source` is at 16 kHz."""


def span(start: float, seconds: float | None, rate: int) -> Span:
    """Place a segment of a file with `rate` frames a second."""
    first = round(start * SAMPLE_RATE)
    end = None if seconds is None else round((start + seconds) * SAMPLE_RATE)
    if rate == SAMPLE_RATE:
        return Span(first, end, first, end, first)
    common = math.gcd(rate, SAMPLE_RATE)
    up, down = SAMPLE_RATE // common, rate // common  # `down` frames last as long as `up` samples
    around = math.ceil(_AROUND * rate)
    meeting = max(0, first * down // up - around) // down
    source_end = None if end is None else -(-end * down // up) + around
    return Span(first, end, meeting * down, source_end, meeting * up)


def cut(
    path: Path, recording: Recording, segments: Sequence[tuple[float, float | None]]
) -> Iterator[Samples | AudioError]:
    """The samples of each segment (start, seconds) in the order given, or why it has none.

    No part of the recording is decoded twice. Segments in the order of their starts are held one at a time; in any
    other order, those that were decoded before it is their turn are held too.
    """
    window = _Window(recording)
    done: dict[int, Samples | AudioError] = {}
    due = 0
    for number in sorted(range(len(segments)), key=lambda number: _sortable(segments[number][0])):
        done[number] = _heard(path, window, *segments[number])
        while due in done:
            yield done.pop(due)
            due += 1


def _sortable(start: float) -> float:
    return start if math.isfinite(start) else -1.0


def _heard(path: Path, window: "_Window", start: float, seconds: float | None) -> Samples | AudioError:
    rate = window.recording.rate
    if not 0 <= start <= MAX_SECONDS or not (seconds is None or 0 < seconds < math.inf):
        return _outside(path, window.recording, start, seconds)
    place = span(start, seconds, rate)
    around = resample(window.slide(place.source, place.source_end), rate)
    samples = around[place.first - place.offset :][: None if place.end is None else place.end - place.first].copy()
    missing = 0 if place.end is None else place.end - place.first - len(samples)
    if not len(samples) or missing > _OVERSHOOT * SAMPLE_RATE:
        return _outside(path, window.recording, start, seconds)
    return samples if np.isfinite(samples).all() else not_finite(path)


def _outside(path: Path, recording: Recording, start: float, seconds: float | None) -> AudioError:
    end = "the end" if seconds is None else f"{start + seconds:.7g} s"
    length = "" if recording.frames is None else f", the file ends at {recording.frames / recording.rate:.7g} s"
    reason = f"from {start:.7g} s to {end}{length}"
    return AudioError(
        path, "segment_outside", "the segment lies outside of the audio", "correct start and duration", reason
    )


class _Window:
    """What was decoded of a recording and may be asked for again; it slides towards the end."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._samples = NONE
        self._begin = 0
        self._read = 0  # frames up to which the recording was read

    def slide(self, begin: int, end: int | None) -> Samples:
        """The samples of frames `begin` to `end`, as far as there are any; `begin` never goes back."""
        if begin > self._read + _GAP * self.recording.rate:
            self.recording.seek(begin)
            self._samples, self._begin, self._read = NONE, begin, begin
        parts = [self._samples[begin - self._begin :]]
        while end is None or self._read < end:
            block = self.recording.read() if end is None else self.recording.read(end - self._read)
            if not len(block):
                break
            parts.append(block[max(0, begin - self._read) :])
            self._read += len(block)
        self._samples, self._begin = parts[0] if len(parts) == 1 else np.concatenate(parts), begin
        return self._samples if end is None else self._samples[: end - begin]
