"""The detours compute the same as torch does, and leave what they do not suit alone; inference takes them."""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch.overrides import TorchFunctionMode

from asr.models.detours import faster_convolutions, faster_ways
from asr.models.inference import inference

both = pytest.mark.skipif(
    not (torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()),
    reason="this build of torch has only one library for products of matrices",
)


@pytest.fixture(autouse=True)
def same_numbers() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def computed_by_onednn(layer: torch.nn.Module, rows: torch.Tensor) -> tuple[torch.Tensor, bool]:
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile, inference():
        result = layer(rows)
    return result, "mkldnn::_linear_pointwise" in {event.key for event in profile.key_averages()}


@both
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(32,), (4, 8), (2, 3, 40), (1, 500)])
def test_the_result_is_that_of_torch(shape: tuple[int, ...], bias: bool) -> None:
    layer, rows = torch.nn.Linear(24, 56, bias=bias), torch.randn(*shape, 24)
    result, fast = computed_by_onednn(layer, rows)
    assert fast
    assert not result.requires_grad
    torch.testing.assert_close(result, layer(rows).detach())


@both
def test_rows_may_lie_anywhere() -> None:
    layer = torch.nn.Linear(24, 56)
    for rows in (torch.randn(24, 80).T, torch.randn(1, 50, 24).expand(3, -1, -1), torch.randn(80, 48)[:, ::2]):
        result, fast = computed_by_onednn(layer, rows)
        assert fast
        torch.testing.assert_close(result, layer(rows).detach())


def test_what_it_does_not_suit_is_left_to_torch() -> None:
    layer = torch.nn.Linear(24, 56)
    for module, rows in (
        (layer, torch.randn(31, 24)),
        (layer, torch.randn(0, 24)),
        (torch.nn.Linear(24, 56, dtype=torch.float64), torch.randn(80, 24, dtype=torch.float64)),
    ):
        result, fast = computed_by_onednn(module, rows)
        assert not fast
        assert result.shape == (*rows.shape[:-1], 56)
    with torch.autocast("cpu", torch.bfloat16):
        result, fast = computed_by_onednn(layer, torch.randn(80, 24))
    assert (result.dtype, fast) == (torch.bfloat16, False)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int32, torch.bool])
@pytest.mark.parametrize("shape", [(2,), (1, 2), (3, 5, 2), (4, 3), (0, 2), (3, 0), ()])
def test_sums_are_those_of_torch(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    numbers = (5 * torch.randn(shape)).to(dtype)
    for arguments in ((), (-1,)) if shape else ((),):
        expected = numbers.sum(*arguments)
        with inference():
            torch.testing.assert_close(numbers.sum(*arguments), expected, rtol=0, atol=0)


def test_outside_nothing_changes() -> None:
    layer = torch.nn.Linear(24, 56)
    with inference():
        layer(torch.randn(80, 24))
    layer(torch.randn(80, 24)).sum().backward()
    assert layer.weight.grad is not None


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("detours", [faster_convolutions, faster_ways])
def test_convolutions_of_single_channels_and_their_gradients_are_those_of_torch(
    detours: Callable[[], TorchFunctionMode], bias: bool, stride: int
) -> None:
    layer = torch.nn.Conv2d(6, 6, 3, stride=stride, padding=1, groups=6, bias=bias)
    image = torch.randn(2, 6, 21, 16, requires_grad=True)
    inputs = [image, *layer.parameters()]
    plain = layer(image)
    wanted = torch.autograd.grad(plain.square().sum(), inputs)
    with detours():
        found = layer(image)
    torch.testing.assert_close(found, plain)
    torch.testing.assert_close(torch.autograd.grad(found.square().sum(), inputs), wanted)


def test_convolutions_of_single_channels_stay_exact_beside_short_numbers() -> None:
    layer, other = torch.nn.Conv2d(6, 6, 3, groups=6), torch.nn.Conv2d(6, 6, 3)
    image = torch.randn(2, 6, 21, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(image).dtype is torch.bfloat16
        with faster_convolutions():
            assert torch.equal(layer(image), layer(image.float()))
            assert layer(image).dtype is torch.float32
            assert other(image).dtype is torch.bfloat16, "all others are as they were"


@pytest.mark.parametrize(("padding", "dilation"), [(7, 1), (0, 2), ("same", 1)])
@pytest.mark.parametrize("bias", [True, False])
def test_convolutions_over_time_of_single_channels_are_those_of_torch(
    bias: bool, padding: int | str, dilation: int
) -> None:
    layer = torch.nn.Conv1d(12, 12, 15, padding=padding, dilation=dilation, groups=12, bias=bias)
    rows = torch.randn(3, 40, 12).transpose(1, 2)
    with inference():
        found = layer(rows)
    assert found.shape == layer(rows).shape
    torch.testing.assert_close(found, layer(rows).detach())


def test_convolutions_of_one_channel_are_those_of_torch() -> None:
    layer, image = torch.nn.Conv2d(1, 8, 3, stride=2, padding=1), torch.randn(3, 1, 40, 12)
    with inference():
        found = layer(image)
    torch.testing.assert_close(found, layer(image).detach())


def test_convolutions_in_other_words_are_those_of_torch() -> None:
    """Numbers for tuples, an image without a batch, few arguments."""
    weight, rows = torch.randn(6, 1, 3), torch.randn(2, 6, 20)
    flat, image = torch.randn(6, 1, 3, 3), torch.randn(6, 9, 9)
    for compute in (
        lambda: torch.conv1d(rows, weight, None, 1, 1, 1, 6),
        lambda: torch.conv1d(rows[0], weight, None, (1,), (1,), (1,), 6),
        lambda: torch.conv2d(image, flat, None, 1, 1, 1, 6),
        lambda: torch.conv2d(image[None], flat, groups=6),
        lambda: torch.conv2d(image[None, :1], flat),
        lambda: torch.conv2d(image[:1], flat),
    ):
        with inference():
            found = compute()
        torch.testing.assert_close(found, compute())
