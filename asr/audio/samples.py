"""What audio is inside Wergate: 16 kHz mono float32; how another rate becomes it, and how it becomes 16-bit PCM."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Samples a second inside Wergate."""

Samples = npt.NDArray[np.float32]
"""Mono samples in [-1, 1] at `SAMPLE_RATE`, shape (time,)."""

NONE: Samples = np.empty(0, np.float32)
"""No samples."""

_QUALITY = "HQ"


def resample(samples: Samples, source_rate: int, target_rate: int = SAMPLE_RATE) -> Samples:
    """Change the sampling rate with soxr's high-quality band-limited interpolation."""
    if source_rate == target_rate:
        return samples
    import soxr

    resampled: Samples = soxr.resample(samples, source_rate, target_rate, quality=_QUALITY)
    return resampled


def resample_blocks(blocks: Iterable[Samples], source_rate: int) -> Iterator[Samples]:
    """As `resample` to 16 kHz, with the same bits, but block by block: the whole is never held at its own rate."""
    if source_rate == SAMPLE_RATE:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(source_rate, SAMPLE_RATE, 1, dtype="float32", quality=_QUALITY)
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(NONE, last=True)


def as_int16(samples: Samples) -> npt.NDArray[np.int16]:
    """16-bit PCM: full scale is 32768, values outside [-1, 1] are clipped; shape (time,)."""
    pcm: npt.NDArray[np.int16] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return pcm
