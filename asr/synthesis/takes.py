"""A take: one line spoken once, kept as a marked FLAC file, or as the reason why it cannot be used.

Its name says all that decides how it sounds, so that nothing is spoken twice. What lies on disk is believed only as far
as it agrees with itself: the comment of a file holds the hash of its samples.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr.audio import SAMPLE_RATE, AudioError, Samples, as_int16, decode, write_flac
from asr.corpus import limits
from asr.corpus.synthetic import MARK
from asr.synthesis.augmentation import add_noise
from asr.synthesis.room import change_room
from asr.synthesis.spoken_corpus import PEAK
from asr.synthesis.synthesizer import Synthesizer, Unspeakable

_VERSION = 1  # of everything below, rooms and noise included; raise it when the same take sounds different
_HEAD = 4096  # bytes that hold the comment
_COMMENT = re.compile(re.escape(MARK.encode()) + rb"; samples sha256 ([0-9a-f]{64})")
_FAULTS = frozenset({"silent", "too_short", "too_long", "impossible_rate", "not_finite"})
# No language is spoken at more characters a second, so that more of them are not tried; phonemes may double them.
_MOST_WRITTEN = int(limits.FASTEST * limits.LONGEST)
_MOST_SPOKEN = 2 * _MOST_WRITTEN


@dataclass(frozen=True, slots=True)
class Take:
    """What is to be spoken, and how."""

    written: str
    spoken: str
    """As `written`, with words as they are pronounced."""
    version: int
    """Counted from 0 for each line."""
    voice: str
    seed: int
    folder: Path
    name: str
    """A hash of all of this and of the synthesizer."""

    @property
    def audio(self) -> Path:
        """Where its sound is kept."""
        return self.folder / f"{self.name}.flac"

    @property
    def refusal(self) -> Path:
        """Where it is kept why it has none."""
        return self.folder / f"{self.name}.left_out"


@dataclass(frozen=True, slots=True)
class Sound:
    """What became of a take."""

    seconds: float = 0.0
    audio_sha256: str = ""
    samples_sha256: str = ""
    rule: str = ""
    """The rule that it breaks, when it cannot be used."""


def choose_take(written: str, spoken: str, version: int, *, synthesizer: Synthesizer, folder: Path, seed: int) -> Take:
    """The take of a version of a line, in another voice than its other versions while there are any.

    Voice and all else that is drawn depend on the line, its version and the seed, and on nothing that is said besides.
    """
    voices = synthesizer.voices
    turns = _generator(seed, written).permutation(len(voices))
    voice = voices[int(turns[version % len(voices)])]
    content = json.dumps([_VERSION, synthesizer.fingerprint, written, spoken, version, seed])
    name = hashlib.sha256(content.encode()).hexdigest()[:32]
    return Take(written, spoken, version, voice, seed, folder, name)


def recall(take: Take) -> Sound | None:
    """What became of a take earlier; None when that is not known, or damaged."""
    try:
        if take.refusal.is_file():
            rule = take.refusal.read_text(encoding="utf-8")
            return Sound(rule=rule) if rule in _FAULTS else None
        content = take.audio.read_bytes()
        told = _COMMENT.search(content[:_HEAD])
        samples = decode(take.audio)
    except (OSError, UnicodeDecodeError, AudioError):
        return None
    sound = _hash_of(samples)
    if told is None or told[1].decode() != sound:
        return None
    return Sound(len(samples) / SAMPLE_RATE, hashlib.sha256(content).hexdigest(), sound)


def speak_take(synthesizer: Synthesizer, take: Take) -> Sound:
    """Speak a take in its room and with its noise, and keep it; aside first, then renamed."""
    try:
        samples = _speak(synthesizer, take)
    except Unspeakable as error:
        aside = take.refusal.with_name(take.refusal.name + ".part")
        aside.write_text(error.rule, encoding="utf-8")
        aside.replace(take.refusal)
        return Sound(rule=error.rule)
    sound = _hash_of(samples)
    write_flac(take.audio, samples, comment=f"{MARK}; samples sha256 {sound}")
    return Sound(len(samples) / SAMPLE_RATE, hashlib.sha256(take.audio.read_bytes()).hexdigest(), sound)


def _speak(synthesizer: Synthesizer, take: Take) -> Samples:
    if len(take.written) > _MOST_WRITTEN or len(take.spoken) > _MOST_SPOKEN:
        raise Unspeakable("too_long")
    # Two generators: where it is said does not depend on how much was drawn to say it.
    speaking, around = _generator(take.seed, take.written, take.version).spawn(2)
    samples = synthesizer.speak(take.spoken, take.voice, speaking)
    if rule := _fault(samples, take.written):
        raise Unspeakable(rule)
    samples = add_noise(change_room(samples, around), around)
    return samples * np.float32(PEAK / max(PEAK, float(np.abs(samples).max())))


def _fault(samples: Samples, written: str) -> str:
    seconds = len(samples) / SAMPLE_RATE
    if not np.isfinite(samples).all():
        return "not_finite"
    if float(np.abs(samples).max(initial=0)) < limits.SILENCE:
        return "silent"
    if seconds < limits.SHORTEST:
        return "too_short"
    if seconds > limits.LONGEST:
        return "too_long"
    # A synthesizer passes over letters that it does not know.
    too_fast = len(written) >= limits.FAST_FROM and len(written) / seconds > limits.FASTEST
    return "impossible_rate" if too_fast else ""


def _hash_of(samples: Samples) -> str:
    """As `samples_sha256` of a corpus."""
    return hashlib.sha256(as_int16(samples).astype("<i2", copy=False).data).hexdigest()


def _generator(*of: object) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(json.dumps(of).encode()).digest()))
