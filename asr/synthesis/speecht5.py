"""SpeechT5 checkpoints as synthesizers (Ao et al. 2022), such as microsoft/speecht5_tts.

A speaker is a direction in a space of 512 dimensions (an x-vector). Users give those of real people as a safetensors
file. Without one, directions are drawn: voices that nobody has, which the model never learned to speak with. They are
rougher and less clear than real ones.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asr.audio import Samples
from asr.corpus.limits import LONGEST
from asr.errors import ModelError
from asr.models.checkpoint import fingerprint
from asr.synthesis.synthesizer import Unspeakable
from asr.synthesis.text_to_speech import as_samples, first_line, load_weights, seeded

_DRAWN = 32  # voices when no speakers are given
_MOST_FRAMES = 20  # of the spectrogram a character; what is not at its end by then has lost it
_SPACE = "▁"  # how SentencePiece writes it
_CHARACTERS = 4  # ModelType.CHAR of sentencepiece_model.proto


@dataclass(frozen=True, eq=False)
class SpeechT5Synthesizer:
    """A SpeechT5 with its vocoder in memory."""

    name: str
    fingerprint: str
    speakers: dict[str, Any]
    """Speaker embeddings by name, each a tensor of shape (1, dimensions)."""
    model: Any
    vocoder: Any
    alphabet: dict[str, int]
    """The token of each character."""
    takes_phonemes: bool = False
    in_processes: bool = False

    @property
    def voices(self) -> tuple[str, ...]:
        """The names of the speakers."""
        return tuple(self.speakers)

    def speak(self, text: str, voice: str, random: np.random.Generator) -> Samples:
        """The text as 16 kHz mono float32; the model itself varies what it says.

        Raises:
            Unspeakable: the text has no character that the model knows, or more than it takes, or the model came to no
                end.
        """
        import torch

        model, vocoder = self.model, self.vocoder
        tokens = self._tokens(text)
        if len(tokens) > model.config.max_text_positions:
            raise Unspeakable("too_long")
        rate = vocoder.config.sampling_rate
        samples_a_frame = int(np.prod(vocoder.config.upsample_rates))
        frames = min(_MOST_FRAMES * len(tokens), int(LONGEST * rate / samples_a_frame))
        with seeded(random, model.device):
            ids = torch.tensor([tokens], device=model.device)
            spectrogram = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                speaker_embeddings=self.speakers[voice].to(model.device),
                maxlenratio=frames / len(tokens),
            )
            if len(spectrogram) > frames - 2 * model.config.reduction_factor:
                raise Unspeakable("too_long")
            return as_samples(vocoder(spectrogram), rate)

    def _tokens(self, text: str) -> list[int]:
        # As SpeechT5Tokenizer, which needs a package more: a space in front, and one where there are several.
        spaced = _SPACE + re.sub(r"\s+", _SPACE, unicodedata.normalize("NFKC", text).strip())
        known = [self.alphabet.get(char, self.alphabet.get(char.lower())) for char in spaced]
        spoken = [token for token in known if token is not None]
        if not set(spoken) - {self.alphabet.get(_SPACE)}:
            raise Unspeakable("silent")
        return [*spoken, self.model.config.eos_token_id]


def load_speecht5(
    name: str, directory: Path, *, vocoder: str, vocoder_directory: Path, speakers: Path | None
) -> SpeechT5Synthesizer:
    """Load a SpeechT5 and its vocoder from directories that `find_checkpoint` has checked.

    Raises:
        ModelError: files are damaged, or do not fit together.
    """
    from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

    alphabet = _read_alphabet(directory, name)
    model = load_weights(SpeechT5ForTextToSpeech, directory, name)
    voices = load_weights(SpeechT5HifiGan, vocoder_directory, vocoder)
    if voices.config.model_in_dim != model.config.num_mel_bins:
        raise ModelError(f"{vocoder}: it does not fit {name}; use the vocoder that was trained for it")
    dimensions = model.config.speaker_embedding_dim
    known = _draw_speakers(dimensions) if speakers is None else _read_speakers(speakers, dimensions)
    heard = "drawn" if speakers is None else hashlib.sha256(speakers.read_bytes()).hexdigest()
    content = f"speecht5 {fingerprint(directory)} {fingerprint(vocoder_directory)} {heard} {_DRAWN}"
    return SpeechT5Synthesizer(name, content, known, model, voices, alphabet)


def _draw_speakers(dimensions: int) -> dict[str, Any]:
    """Directions that are equally likely everywhere; the model takes their length away."""
    import torch

    drawn = np.random.default_rng(0).standard_normal((_DRAWN, dimensions)).astype(np.float32)
    return {f"drawn {number}": torch.from_numpy(one)[None] for number, one in enumerate(drawn)}


def _read_speakers(path: Path, dimensions: int) -> dict[str, Any]:
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except Exception as error:  # OSError, and what safetensors raises
        raise ModelError(f"{path}: the speakers cannot be read as safetensors: {first_line(error)}") from error
    known: dict[str, Any] = {}
    for key, tensor in sorted(tensors.items()):
        rows = tensor.float().reshape(-1, tensor.shape[-1] if tensor.ndim else 1)
        if rows.shape[1] != dimensions:
            raise ModelError(f"{path}: {key} has {rows.shape[1]} numbers a speaker, the model takes {dimensions}")
        known |= {key if len(rows) == 1 else f"{key} {number}": row[None] for number, row in enumerate(rows)}
    if not known:
        raise ModelError(f"{path}: there are no speakers in it; write x-vectors, or leave the setting away")
    return known


def _read_alphabet(directory: Path, name: str) -> dict[str, int]:
    """The characters of a SentencePiece model, which a SpeechT5 has for its texts, with their tokens."""
    from transformers.convert_slow_tokenizer import import_protobuf

    path = directory / "spm_char.model"
    try:
        content = import_protobuf().ModelProto.FromString(path.read_bytes())
    except Exception as error:  # OSError, and what protobuf raises
        raise ModelError(f"{name}: the alphabet {path} cannot be read: {first_line(error)}") from error
    if content.trainer_spec.model_type != _CHARACTERS:
        raise ModelError(f"{name}: {path} is not an alphabet of single characters, as the one of a SpeechT5 is")
    return {piece.piece: number for number, piece in enumerate(content.pieces) if len(piece.piece) == 1}
