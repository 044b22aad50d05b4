"""Number formats: what the hardware computes fastest without losing the training."""

from typing import Literal

from asr.errors import SettingsError

Precision = Literal["fp32", "bf16", "fp16"]


def choose_precision(wanted: str) -> Precision:
    """The wanted precision, or for `auto` the best of this machine.

    Raises:
        SettingsError: float16 is wanted without a GPU.

    A GPU that knows bfloat16 gets it: no loss scaling, no overflow. Older GPUs get float16. A processor gets bfloat16
    only when it multiplies it in hardware (AMX or AVX-512 BF16); elsewhere it would be emulated.
    """
    import torch

    if wanted == "fp16" and not torch.cuda.is_available():
        raise SettingsError("training.precision is 'fp16', which needs a GPU; use 'auto', 'bf16' or 'fp32'")
    if wanted in ("fp32", "bf16", "fp16"):
        return wanted  # type: ignore[return-value]  # mypy does not narrow str to a Literal by `in`
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16" if fast else "fp32"
