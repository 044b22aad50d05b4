"""A speech model in memory: weights, processor and what must be known of them to use them right."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr.audio import SAMPLE_RATE
from asr.decoding.decoding import Decoding, load_decoding, refuse_unfit, save_decoding
from asr.errors import ModelError
from asr.models.checkpoint import find_checkpoint, fingerprint
from asr.models.family import Family, family
from asr.models.language import set_language

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

_MAY_BE_NEW = ("lm_head.", "ctc_head.")  # a pretrained encoder has no output layer yet; training makes one
_SPARE = "masked_spec_embed"  # what SpecAugment hides with; some checkpoints come without


@dataclass
class SpeechModel:
    """A loaded model; never passed between flow steps, which exchange directories."""

    name: str
    """How the user names it."""
    directory: Path
    fingerprint: str
    family: Family
    model: "PreTrainedModel"
    processor: Any
    """A transformers processor: feature extractor and tokenizer (its classes have no common type)."""
    decoding: Decoding | None = None
    """How its text is searched for; None is greedily."""

    @property
    def device(self) -> "torch.device":
        """Where the weights are."""
        return self.model.device

    @property
    def search(self) -> str:
        """How its text is searched for, in words."""
        return "greedily" if self.decoding is None else str(self.decoding)

    @property
    def window(self) -> float | None:
        """The longest audio in seconds that the model hears at once, `None` when it is not bound."""
        return getattr(self.processor.feature_extractor, "chunk_length", None)


def load_speech_model(
    model: str, *, revision: str = "", language: str = "", name: str = "", device: str | None = None
) -> SpeechModel:
    """Load a directory, a Hub id or the embedded base in float32, on the GPU when there is one.

    `language` (such as `en`) is set in models that are told what to write, `name` is how reports call the model.

    Raises:
        ModelError: it cannot be found, is not a speech model, or its files are damaged.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCTC, AutoModelForSpeechSeq2Seq, AutoProcessor
    from transformers.utils import logging

    logging.disable_progress_bar()  # a bar for each loading and saving says nothing and hides what does
    directory = find_checkpoint(model, revision)
    try:
        config = AutoConfig.from_pretrained(directory, trust_remote_code=False)
    except Exception as error:  # what is in config.json can be anything, and so is what transformers raises
        raise ModelError(f"{model}: {directory / 'config.json'} cannot be read: {_first_line(error)}") from error
    kind = family(config, model)
    loader = AutoModelForCTC if kind == "ctc" else AutoModelForSpeechSeq2Seq
    try:
        weights, loaded = loader.from_pretrained(
            directory, use_safetensors=True, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
        )
        processor = AutoProcessor.from_pretrained(directory, trust_remote_code=False)
    except Exception as error:  # transformers and safetensors raise a dozen types for a damaged checkpoint
        raise ModelError(f"{model}: the checkpoint in {directory} cannot be loaded: {_first_line(error)}") from error
    absent = sorted(name for name in loaded["missing_keys"] if not name.startswith(_MAY_BE_NEW) and _SPARE not in name)
    if absent:
        raise ModelError(f"{model}: the checkpoint lacks {len(absent)} of the weights, among them {absent[0]}")
    if not hasattr(processor, "feature_extractor") or not hasattr(processor, "tokenizer"):
        raise ModelError(f"{model}: the checkpoint in {directory} lacks a feature extractor or a tokenizer")
    rate = processor.feature_extractor.sampling_rate
    if rate != SAMPLE_RATE:
        raise ModelError(f"{model}: it hears {rate} Hz; only models for {SAMPLE_RATE} Hz are supported")
    if kind == "seq2seq":
        set_language(weights, processor, language, model)
    weights.eval().to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    decoding = load_decoding(directory, model)
    refuse_unfit(decoding, model, is_ctc=kind == "ctc", tokens=getattr(config, "vocab_size", 0))
    return SpeechModel(name or model, directory, fingerprint(directory), kind, weights, processor, decoding)


def save_speech_model(speech: SpeechModel, directory: Path) -> None:
    """Save weights as safetensors, and everything `load_speech_model` and `transformers.pipeline` need."""
    speech.model.save_pretrained(directory)
    speech.processor.save_pretrained(directory)
    if speech.decoding is not None:
        save_decoding(speech.decoding, directory)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
