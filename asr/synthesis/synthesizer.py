"""What a synthesizer is: text in, speech of many voices out; and which one a name stands for."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from asr.audio import Samples
from asr.errors import ModelError

ESPEAK = "espeak"
"""The name under which users ask for the synthesizer that is installed with Wergate."""

VOCODER = "microsoft/speecht5_hifigan"
"""What makes sound of the spectrograms of SpeechT5 unless users name another one."""


class Unspeakable(Exception):
    """A text that a synthesizer does not speak; `rule` is the rule that its utterance would break."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Synthesizer(Protocol):
    """Speaks a text in one of its voices, always the same for the same text, voice and state of the generator."""

    @property
    def name(self) -> str:
        """How the user names it."""

    @property
    def fingerprint(self) -> str:
        """Of everything that decides how it sounds."""

    @property
    def voices(self) -> Sequence[str]:
        """The speakers that it has, at least one; each name stands for the same speaker in every run."""

    @property
    def takes_phonemes(self) -> bool:
        """Whether espeak phonemes in `[[…]]` are spoken as such."""

    @property
    def in_processes(self) -> bool:
        """Whether copies of it may speak in other processes at the same time."""

    def speak(self, text: str, voice: str, random: np.random.Generator) -> Samples:
        """The text as 16 kHz mono float32; rate, pitch and what else varies within a voice is drawn.

        What would be longer than 30 s may end as soon as it is.

        Raises:
            Unspeakable: there is nothing in the text that it can say, or too much.
        """


def open_synthesizer(
    name: str,
    language: str,
    *,
    revision: str = "",
    vocoder: str = VOCODER,
    vocoder_revision: str = "",
    speakers: Path | None = None,
) -> Synthesizer:
    """Open `espeak`, or a text-to-speech checkpoint: a directory or a Hub id, of VITS (MMS-TTS) or of SpeechT5.

    `language` is a code such as `en` or a locale such as `en-US`; a checkpoint speaks its own language. `vocoder` and
    `speakers`, a safetensors file of speaker embeddings, are for SpeechT5. Weights must be safetensors: where the
    newest files on the Hub are not, a revision may be.

    Raises:
        SettingsError: espeak-ng does not speak the language.
        ModelError: the checkpoint cannot be found, is not one of these, or its files are damaged or not safetensors.
    """
    if name == ESPEAK:
        from asr.synthesis.espeak_synthesizer import EspeakSynthesizer

        return EspeakSynthesizer.of(language)
    from asr.models.checkpoint import find_checkpoint

    directory = find_checkpoint(name, revision)
    kind = _model_type(name, directory)
    if kind == "vits":
        from asr.synthesis.vits import load_vits

        return load_vits(name, directory)
    if kind == "speecht5":
        from asr.synthesis.speecht5 import load_speecht5

        beside = find_checkpoint(vocoder, vocoder_revision)
        return load_speecht5(name, directory, vocoder=vocoder, vocoder_directory=beside, speakers=speakers)
    raise ModelError(
        f"{name}: this is {kind or 'a model'!r}, not text-to-speech that can be used; give {ESPEAK!r}, a VITS such as "
        "facebook/mms-tts-eng, or a SpeechT5"
    )


def _model_type(name: str, directory: Path) -> str:
    try:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        return str(config["model_type"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{name}: {directory / 'config.json'} says no model_type; download it again") from error
