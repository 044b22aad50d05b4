"""VITS checkpoints speak: by speaker, at a rate that is drawn, the same for the same seed."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.errors import ModelError
from asr.models.checkpoint import fingerprint
from asr.synthesis.synthesizer import Synthesizer, Unspeakable, open_synthesizer

pytestmark = pytest.mark.usefixtures("one_core")

TEXT = "hello there"


@pytest.fixture(scope="module")
def alone(vits: Path) -> Synthesizer:
    return open_synthesizer(str(vits), "en")


@pytest.fixture(scope="module")
def three(vits_of_three: Path) -> Synthesizer:
    return open_synthesizer(str(vits_of_three), "en")


def say(synthesizer: Synthesizer, text: str = TEXT, voice: str = "0", seed: int = 1) -> "np.ndarray[Any, Any]":
    return synthesizer.speak(text, voice, np.random.default_rng(seed))


def test_it_speaks_the_same_for_the_same_seed(alone: Synthesizer) -> None:
    import torch

    first = say(alone)
    torch.manual_seed(99)
    before = torch.get_rng_state()
    say(alone, "something else", seed=5)
    assert torch.equal(torch.get_rng_state(), before), "nobody else's draws are changed"
    assert first.dtype == np.float32
    assert 0.3 < len(first) / 16_000 < 10
    assert np.array_equal(first, say(alone))
    assert len(say(alone, seed=2)) != len(first)


def test_rate_and_noise_are_drawn_around_those_of_the_checkpoint(alone: Any, random: Any) -> None:
    model, config = alone.model, alone.model.config
    rates: list[float] = []
    hook = model.register_forward_pre_hook(
        lambda _model, _args, options: rates.append(options["speaking_rate"]), with_kwargs=True
    )
    noises = []
    for _ in range(20):
        alone.speak("a", "0", random)
        noises += [model.noise_scale / config.noise_scale, model.noise_scale_duration / config.noise_scale_duration]
    hook.remove()
    assert all(0.7 <= noise <= 1.2 for noise in noises)
    assert all(0.85 <= rate / config.speaking_rate <= 1.2 for rate in rates)
    assert len({*rates, *noises}) == 60


def test_each_speaker_is_another_voice(three: Synthesizer, alone: Synthesizer) -> None:
    assert (alone.voices, three.voices) == (("0",), ("0", "1", "2"))
    first, second, third = (say(three, voice=voice) for voice in three.voices)
    assert not any(np.array_equal(*pair) for pair in ((first, second), (first, third), (second, third)))


def test_other_rates_become_16_khz(three: Synthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = say(three)
    model = three.model  # type: ignore[attr-defined]
    monkeypatch.setattr(model.config, "sampling_rate", 16_000)
    assert len(heard) == pytest.approx(len(say(three)) * 16_000 / 22_050, abs=2)


@pytest.mark.parametrize("text", ["", "...", "شارقة", " "])
def test_a_text_without_a_letter_that_it_knows(alone: Synthesizer, text: str) -> None:
    with pytest.raises(Unspeakable) as error:
        say(alone, text)
    assert error.value.rule == "silent"


def test_its_fingerprint_is_the_one_of_its_files(alone: Synthesizer, vits: Path, vits_of_three: Path) -> None:
    assert fingerprint(vits) in alone.fingerprint
    assert fingerprint(vits) != fingerprint(vits_of_three)
    assert not alone.takes_phonemes
    assert not alone.in_processes


def test_a_checkpoint_with_a_hole(vits: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    copy = shutil.copytree(vits, tmp_path / "copy")
    weights = load_file(copy / "model.safetensors")
    weights.pop("text_encoder.embed_tokens.weight")
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks 1 of the weights of a VitsModel, among them text_encoder\.embed"):
        open_synthesizer(str(copy), "en")


def test_damaged_files_are_one_line(vits: Path, tmp_path: Path) -> None:
    for file, what in (("model.safetensors", "cannot be loaded"), ("vocab.json", "alphabet")):
        copy = shutil.copytree(vits, tmp_path / file)
        (copy / file).write_bytes(b"\x00 broken")
        with pytest.raises(ModelError, match=what) as error:
            open_synthesizer(str(copy), "en")
        assert "\n" not in str(error.value)


def test_what_needs_other_programs_is_refused(vits: Path, tmp_path: Path) -> None:
    import json

    for option, what in (("phonemize", "reads phonemes"), ("is_uroman", "pip install uroman")):
        copy = shutil.copytree(vits, tmp_path / option)
        path = copy / "tokenizer_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {option: True}))
        with pytest.raises(ModelError, match=what):
            open_synthesizer(str(copy), "en")
