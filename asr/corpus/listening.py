"""What decoding tells of one audio file: how long, how loud, and what it sounds like in one number."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from asr.audio import SAMPLE_RATE, AudioError, Samples, as_int16, decode_segments, decode_with_rate, info
from asr.corpus.file_cache import Measurement
from asr.corpus.synthetic import is_marked

_FULL_SCALE = 32766.5 / 32768  # 16-bit audio at its highest or lowest value


class Sound(NamedTuple):
    """A file to listen to: the whole of it, or segments of it (start in seconds, length or None for the rest)."""

    path: Path
    segments: tuple[tuple[float, float | None], ...] = ()


def listen(sound: Sound) -> list[Measurement | AudioError]:
    """Decode a file once: what is measured of the whole or of each segment, or why it cannot be used."""
    heard: list[Measurement | AudioError] = []
    try:
        if not sound.segments:
            return [_measure(*decode_with_rate(sound.path), _marked(sound.path))]
        rate, marked = info(sound.path).rate, _marked(sound.path)
        for one in decode_segments(sound.path, sound.segments):
            heard.append(one if isinstance(one, AudioError) else _measure(one, rate, marked))
    except AudioError as error:
        heard += [error] * (max(1, len(sound.segments)) - len(heard))
    return heard


def _marked(path: Path) -> bool:
    try:
        return is_marked(path)
    except OSError:  # it was there a moment ago; that it changed is told elsewhere
        return False


def _measure(samples: Samples, rate: int, synthetic: bool) -> Measurement:
    import numpy as np

    pcm = as_int16(samples)
    offset = float(samples.mean()) if len(samples) else 0.0
    low, high = (float(samples.min()), float(samples.max())) if len(samples) else (0.0, 0.0)
    at_full_scale = max(high, -low) >= _FULL_SCALE
    return Measurement(
        seconds=len(samples) / SAMPLE_RATE,
        samples_sha256=hashlib.sha256(pcm.astype("<i2", copy=False).data).hexdigest(),
        peak=max(high - offset, offset - low),
        offset=offset,
        clipped=float(np.mean(np.abs(samples) >= _FULL_SCALE)) if at_full_scale else 0.0,
        rate=rate,
        synthetic=synthetic,
    )
