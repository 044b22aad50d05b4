"""From what a CTC model hears in each frame to tokens: the best path, or a beam search with the package's n-gram."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

from asr.decoding.beam_search import beam_search
from asr.decoding.decoding import NgramDecoding
from asr.models.speech_model import SpeechModel

if TYPE_CHECKING:
    import torch

_TOKENS_TOGETHER = 1 << 16
"""Utterances times tokens of the vocabulary that are searched at once, as a state of the n-gram has a row as long."""


def search_ctc(speech: SpeechModel, inputs: dict[str, "torch.Tensor"]) -> list[list[int]]:
    """The tokens of each utterance, as the model's package says that they are searched for."""
    logits, lengths = hear(speech, inputs)
    blank = speech.model.config.pad_token_id
    if isinstance(speech.decoding, NgramDecoding):
        heard = logits.log_softmax(dim=-1).float().cpu().numpy()
        together, counted, decoding = max(1, _TOKENS_TOGETHER // heard.shape[2]), lengths.cpu().numpy(), speech.decoding
        parts = (slice(start, start + together) for start in range(0, len(heard), together))
        return [
            tokens
            for part in parts
            for tokens in beam_search(heard[part], counted[part], blank, decoding.states(), decoding.search)
        ]
    return best_path(logits, lengths, blank)


def hear(speech: SpeechModel, inputs: dict[str, "torch.Tensor"]) -> "tuple[torch.Tensor, torch.Tensor]":
    """What the model hears, shape (batch, frames, tokens), and how many frames of it belong to each utterance."""
    import torch

    logits: torch.Tensor = speech.model(**inputs).logits
    mask = inputs.get("attention_mask")
    if mask is None:
        return logits, torch.full((len(logits),), logits.shape[1])
    return logits, _output_lengths(speech.model, mask, logits.shape[1])


def best_path(logits: "torch.Tensor", lengths: "torch.Tensor", blank: int) -> list[list[int]]:
    """The most probable token of each frame, repeated ones once, without blanks (Graves et al. 2006, best path).

    Not left to the tokenizers: wav2vec2's, told to skip special tokens, first drops the blanks between double letters.
    """
    import torch

    tokens: torch.Tensor = logits.argmax(dim=-1)
    tokens[torch.arange(tokens.shape[1], device=tokens.device)[None, :] >= lengths.to(tokens.device)[:, None]] = blank
    return [[token for token, _ in groupby(path) if token != blank] for path in tokens.tolist()]


def _output_lengths(model: Any, mask: "torch.Tensor", frames: int) -> "torch.Tensor":
    """How many output frames belong to each utterance, shape (batch,)."""
    import torch

    lengths: torch.Tensor = mask.sum(dim=-1)
    for owner in (model, getattr(model, "encoder", None), model.base_model):
        for method in ("_get_feat_extract_output_lengths", "_get_subsampling_output_length"):
            if hasattr(owner, method):
                counted: torch.Tensor = getattr(owner, method)(lengths)
                return counted
    return torch.ceil(lengths * frames / mask.shape[-1]).long()
