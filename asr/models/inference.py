"""Detours around what is slow in torch on a processor, and how a model is computed when nothing is to be learned.

On x86 torch gives float32 products to MKL, which on AMD processors uses half the width of their registers; oneDNN,
which torch carries too, uses all of it: 240 instead of 107 GFLOP/s on one core of an EPYC (Zen 5).

The sum over the last of several dimensions is slow when that has only two numbers, as in the power of a spectrum.

Convolutions of each channel for itself, or of one channel, take an eighth of the time when the channels of a place are
side by side in memory; in bfloat16 the gradients of the former take fifteen times as long as in float32.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_ROWS = 32
"""Fewer rows than this are not worth oneDNN's preparations: the steps of a decoder, for one."""

_BOTH_LIBRARIES = torch.backends.mkldnn.is_available() and torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]


@contextmanager
def inference() -> Iterator[None]:
    """What this thread computes inside keeps nothing for gradients and takes the faster way."""
    with torch.inference_mode(), faster_ways():
        yield


def faster_ways() -> TorchFunctionMode:
    """What this thread computes inside takes the faster way; nothing of it may be for gradients."""
    return _FasterWays()


def faster_convolutions() -> TorchFunctionMode:
    """As `faster_ways`, but only those that gradients can take, too."""
    return _FasterConvolutions()


class _FasterConvolutions(TorchFunctionMode):
    """Computes convolutions of each channel for itself in float32 and leaves every other function as it is."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if function is torch.conv2d and not kwargs and _is_channel_by_channel(*args):
            image, *rest = args
            with torch.autocast("cpu", enabled=False):
                return function(image.float().contiguous(memory_format=torch.channels_last), *rest)
        return function(*args, **(kwargs or {}))


class _FasterWays(_FasterConvolutions):
    """Takes all detours where they are worth it."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if function is torch.nn.functional.linear and not kwargs and _suits(*args):
            rows, weight, *bias = args
            return torch.ops.mkldnn._linear_pointwise(rows, weight, bias[0] if bias else None, "none", [], "")
        if function is torch.Tensor.sum and not kwargs and args[1:] == (-1,) and _holds_pairs(args[0]):
            return args[0][..., 0] + args[0][..., 1]
        if function is torch.conv2d and not kwargs and args[0].shape[1] == 1 and _is_plain(*args[:2]):
            image, weight = (one.contiguous(memory_format=torch.channels_last) for one in args[:2])
            return function(image, weight, *args[2:])
        if function is torch.conv1d and not kwargs and _is_channel_by_channel(*args) and _has_steps(*args[3:6]):
            row, weight, bias, (stride,), (padding,), (dilation,), groups = args
            places = row.unsqueeze(2).contiguous(memory_format=torch.channels_last)
            steps = (1, stride), (0, padding), (1, dilation)
            return torch.conv2d(places, weight.unsqueeze(2), bias, *steps, groups).squeeze(2)
        return super().__torch_function__(function, types, args, kwargs)


def _suits(rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> bool:
    tensors = (rows, weight) if bias is None else (rows, weight, bias)
    plain = (torch.float32, torch.strided, "cpu")
    return (
        _BOTH_LIBRARIES
        and all((one.dtype, one.layout, one.device.type) == plain for one in tensors)
        and rows.numel() >= _ROWS * rows.shape[-1]
        and not torch.is_autocast_enabled("cpu")
    )


def _holds_pairs(numbers: torch.Tensor) -> bool:
    return numbers.shape[-1:] == (2,) and numbers.is_floating_point()


def _is_plain(image: torch.Tensor, weight: torch.Tensor) -> bool:
    return image.device.type == "cpu" and image.dtype is weight.dtype is torch.float32 and image.dim() == 4


def _is_channel_by_channel(image: torch.Tensor, weight: torch.Tensor, *rest: Any) -> bool:
    groups = rest[4] if len(rest) > 4 else 1  # after bias, stride, padding and dilation
    batched = image.dim() == weight.dim()
    return groups == weight.shape[0] > 1 and batched and image.device.type == "cpu" and weight.dtype is torch.float32


def _has_steps(*steps: Any) -> bool:
    """Whether stride, padding and dilation are given as a layer gives them, not as single numbers or "same"."""
    return all(isinstance(step, tuple) for step in steps)
