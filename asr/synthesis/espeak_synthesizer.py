"""espeak-ng as a synthesizer: every accent of a language with every variant, at a rate and a pitch of its own."""

from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from asr.audio import Samples
from asr.base.voices import GENERAL
from asr.corpus.limits import LONGEST
from asr.synthesis.accents import find_accents
from asr.synthesis.espeak import Voice, speak
from asr.synthesis.synthesizer import ESPEAK

VARIANTS = tuple(GENERAL)
"""Those that the embedded base knows; the ones that speak the sample's testing data are heard in no training."""

_SPEEDS = (125, 215)  # words a minute
_PITCHES = (25, 75)
_RANGES = (30, 70)


@dataclass(frozen=True)
class EspeakSynthesizer:
    """The espeak-ng library that is installed with Wergate, in one language."""

    voices: tuple[str, ...]
    """Accent and variant, such as `en-us+m3`."""
    fingerprint: str
    name: str = ESPEAK
    takes_phonemes: bool = True
    in_processes: bool = True

    @classmethod
    def of(cls, language: str) -> "EspeakSynthesizer":
        """The voices of a language, such as `en`, or of a locale, such as `en-US`.

        Raises:
            SettingsError: espeak-ng does not speak it.
        """
        accents = find_accents(language)
        voices = tuple(f"{accent}+{variant}" for accent in accents for variant in VARIANTS)
        drawn = f"{_SPEEDS} {_PITCHES} {_RANGES}"
        return cls(voices, f"espeak-ng {version('espeakng-loader')} {' '.join(voices)} {drawn}")

    def speak(self, text: str, voice: str, random: np.random.Generator) -> Samples:
        """The text (phonemes may stand in `[[…]]`) as 16 kHz mono float32; it ends soon after 30 s."""
        speed, pitch, range_ = (int(random.integers(*span, endpoint=True)) for span in (_SPEEDS, _PITCHES, _RANGES))
        return speak(text, Voice(voice, speed, pitch, range_), longest=LONGEST)
