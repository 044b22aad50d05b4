"""The embedded base: of this repository's making, small, and of an architecture that needs no code of ours."""

from pathlib import Path

import pytest
import torch

from asr.base.fresh_model import BLANK, LETTERS, write_fresh_model
from asr.base.make_model import RECIPE, _write_half_precision
from asr.models.checkpoint import EMBEDDED_DIRECTORY
from asr.models.speech_model import load_speech_model


def test_a_fresh_model_follows_from_its_seed(parakeet: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        write_fresh_model(tmp_path / str(seed), seed)
    first, again, other = (
        (folder / "model.safetensors").read_bytes() for folder in (parakeet, tmp_path / "1", tmp_path / "2")
    )
    assert first == again != other


def test_it_spells_lower_case_letters(parakeet: Path) -> None:
    speech = load_speech_model(str(parakeet), device="cpu")
    tokenizer = speech.processor.tokenizer
    assert tokenizer.get_vocab().keys() == {*LETTERS, BLANK}
    assert speech.model.config.pad_token_id == tokenizer.pad_token_id == tokenizer.convert_tokens_to_ids(BLANK)
    assert tokenizer.convert_ids_to_tokens(tokenizer("it's a cab").input_ids) == list("it's a cab")


def test_half_precision_halves_the_file_and_nothing_else(parakeet: Path, tmp_path: Path) -> None:
    _write_half_precision(parakeet, tmp_path / "half")
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (parakeet, tmp_path / "half")]
    assert sizes[1] == pytest.approx(sizes[0] / 2, rel=0.05)
    full, half = (load_speech_model(str(folder), device="cpu").model for folder in (parakeet, tmp_path / "half"))
    assert all(weight.dtype == torch.float32 for weight in half.parameters())
    for before, after in zip(full.parameters(), half.parameters(), strict=True):
        assert torch.allclose(before, after, rtol=1e-3, atol=1e-4)


def test_the_embedded_base_loads_and_is_small() -> None:
    speech = load_speech_model("embedded", device="cpu")
    assert speech.family == "ctc"
    assert speech.processor.tokenizer.get_vocab().keys() == {*LETTERS, BLANK}
    assert sum(path.stat().st_size for path in EMBEDDED_DIRECTORY.iterdir()) <= 10e6


def test_its_recipe_hears_no_test_of_ours() -> None:
    assert RECIPE.replay == 0
    assert RECIPE.learning_rate is not None
    assert RECIPE.learning_rate < 2.5e-3
