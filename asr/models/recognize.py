"""Speech to text: utterances in, hypotheses out, batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain

from asr.audio import SAMPLE_RATE, Samples
from asr.models.features import features
from asr.models.lanes import results_in_order
from asr.models.segments import LONGEST, cut
from asr.models.speech_model import SpeechModel

RECOGNITION = "recognition@2"
"""Name and version of how models are used; results of different versions are never compared.

How the text is searched for is told by the model's own package.
"""

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
    from asr.decoding.ctc import search_ctc
    from asr.decoding.generation import generate
    from asr.models.inference import inference

    with inference():
        inputs = {name: tensor.to(speech.device) for name, tensor in features(speech, audio).items()}
        if speech.family == "ctc":
            tokens, options = search_ctc(speech, inputs), {"group_tokens": False}  # they are grouped
        else:
            tokens, options = generate(speech, inputs, [len(samples) / SAMPLE_RATE for samples in audio]), {}
    texts: list[str] = speech.processor.batch_decode(tokens, skip_special_tokens=True, **options)
    return [" ".join(text.split()) for text in texts]
