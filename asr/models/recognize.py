"""Speech to text: utterances in, hypotheses out, batch by batch."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from copy import deepcopy
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from asr.audio import SAMPLE_RATE, Samples
from asr.models.abilities import longest_output
from asr.models.features import features
from asr.models.lanes import results_in_order
from asr.models.segments import LONGEST, cut
from asr.models.speech_model import SpeechModel

if TYPE_CHECKING:
    import torch

DECODING = "greedy@1"
"""Name and version of the search; results of different searches are never compared."""

_TOKENS_A_SECOND = 20
"""More than any language is spoken in; a model that writes more has run away."""
_TOKENS_EXTRA = 8

_LOOK_BEYOND_THE_END = {"data2vec-audio", "sew", "sew-d", "wav2vec2-conformer"}


def recognize(
    speech: SpeechModel,
    durations: Sequence[float],
    read: Callable[[int], Samples],
    *,
    batch_size: int,
) -> Iterator[list[tuple[int, str]]]:
    """Recognize utterances 0 … n-1, longest first, yielding (index, text) a batch at a time.

    `durations` are in seconds and only order the work; `read(i)` gives 16 kHz mono samples and runs in a thread ahead
    of the model. The text of an utterance does not depend on its batch.
    """
    batches = _batches(speech, durations, batch_size)
    lanes = _lanes(speech, batch_size)
    shares = [_shares(batch, lanes) for batch in batches]
    texts = results_in_order(
        chain.from_iterable(shares),
        lambda share: [read(index) for index in share],
        lambda audio: recognize_batch(speech, audio),
        lanes,
    )
    with closing(texts):
        for batch, parts in zip(batches, shares, strict=True):
            heard = chain.from_iterable(next(texts) for _ in parts)
            yield list(zip(batch, heard, strict=True))


def recognize_batch(speech: SpeechModel, audio: Sequence[Samples]) -> list[str]:
    """Recognize several utterances at once; audio longer than the model hears is cut at quiet places and rejoined."""
    pieces = [cut(samples, speech.window or LONGEST) for samples in audio]
    flat = [piece for parts in pieces for piece in parts]
    if any(len(parts) > 1 for parts in pieces) or padding_changes_text(speech):
        texts = iter([text for piece in flat for text in _recognize_together(speech, [piece])])
    else:
        texts = iter(_recognize_together(speech, flat))
    return [" ".join(filter(None, (next(texts) for _ in parts))) for parts in pieces]


def padding_changes_text(speech: SpeechModel) -> bool:
    """Whether silence added at the end changes what the model hears.

    A GroupNorm over time (wav2vec2-base, HuBERT-base, SEW, Moonshine) takes its mean and variance over the padding too,
    and no attention mask prevents that; nor does one keep the convolutions of a few others from looking beyond the
    end. Such models get utterances one by one.
    """
    import torch

    if speech.model.config.model_type in _LOOK_BEYOND_THE_END:
        return True
    return any(isinstance(module, torch.nn.GroupNorm) for module in speech.model.modules())


def _batches(speech: SpeechModel, durations: Sequence[float], batch_size: int) -> list[list[int]]:
    # Longest first: the largest batch comes at once, so a GPU that is too small fails early.
    order = sorted(range(len(durations)), key=lambda index: (-durations[index], index))
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def _lanes(speech: SpeechModel, batch_size: int) -> int:
    """How many shares of a batch are recognized side by side: one for each core, if the model runs on the processor.

    `generate` of a sequence-to-sequence model keeps state in the model, so that it takes one batch after the other.
    """
    import torch

    if speech.family != "ctc" or speech.device.type != "cpu":
        return 1
    return max(1, min(torch.get_num_threads(), batch_size))


def _shares(batch: list[int], lanes: int) -> list[list[int]]:
    size = -(-len(batch) // lanes)
    return [batch[start : start + size] for start in range(0, len(batch), size)]


def _recognize_together(speech: SpeechModel, audio: Sequence[Samples]) -> list[str]:
    from asr.models.inference import inference

    with inference():
        inputs = {name: tensor.to(speech.device) for name, tensor in features(speech, audio).items()}
        if speech.family == "ctc":
            tokens, options = _best_path(speech, inputs), {"group_tokens": False}  # they are grouped
        else:
            tokens, options = _generate(speech, inputs, [len(samples) / SAMPLE_RATE for samples in audio]), {}
    texts: list[str] = speech.processor.batch_decode(tokens, skip_special_tokens=True, **options)
    return [" ".join(text.split()) for text in texts]


def _best_path(speech: SpeechModel, inputs: dict[str, "torch.Tensor"]) -> list[list[int]]:
    """The most probable token of each frame, repeated ones once, without blanks (Graves et al. 2006, best path).

    Not left to the tokenizers: wav2vec2's, told to skip special tokens, first drops the blanks between double letters.
    """
    import torch

    logits = speech.model(**inputs).logits
    tokens: torch.Tensor = logits.argmax(dim=-1)
    blank = speech.model.config.pad_token_id
    mask = inputs.get("attention_mask")
    if mask is not None:
        lengths = _output_lengths(speech.model, mask, tokens.shape[1])
        beyond = torch.arange(tokens.shape[1], device=tokens.device)[None, :] >= lengths[:, None]
        tokens[beyond] = blank
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


def _generate(speech: SpeechModel, inputs: dict[str, "torch.Tensor"], seconds: list[float]) -> list[list[int]]:
    """Write token after token, never more than speech of that length can hold.

    A model that repeats itself would otherwise fill its whole output length with insertions.
    """
    model: Any = speech.model
    allowed = [math.ceil(length * _TOKENS_A_SECOND) + _TOKENS_EXTRA for length in seconds]
    generation = deepcopy(model.generation_config)
    generation.max_length = min(longest_output(model.config), max(allowed) + _prompt_length(speech))
    generation.max_new_tokens = None
    generation.num_beams, generation.do_sample = 1, False  # greedy, whatever the checkpoint would rather do
    sequences = model.generate(**inputs, generation_config=generation)
    special = set(speech.processor.tokenizer.all_special_ids)
    texts = []
    for sequence, bound in zip(sequences.tolist(), allowed, strict=True):
        # Whisper leaves the start token out. Special tokens count, for they were written too: only so is an utterance
        # cut at the same place whether it was alone or beside a longer one.
        written = sequence[1:] if sequence[:1] == [model.config.decoder_start_token_id] else sequence
        texts.append([token for token in written[:bound] if token not in special])
    return texts


def _prompt_length(speech: SpeechModel) -> int:
    return len(getattr(speech.processor.tokenizer, "prefix_tokens", [])) or 1
