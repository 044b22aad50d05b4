"""How a model is computed when nothing is to be learned."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from asr.models.detours import faster_ways


@contextmanager
def inference() -> Iterator[None]:
    """What this thread computes inside keeps nothing for gradients and takes the faster ways."""
    with torch.inference_mode(), faster_ways():
        yield
