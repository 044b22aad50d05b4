"""Detours around what is slow in torch on a processor: the same results, to the rounding of float32.

On x86 torch gives float32 products to MKL, which on AMD processors uses half the width of their registers; oneDNN,
which torch carries too, uses all of it: 240 instead of 107 GFLOP/s on one core of an EPYC (Zen 5).

The sum over the last of several dimensions is slow when that has only two numbers, as in the power of a spectrum.

Convolutions of each channel for itself, or of one channel, take an eighth of the time when the channels of a place are
side by side in memory; in bfloat16 the gradients of the former take fifteen times as long as in float32.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_ROWS = 32
"""Fewer rows than this are not worth oneDNN's preparations: the steps of a decoder, for one."""

_BOTH_LIBRARIES = torch.backends.mkldnn.is_available() and torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]


def faster_ways() -> TorchFunctionMode:
    """What this thread computes inside takes every faster way; nothing of it may be for gradients."""
    return _Detours(
        {
            torch.nn.functional.linear: _product_by_onednn,
            torch.Tensor.sum: _sum_of_pairs,
            torch.conv1d: _channel_by_channel_over_time,
            torch.conv2d: _of_few_channels,
        }
    )


def faster_convolutions() -> TorchFunctionMode:
    """As `faster_ways`, but only those that gradients can take, too."""
    return _Detours({torch.conv2d: _channel_by_channel})


class _Detours(TorchFunctionMode):
    """Calls the detour of a function instead, and the function itself where that returns `NotImplemented`."""

    def __init__(self, detours: Mapping[Callable[..., Any], Callable[..., Any]]) -> None:
        super().__init__()
        self._detours = detours

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        detour = None if kwargs else self._detours.get(function)
        result = detour(*args) if detour else NotImplemented
        return function(*args, **(kwargs or {})) if result is NotImplemented else result


def _product_by_onednn(rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> Any:
    tensors = (rows, weight) if bias is None else (rows, weight, bias)
    plain = (torch.float32, torch.strided, "cpu")
    suits = (
        _BOTH_LIBRARIES
        and all((one.dtype, one.layout, one.device.type) == plain for one in tensors)
        and rows.numel() >= _ROWS * rows.shape[-1]
        and not torch.is_autocast_enabled("cpu")
    )
    return torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "") if suits else NotImplemented


def _sum_of_pairs(numbers: torch.Tensor, *dimension: Any) -> Any:
    if dimension != (-1,) or numbers.shape[-1:] != (2,) or not numbers.is_floating_point():
        return NotImplemented
    return numbers[..., 0] + numbers[..., 1]


def _of_few_channels(image: torch.Tensor, weight: torch.Tensor, *rest: Any) -> Any:
    if image.shape[1] == 1 and _is_plain(image, weight):
        image, weight = (one.contiguous(memory_format=torch.channels_last) for one in (image, weight))
        return torch.conv2d(image, weight, *rest)
    return _channel_by_channel(image, weight, *rest)


def _channel_by_channel(image: torch.Tensor, weight: torch.Tensor, *rest: Any) -> Any:
    if not _is_channel_by_channel(image, weight, *rest):
        return NotImplemented
    with torch.autocast("cpu", enabled=False):
        return torch.conv2d(image.float().contiguous(memory_format=torch.channels_last), weight, *rest)


def _channel_by_channel_over_time(row: torch.Tensor, weight: torch.Tensor, *rest: Any) -> Any:
    # A layer gives stride, padding and dilation as tuples; what is given as numbers or "same" goes its usual way.
    tuples = all(isinstance(step, tuple) for step in rest[1:4])
    if not tuples or not _is_channel_by_channel(row, weight, *rest):
        return NotImplemented
    bias, (stride,), (padding,), (dilation,), groups = rest
    places = row.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    return torch.conv2d(places, weight.unsqueeze(2), bias, (1, stride), (0, padding), (1, dilation), groups).squeeze(2)


def _is_plain(image: torch.Tensor, weight: torch.Tensor) -> bool:
    return image.device.type == "cpu" and image.dtype is weight.dtype is torch.float32 and image.dim() == 4


def _is_channel_by_channel(image: torch.Tensor, weight: torch.Tensor, *rest: Any) -> bool:
    groups = rest[4] if len(rest) > 4 else 1  # after bias, stride, padding and dilation
    batched = image.dim() == weight.dim()
    return groups == weight.shape[0] > 1 and batched and image.device.type == "cpu" and weight.dtype is torch.float32
