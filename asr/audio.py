"""Audio in: any file that soundfile reads becomes 16 kHz mono float32 samples; audio out: 16-bit FLAC."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asr.errors import DataError

SAMPLE_RATE = 16_000
"""Samples a second inside Wergate."""

Samples = npt.NDArray[np.float32]
"""Mono samples in [-1, 1] at `SAMPLE_RATE`, shape (time,)."""

# fmt: off
AUDIO_SUFFIXES = frozenset({
    ".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64", ".rf64", ".sph",
    ".m4a", ".mp4", ".aac", ".webm", ".wma", ".amr",
})
# fmt: on
"""Endings that say "this is audio", in lower case; not each of them can be decoded."""

MAX_SECONDS = 2 * 3600
"""The most audio in one file: a file that claims more is refused before memory is given to it."""

_BLOCK = 1 << 18  # frames decoded at a time, so that channels are mixed before they add up
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\r?\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\s")
_POINTER_BYTES = 1024  # the Git LFS specification keeps pointers below this


class AudioError(DataError):
    """An audio file cannot be used: `rule` is the id of the corpus rule that it breaks, `reason` says more."""

    def __init__(self, path: Path, rule: str, what: str, mend: str, reason: str = "") -> None:
        super().__init__(f"{path}: {what}{f' ({reason})' if reason else ''}; {mend}")
        self.rule = rule
        self.reason = reason


def decode(path: Path) -> Samples:
    """Read a file of any rate and channel count as 16 kHz mono: the mean of its channels, resampled; shape (time,).

    Raises:
        AudioError: the file is missing, empty, a Git LFS pointer, not audio, or holds samples that are not numbers.
    """
    import soundfile

    _refuse_what_is_not_audio(path)
    try:
        with soundfile.SoundFile(path) as file:
            rate = int(file.samplerate)
            _refuse_too_much(path, int(file.frames), rate)
            blocks: list[Samples] = []
            while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
                blocks.append(block.mean(axis=1))
    except soundfile.LibsndfileError as error:
        raise _undecodable(path, error.error_string) from None
    except (TypeError, OSError, RuntimeError) as error:  # headerless formats, files that cannot be opened
        raise _undecodable(path, str(error)) from None
    if not blocks:
        raise AudioError(path, "empty_audio", "the file holds no samples", "record or export it again")
    samples = np.concatenate(blocks)
    if not np.isfinite(samples).all():
        raise AudioError(path, "not_finite", "some samples are not numbers (NaN or infinite)", "export it again as PCM")
    return resample(samples, rate)


def duration(path: Path) -> float:
    """Seconds of audio as the header tells, without decoding.

    Raises:
        AudioError: the file is missing, empty, a Git LFS pointer or not audio.
    """
    import soundfile

    _refuse_what_is_not_audio(path)
    try:
        header = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        raise _undecodable(path, error.error_string) from None
    except (TypeError, OSError, RuntimeError) as error:
        raise _undecodable(path, str(error)) from None
    return int(header.frames) / int(header.samplerate)


def resample(samples: Samples, source_rate: int, target_rate: int = SAMPLE_RATE) -> Samples:
    """Change the sampling rate with soxr's high-quality band-limited interpolation."""
    if source_rate == target_rate:
        return samples
    import soxr

    resampled: Samples = soxr.resample(samples, source_rate, target_rate, quality="HQ")
    return resampled


def as_int16(samples: Samples) -> npt.NDArray[np.int16]:
    """16-bit PCM: full scale is 32768, values outside [-1, 1] are clipped; shape (time,)."""
    pcm: npt.NDArray[np.int16] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return pcm


def write_flac(path: Path, samples: Samples) -> None:
    """Write 16 kHz mono samples as 16-bit FLAC, the same bytes for the same samples, aside first, then renamed.

    Raises:
        AudioError: there are no samples, or some are not finite.
    """
    import soundfile

    if not len(samples):
        raise AudioError(path, "empty_audio", "there are no samples to write", "give it audio")
    if not np.isfinite(samples).all():
        raise AudioError(path, "not_finite", "some samples are not numbers (NaN or infinite)", "give it finite audio")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    soundfile.write(aside, as_int16(samples), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    aside.replace(path)


def lfs_oid(path: Path) -> str | None:
    """The sha256 of the audio that a Git LFS pointer file stands for; None for any other file.

    Format: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    """
    if path.stat().st_size >= _POINTER_BYTES:
        return None
    match = _POINTER.match(path.read_bytes())
    return match[1].decode() if match else None


def _refuse_what_is_not_audio(path: Path) -> None:
    try:
        size, pointer = path.stat().st_size, lfs_oid(path)
    except OSError as error:
        raise _undecodable(path, error.strerror or "it cannot be opened", "check the path") from None
    if pointer:
        raise AudioError(path, "lfs_pointer", "this is a Git LFS pointer, not audio", "run `git lfs pull`")
    if size == 0:
        raise AudioError(path, "empty_audio", "the file is empty", "record or export it again")


def _refuse_too_much(path: Path, frames: int, rate: int) -> None:
    if frames > MAX_SECONDS * min(rate, 48_000):  # a high rate must not cost more memory than 48 kHz
        detail = f"{frames / rate / 3600:.1f} hours at {rate} Hz in one file"
        raise _undecodable(path, detail, "cut it into utterances")


def _undecodable(path: Path, why: str, mend: str = "convert it to WAV or FLAC") -> AudioError:
    why = " ".join(why.split()).removeprefix("Error : ").rstrip(".")
    return AudioError(path, "undecodable", "the audio cannot be decoded", mend, why)
