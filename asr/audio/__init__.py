"""Audio in: files of almost any format become 16 kHz mono float32 samples; audio out: 16-bit FLAC."""

from asr.audio.audio_error import AudioError
from asr.audio.audio_file import AUDIO_SUFFIXES, MAX_SECONDS, lfs_oid
from asr.audio.decoding import AudioInfo, Decoded, decode, decode_segments, decode_with_rate, duration, info
from asr.audio.flac import write_flac
from asr.audio.samples import SAMPLE_RATE, Samples, as_int16, resample

__all__ = [
    "AUDIO_SUFFIXES",
    "MAX_SECONDS",
    "SAMPLE_RATE",
    "AudioError",
    "AudioInfo",
    "Decoded",
    "Samples",
    "as_int16",
    "decode",
    "decode_segments",
    "decode_with_rate",
    "duration",
    "info",
    "lfs_oid",
    "resample",
    "write_flac",
]
