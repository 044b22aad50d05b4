"""The number format: what is wanted, or what the hardware does well."""

import pytest
import torch

from asr.errors import SettingsError
from asr.training.precision import choose_precision


def machine(patch: pytest.MonkeyPatch, *, gpu: bool = False, bf16: bool = False, cpu_bf16: bool = False) -> None:
    patch.setattr(torch.cuda, "is_available", lambda: gpu)
    patch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: bf16 or including_emulation)
    patch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: cpu_bf16)
    patch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)


@pytest.mark.parametrize(
    ("hardware", "best"),
    [
        ({}, "fp32"),
        ({"cpu_bf16": True}, "bf16"),
        ({"gpu": True, "bf16": True}, "bf16"),
        ({"gpu": True, "cpu_bf16": True}, "fp16"),
    ],
)
def test_the_best_of_the_machine(hardware: dict[str, bool], best: str, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, **hardware)
    assert choose_precision("auto") == best


def test_what_is_wanted_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, gpu=True, bf16=True)
    assert [choose_precision(wanted) for wanted in ("fp32", "fp16", "bf16")] == ["fp32", "fp16", "bf16"]


def test_float16_needs_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch)
    with pytest.raises(SettingsError, match="needs a GPU; use 'auto'"):
        choose_precision("fp16")


def test_this_machine_has_an_answer() -> None:
    assert choose_precision("auto") in ("fp32", "bf16", "fp16")
