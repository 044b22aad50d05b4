"""Audio files of every kind, made on the spot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

Sweep = Callable[..., np.ndarray]
Encode = Callable[..., Path]

CODECS = {
    ".aac": "aac",
    ".m4a": "aac",
    ".mka": "flac",
    ".mp3": "libmp3lame",
    ".mp4": "aac",
    ".webm": "libopus",
    ".wma": "wmav2",
}


@pytest.fixture
def sweep() -> Sweep:
    """Two tones that move, so that no place sounds like another; shape (time,)."""

    def make(seconds: float = 1.0, rate: int = 16_000) -> np.ndarray:
        time = np.arange(round(seconds * rate)) / rate
        low, high = 200 * time + 20 * time**2, 900 * time + 30 * np.sin(3 * time)
        return (0.3 * np.sin(2 * np.pi * low) + 0.2 * np.sin(2 * np.pi * high)).astype(np.float32)

    return make


@pytest.fixture
def encode(tmp_path: Path) -> Encode:
    """Write samples, shape (time,) or (time, channels), as the kind of file that its name says."""

    def write(name: str, samples: np.ndarray, rate: int = 16_000, codec: str = "", picture: bool = False) -> Path:
        path = tmp_path / name
        if path.suffix == ".opus":
            soundfile.write(path, samples, rate, format="OGG", subtype="OPUS")
        elif path.suffix in CODECS:
            _write_with_ffmpeg(path, samples, rate, codec or CODECS[path.suffix], picture)
        else:
            soundfile.write(path, samples, rate, subtype=codec or None)
        return path

    return write


def _write_with_ffmpeg(path: Path, samples: np.ndarray, rate: int, codec: str, picture: bool) -> None:
    import av

    channels = 1 if samples.ndim == 1 else samples.shape[1]
    layout = {1: "mono", 2: "stereo", 8: "7.1"}[channels]
    kind = {".aac": "adts", ".wma": "asf", ".mka": "matroska"}.get(path.suffix)
    with av.open(str(path), "w", format=kind) as file:
        film = file.add_stream("mpeg4", rate=10, width=32, height=32, pix_fmt="yuv420p") if picture else None
        sound = file.add_stream(codec, rate=rate, layout=layout, bit_rate=48_000) if len(samples) else None
        if film:
            for shot in [*(av.VideoFrame(32, 32, "yuv420p") for _ in range(20)), None]:
                file.mux(film.encode(shot))
        if sound:
            frame = av.AudioFrame("flt", layout, len(samples))
            frame.planes[0].update(np.ascontiguousarray(samples, dtype=np.float32))
            frame.sample_rate, frame.pts = rate, 0
            size = sound.codec_context.frame_size or None
            cutter = av.AudioResampler(sound.format.name, layout, rate, frame_size=size)
            for piece in [*cutter.resample(frame), *cutter.resample(None), None]:
                file.mux(sound.encode(piece))
