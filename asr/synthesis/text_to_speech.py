"""What text-to-speech checkpoints have in common: how they are loaded, and how they speak the same again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asr.audio import SAMPLE_RATE, Samples, resample
from asr.errors import ModelError

if TYPE_CHECKING:
    import torch


def load_weights(kind: Any, directory: Path, name: str) -> Any:
    """A transformers model of the class `kind` in float32, on the GPU when there is one; never with code of its own.

    Raises:
        ModelError: the files are damaged or lack weights.
    """
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model, loaded = kind.from_pretrained(
            directory, use_safetensors=True, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:  # transformers and safetensors raise a dozen types for a damaged checkpoint
        raise ModelError(f"{name}: the checkpoint in {directory} cannot be loaded: {first_line(error)}") from error
    if absent := sorted(loaded["missing_keys"]):
        raise ModelError(
            f"{name}: the checkpoint lacks {len(absent)} of the weights of a {kind.__name__}, among them {absent[0]}"
        )
    return model.eval().to("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def seeded(random: np.random.Generator, device: "torch.device") -> Iterator[None]:
    """What torch draws inside depends on the generator alone, and what it draws outside is as if nothing had been."""
    import torch

    with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.inference_mode():
        torch.manual_seed(int(random.integers(2**63)))
        yield


def as_samples(waveform: "torch.Tensor", rate: int) -> Samples:
    """A waveform of one channel at any rate as 16 kHz float32, shape (time,)."""
    samples: Samples = waveform.detach().flatten().float().cpu().numpy()
    return resample(samples, rate, SAMPLE_RATE)


def first_line(error: Exception) -> str:
    """What an error says, short enough to stand in a message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
