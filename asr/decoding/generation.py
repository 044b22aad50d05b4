"""The text of a sequence-to-sequence model, token after token: greedily, or with a beam that looks for phrases."""

import math
from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from asr.decoding.biasing import Node, PhraseBonus, phrase_tokens, phrase_tree
from asr.decoding.decoding import Biasing
from asr.models.abilities import longest_output
from asr.models.speech_model import SpeechModel

if TYPE_CHECKING:
    import torch

_TOKENS_A_SECOND = 20
"""More than any language is spoken in; a model that writes more has run away."""
_TOKENS_EXTRA = 8
_LIKE_LENGTH = 32
"""Bounds of a beam search are multiples of it, so that utterances of like length are searched together."""


def generate(speech: SpeechModel, inputs: dict[str, "torch.Tensor"], seconds: list[float]) -> list[list[int]]:
    """Write token after token, never more than speech of that length can hold.

    A model that repeats itself would otherwise fill its whole output length with insertions.
    """
    allowed = [math.ceil(length * _TOKENS_A_SECOND) + _TOKENS_EXTRA for length in seconds]
    if not isinstance(speech.decoding, Biasing):
        return _generate(speech, inputs, allowed, max(allowed))
    # A beam that may go on for longer chooses otherwise, so that only those that may go on as long go together.
    bounds = [-(-bound // _LIKE_LENGTH) * _LIKE_LENGTH for bound in allowed]
    texts: dict[int, list[int]] = {}
    for longest in set(bounds):
        places = [place for place, bound in enumerate(bounds) if bound == longest]
        some = {name: tensor[places] for name, tensor in inputs.items()}
        texts |= zip(places, _generate(speech, some, [allowed[place] for place in places], longest), strict=True)
    return [texts[place] for place in range(len(allowed))]


def _generate(
    speech: SpeechModel, inputs: dict[str, "torch.Tensor"], allowed: list[int], longest: int
) -> list[list[int]]:
    model: Any = speech.model
    generation = deepcopy(model.generation_config)
    generation.max_length = min(longest_output(model.config), longest + _prompt_length(speech))
    generation.max_new_tokens = None
    generation.num_beams, generation.do_sample = 1, False  # greedy, whatever the checkpoint would rather do
    more: dict[str, Any] = {}
    if isinstance(speech.decoding, Biasing):
        generation.num_beams = speech.decoding.beams
        before = _prompt_length(speech)
        if speech.decoding.prompt:
            more["prompt_ids"] = told = prompt(speech, speech.decoding.phrases).to(speech.device)
            before += len(told)
        tree = _tree(speech.processor.tokenizer, speech.decoding.phrases)
        more["logits_processor"] = [PhraseBonus(tree, speech.decoding.bonus, begin=before)]
    sequences = model.generate(**inputs, generation_config=generation, **more)
    special = set(speech.processor.tokenizer.all_special_ids)
    texts = []
    for sequence, bound in zip(sequences.tolist(), allowed, strict=True):
        # Whisper leaves the start token out. Special tokens count, for they were written too: only so is an utterance
        # cut at the same place whether it was alone or beside a longer one.
        written = sequence[1:] if sequence[:1] == [model.config.decoder_start_token_id] else sequence
        texts.append([token for token in written[:bound] if token not in special])
    return texts


@lru_cache(maxsize=1)
def _tree(tokenizer: Any, phrases: tuple[str, ...]) -> Node:
    """The same for every batch: thousands of phrases take seconds."""
    return phrase_tree(phrase_tokens(tokenizer, phrases))


def can_be_told(speech: SpeechModel) -> bool:
    """Whether the model was made to be told what was said before, as Whisper is."""
    return hasattr(speech.processor, "get_prompt_ids")


def prompt(speech: SpeechModel, phrases: Sequence[str]) -> "torch.Tensor":
    """Tokens that tell a model phrases as what was said before: as many as fit into half of what it can write."""
    room = longest_output(speech.model.config) // 2 - 1 - _prompt_length(speech)
    told: torch.Tensor = speech.processor.get_prompt_ids("", return_tensors="pt")
    phrases = [one for one in phrases if "<|" not in one]  # special tokens are refused in a prompt
    for count in range(1, len(phrases) + 1):
        longer: torch.Tensor = speech.processor.get_prompt_ids(", ".join(phrases[:count]) + ".", return_tensors="pt")
        if len(longer) > room:
            break
        told = longer
    return told


def _prompt_length(speech: SpeechModel) -> int:
    return len(getattr(speech.processor.tokenizer, "prefix_tokens", [])) or 1
