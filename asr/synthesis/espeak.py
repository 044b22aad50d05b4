"""Speech from text with espeak-ng, through the library that the package `espeakng-loader` carries.

The C interface is the one of `speak_lib.h` (espeak-ng 1.52).
"""

import _ctypes
import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asr.audio import SAMPLE_RATE, Samples, resample

_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4  # espeak_PARAMETER
_SYNCHRONOUS, _CHARS_UTF8, _PHONEMES = 2, 1, 0x100  # AUDIO_OUTPUT_SYNCHRONOUS, espeakCHARS_UTF8, espeakPHONEMES

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Voice:
    """A synthetic speaker: an espeak-ng accent and variant, speaking at a speed and a pitch."""

    name: str
    """Accent and variant, such as `en-us+m3`."""
    speed: int = 160
    """Words a minute, 80–450."""
    pitch: int = 50
    """0–99; 50 is the variant's own."""
    range: int = 50
    """How much the pitch moves, 0 (monotone) – 99."""


def speak(text: str, voice: Voice, *, longest: float = float("inf")) -> Samples:
    """Speak `text` (phonemes may stand in `[[…]]`): float32 samples at 16 kHz, always the same for the same arguments.

    It falls silent soon after `longest` seconds, in the middle of a word.

    Raises:
        ValueError: espeak-ng does not know the voice.
        RuntimeError: espeak-ng did not start or refused the text.
    """
    with loaded_library() as (library, data_path):
        return _speak(library, data_path, text, voice, longest)


@contextmanager
def loaded_library() -> Iterator[tuple[ctypes.CDLL, str]]:
    """The library of espeak-ng without a past, and the folder of its data; for one caller at a time."""
    import espeakng_loader

    # espeak-ng keeps the phase of its voice flutter in static memory, so what it says depends on what it said
    # before. A library loaded afresh (under 1 ms) has no past.
    with _one_at_a_time:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        try:
            yield library, espeakng_loader.get_data_path()
        finally:
            library.espeak_Terminate()
            if sys.platform == "win32":
                _ctypes.FreeLibrary(library._handle)
            else:
                _ctypes.dlclose(library._handle)


def _speak(library: ctypes.CDLL, data_path: str, text: str, voice: Voice, longest: float) -> Samples:
    chunks: list[npt.NDArray[np.int16]] = []
    left = 0.0  # samples that are still wanted

    def collect(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
        nonlocal left
        if samples and count > 0:
            chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
            left -= count
        return int(left < 0)  # 1 tells espeak-ng to stop

    callback = _Callback(collect)  # named, so that it lives while espeak-ng calls it
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data_path.encode(), 0)
    if rate <= 0:
        raise RuntimeError(f"espeak-ng did not start with the data in {data_path}")
    left = longest * rate
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.name.encode()) != 0:
        raise ValueError(f"espeak-ng has no voice {voice.name!r}")
    for parameter, value in ((_RATE, voice.speed), (_PITCH, voice.pitch), (_RANGE, voice.range), (_VOLUME, 100)):
        library.espeak_SetParameter(parameter, value, 0)
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # breath and whisper are noise
    spoken = text.encode()
    if library.espeak_Synth(spoken, len(spoken) + 1, 0, 1, 0, _CHARS_UTF8 | _PHONEMES, None, None) != 0:
        raise RuntimeError(f"espeak-ng could not speak {text!r}")
    if not chunks:
        return np.zeros(0, np.float32)
    samples: Samples = np.concatenate(chunks).astype(np.float32) / np.float32(32768)
    return resample(samples, rate, SAMPLE_RATE)
