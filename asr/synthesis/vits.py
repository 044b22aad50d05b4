"""VITS checkpoints as synthesizers (Kim, Kong and Son 2021), such as facebook/mms-tts-* in 1,100 languages.

Utterances are spoken one by one: in a batch, padding and the noise that is drawn for others would change each of them,
and what is kept on disk would depend on what was spoken beside it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asr.audio import Samples
from asr.errors import ModelError
from asr.models.checkpoint import fingerprint
from asr.synthesis.synthesizer import Unspeakable
from asr.synthesis.text_to_speech import as_samples, first_line, load_weights, seeded

_RATES = (0.85, 1.2)  # times the checkpoint's own speaking rate
_NOISES = (0.7, 1.2)  # times its own noise scales, which make intonation and rhythm vary


@dataclass(frozen=True, eq=False)
class VitsSynthesizer:
    """A VITS in memory."""

    name: str
    fingerprint: str
    voices: tuple[str, ...]
    """The numbers of its speakers; only `0` for most checkpoints."""
    model: Any
    tokenizer: Any
    takes_phonemes: bool = False
    in_processes: bool = False

    def speak(self, text: str, voice: str, random: np.random.Generator) -> Samples:
        """The text as 16 kHz mono float32; speaking rate and noise scales are drawn.

        Raises:
            Unspeakable: the text has no character of the checkpoint's alphabet.
        """
        config, model = self.model.config, self.model
        letters = self.tokenizer(text, return_tensors="pt")
        if not letters["input_ids"].any():  # token 0 is the blank between letters
            raise Unspeakable("silent")
        rate, noise, rhythm = (float(random.uniform(*span)) for span in (_RATES, _NOISES, _NOISES))
        model.noise_scale = noise * config.noise_scale
        model.noise_scale_duration = rhythm * config.noise_scale_duration
        with seeded(random, model.device):
            spoken = model(
                **letters.to(model.device),
                speaker_id=int(voice) if config.num_speakers > 1 else None,
                speaking_rate=rate * config.speaking_rate,
            )
        return as_samples(spoken.waveform[0, : int(spoken.sequence_lengths[0])], config.sampling_rate)


def load_vits(name: str, directory: Path) -> VitsSynthesizer:
    """Load a VITS from a directory that `find_checkpoint` has checked.

    Raises:
        ModelError: its files are damaged, or its texts need a program that is not part of Wergate.
    """
    from transformers import VitsModel, VitsTokenizer
    from transformers.utils.import_utils import is_uroman_available

    try:
        tokenizer = VitsTokenizer.from_pretrained(directory, trust_remote_code=False)
    except Exception as error:  # a tokenizer's files can hold anything
        raise ModelError(f"{name}: the alphabet in {directory} cannot be read: {first_line(error)}") from error
    if tokenizer.phonemize:
        raise ModelError(
            f"{name}: it reads phonemes, which Wergate does not write; use a checkpoint that reads letters, such as "
            "facebook/mms-tts-eng"
        )
    if tokenizer.is_uroman and not is_uroman_available():
        raise ModelError(f"{name}: it reads romanized text; `pip install uroman`, or use another checkpoint")
    model = load_weights(VitsModel, directory, name)
    voices = tuple(str(number) for number in range(max(1, model.config.num_speakers)))
    return VitsSynthesizer(name, f"vits {fingerprint(directory)} {_RATES} {_NOISES}", voices, model, tokenizer)
