"""The gradients of one batch on all cores: shares of it side by side, their gradients added.

A small model cannot keep two cores busy with one product of matrices (see `asr.models.lanes`).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import torch

from asr.models.detours import faster_convolutions
from asr.models.speech_model import SpeechModel
from asr.training.options import TrainingOptions

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_SMALL = 50_000_000  # parameters; each share holds gradients of its own, and larger products keep all cores busy
_FEWEST = 4  # utterances that are worth a share


def count_shares(speech: SpeechModel, options: TrainingOptions) -> int:
    """Into how many shares a batch is cut: one for each core, if the model is on the processor and small.

    Nor may utterances depend on each other or on chance. Random numbers, as for dropout, come from one generator, and
    which share asks first is chance: a training that was killed would not end where an undisturbed one does. The loss
    of a sequence-to-sequence model is a mean over the tokens of the whole batch.
    """
    model: Any = speech.model
    small = speech.device.type == "cpu" and model.num_parameters() <= _SMALL
    if not small or speech.family != "ctc" or options.learn_statistics or is_random(model.config.to_dict()):
        return 1
    return max(1, min(torch.get_num_threads(), options.batch_size // _FEWEST))


def is_random(config: Mapping[str, Any]) -> bool:
    """Whether a model draws random numbers while it is trained: for dropout, or for the parts it hides by itself."""
    for name, value in config.items():
        if isinstance(value, Mapping):
            if is_random(value):
                return True
        elif "drop" in str(name) and isinstance(value, int | float) and value > 0:
            return True
    return bool(config.get("apply_spec_augment", False))


class Shares:
    """Computes the gradients of one model in several threads at once."""

    def __init__(self, model: "PreTrainedModel", threads: Executor, count: int, *, bf16: bool) -> None:
        self._model = model
        self._parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._threads = threads
        self._count = count
        self._bf16 = bf16

    def backward(self, inputs: Mapping[str, torch.Tensor], scale: float) -> torch.Tensor:
        """Add the gradients of `scale` × the mean loss of a batch to those of the model; that loss, not scaled."""
        utterances = len(inputs["labels"])
        parts = zip(*(tensor.chunk(self._count) for tensor in inputs.values()), strict=True)
        batches = [dict(zip(inputs, part, strict=True)) for part in parts]
        scales = [scale * len(batch["labels"]) / utterances for batch in batches]
        losses, gradients = zip(*self._threads.map(self._gradients, batches, scales), strict=True)
        for parameter, *shares in zip(self._parameters, *gradients, strict=True):
            for share in shares:
                if share is not None:
                    parameter.grad = share if parameter.grad is None else parameter.grad + share
        return torch.stack(losses).sum() / scale

    def _gradients(
        self, inputs: Mapping[str, torch.Tensor], scale: float
    ) -> tuple[torch.Tensor, Sequence[torch.Tensor | None]]:
        # The cache of autocast is one for all threads; no weight is used twice, so that it would save nothing.
        autocast = torch.autocast("cpu", torch.bfloat16, enabled=self._bf16, cache_enabled=False)
        with faster_convolutions(), autocast:
            loss: torch.Tensor = self._model(**inputs).loss * scale
        return loss.detach(), torch.autograd.grad(loss, self._parameters, allow_unused=True)
