"""What a model can hear and write, told from its configuration and vocabulary alone: no weights are read."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr.errors import ModelError
from asr.models.checkpoint import find_checkpoint
from asr.models.family import Family, family
from asr.models.language import set_prefix
from asr.models.spelling import spell, writable_characters

if TYPE_CHECKING:
    from asr.models.speech_model import SpeechModel


@dataclass(frozen=True)
class Abilities:
    """The bounds of one model."""

    window: float | None
    """The longest audio in seconds that it hears at once, `None` when it is not bound."""
    most_tokens: int | None
    """The most labels that an utterance may have, `None` when they are not bound."""
    characters: frozenset[str] | None
    """What it spells with, letter by letter; `None` when it writes pieces of words."""
    tokenizer: Any
    family: Family
    start: int | None
    """The token that a sequence-to-sequence model itself puts before its labels."""
    _written: dict[str, str] = field(default_factory=dict, repr=False)

    def labels(self, text: str) -> list[int]:
        """The tokens that the model shall write for a transcript."""
        tokens: list[int] = self.tokenizer(spell(text, self.characters)).input_ids
        if self.family == "ctc":
            return tokens
        # The model itself puts the start token before the labels; a tokenizer that has already written it
        # (Whisper's does) would make the decoder learn to start twice.
        if tokens and tokens[0] == self.start:
            tokens = tokens[1:]
        end = self.tokenizer.eos_token_id
        return tokens if tokens and tokens[-1] == end else [*tokens, end]

    def written(self, character: str) -> str:
        """What becomes of one character: itself, in another case, without its accent, or nothing."""
        if character not in self._written:
            self._written[character] = self._write(character)
        return self._written[character]

    def _write(self, character: str) -> str:
        if self.characters is not None:
            return spell(character, self.characters)
        tokens = self.tokenizer(character, add_special_tokens=False).input_ids
        return character if tokens and self.tokenizer.unk_token_id not in tokens else ""


def abilities(speech: "SpeechModel") -> Abilities:
    """The abilities of a loaded model."""
    return _abilities(speech.family, speech.model.config, speech.processor.tokenizer, speech.window)


def read_abilities(model: str, *, revision: str = "", language: str = "") -> Abilities:
    """The abilities of a directory, the embedded base, or a Hub id that was downloaded before; nothing is downloaded.

    `language` is what the model is told to write, if it can be told.

    Raises:
        ModelError: the model is not on this machine, or its files cannot be used.
    """
    directory = find_checkpoint(model, revision, download=False)
    from transformers import AutoConfig, AutoTokenizer

    try:
        config = AutoConfig.from_pretrained(directory, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(directory, trust_remote_code=False)
        hearing = _settings(directory, "preprocessor_config.json", "processor_config.json")
        generation = _settings(directory, "generation_config.json")
    except Exception as error:  # what is in these files can be anything, and so is what transformers raises
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise ModelError(f"{model}: its configuration or vocabulary cannot be read: {reason}") from error
    kind = family(config, model)
    if kind == "seq2seq":
        set_prefix(tokenizer, language, generation.get("is_multilingual"), model)
    window = hearing.get("feature_extractor", hearing).get("chunk_length")
    return _abilities(kind, config, tokenizer, None if window is None else float(window))


def longest_output(config: Any) -> int:
    """How many tokens the decoder of a sequence-to-sequence model has positions for."""
    for name in ("max_target_positions", "max_position_embeddings"):
        if getattr(config, name, None):
            return int(getattr(config, name))
    return 448


def _abilities(kind: Family, config: Any, tokenizer: Any, window: float | None) -> Abilities:
    return Abilities(
        window=window,
        most_tokens=None if kind == "ctc" else longest_output(config),
        characters=writable_characters(tokenizer),
        tokenizer=tokenizer,
        family=kind,
        start=None if kind == "ctc" else config.decoder_start_token_id,
    )


def _settings(directory: Path, *names: str) -> dict[str, Any]:
    # Not by AutoProcessor, which takes three more seconds to import.
    settings: dict[str, Any] = {}
    for name in names:
        if (directory / name).is_file():
            settings |= json.loads((directory / name).read_text(encoding="utf-8"))
    return settings
