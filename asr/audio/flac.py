"""Audio out: 16 kHz mono samples as 16-bit FLAC."""

from pathlib import Path

import numpy as np

from asr.audio.audio_error import AudioError
from asr.audio.samples import SAMPLE_RATE, Samples, as_int16


def write_flac(path: Path, samples: Samples, *, comment: str = "") -> None:
    """Write 16 kHz mono samples as 16-bit FLAC, the same bytes for the same samples, aside first, then renamed.

    A `comment` is kept in the file beside the sound, as a Vorbis comment of that name.

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
    with soundfile.SoundFile(aside, "w", SAMPLE_RATE, 1, subtype="PCM_16", format="FLAC") as file:
        if comment:
            file.comment = comment
        file.write(as_int16(samples))
    aside.replace(path)
