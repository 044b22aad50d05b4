"""SpeechT5 speaks with a vocoder and speakers, given or drawn, and says so when it comes to no end."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.errors import ModelError
from asr.synthesis.synthesizer import Synthesizer, Unspeakable, open_synthesizer

pytestmark = pytest.mark.usefixtures("one_core")


def load(directory: Path, vocoder: Path, **options: Any) -> Any:
    return open_synthesizer(str(directory), "en", vocoder=str(vocoder), **options)


@pytest.fixture(scope="module")
def synthesizer(speecht5: Path, hifigan: Path) -> Any:
    return load(speecht5, hifigan)


@pytest.fixture
def never_ends(synthesizer: Any) -> Any:
    bias = synthesizer.model.speech_decoder_postnet.prob_out.bias.data
    before = bias.clone()
    bias.fill_(-50.0)
    yield synthesizer
    bias.copy_(before)


def say(synthesizer: Synthesizer, text: str = "hello there", voice: str = "", seed: int = 1) -> Any:
    return synthesizer.speak(text, voice or synthesizer.voices[1], np.random.default_rng(seed))


def test_it_speaks_the_same_for_the_same_seed(synthesizer: Any) -> None:
    first = say(synthesizer)
    assert first.dtype == np.float32
    assert len(first) % 256 == 0
    assert len(first) > 512
    assert np.array_equal(first, say(synthesizer))
    lengths = {len(say(synthesizer, "a", seed=seed)) for seed in range(6)}
    assert len(lengths) > 1


def test_voices_are_drawn_when_none_are_given(synthesizer: Any) -> None:
    assert len(set(synthesizer.voices)) == 32
    first, second = (synthesizer.speakers[voice] for voice in synthesizer.voices[:2])
    assert first.shape == (1, 16)
    assert abs(float((first * second).sum() / (first.norm() * second.norm()))) < 0.9
    takes = {say(synthesizer, "a", voice).tobytes() for voice in synthesizer.voices[:4]}
    assert len(takes) == 4


def test_voices_are_those_of_a_file(speecht5: Path, hifigan: Path, synthesizer: Any, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    path = tmp_path / "speakers.safetensors"
    save_file({"ann": synthesizer.speakers["drawn 1"][0].clone(), "call": torch.randn(2, 16)}, path)
    given = load(speecht5, hifigan, speakers=path)
    assert given.voices == ("ann", "call 0", "call 1")
    assert np.array_equal(say(given, voice="ann"), say(synthesizer, voice="drawn 1"))
    assert given.fingerprint != synthesizer.fingerprint


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"broken", "cannot be read as safetensors"),
        ({"ann": (2, 512)}, "ann has 512 numbers a speaker, the model takes 16"),
        ({}, "no speakers"),
    ],
    ids=["broken", "other dimensions", "none"],
)
def test_speakers_that_cannot_be_used(speecht5: Path, hifigan: Path, tmp_path: Path, content: Any, what: str) -> None:
    import torch
    from safetensors.torch import save_file

    path = tmp_path / "speakers.safetensors"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        save_file({name: torch.zeros(shape) for name, shape in content.items()}, path)
    with pytest.raises(ModelError, match=what) as error:
        load(speecht5, hifigan, speakers=path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_letters_become_tokens(synthesizer: Any) -> None:
    space, a, b, end = 4, 5, 6, 2
    assert synthesizer._tokens("  a \t\u00a0 b ") == [space, a, space, b, end]
    assert synthesizer._tokens("A7\ufb00") == [space, a, 10, 10, end], "capitals, digits it does not know, ligatures"


def test_what_it_cannot_say(synthesizer: Any) -> None:
    for text, rule in (("", "silent"), (" ٣ ?!", "silent"), ("x" * 60, "too_long")):
        with pytest.raises(Unspeakable) as error:
            say(synthesizer, text)
        assert error.value.rule == rule


def test_what_comes_to_no_end_is_not_used(never_ends: Any) -> None:
    for text in ("a", "hello there"):
        with pytest.raises(Unspeakable) as error:
            say(never_ends, text)
        assert error.value.rule == "too_long"


def test_files_that_do_not_fit(speecht5: Path, hifigan: Path, parakeet: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(speecht5, tmp_path / "copy")
    (copy / "spm_char.model").write_bytes(b"\xff\xff")
    with pytest.raises(ModelError, match=r"spm_char\.model cannot be read"):
        load(copy, hifigan)
    with pytest.raises(ModelError, match=r"lacks .* of a SpeechT5HifiGan"):
        load(speecht5, parakeet)
    with pytest.raises(ModelError, match="no such directory"):
        load(speecht5, tmp_path / "nowhere")


def test_a_vocoder_for_other_spectrograms(speecht5: Path, hifigan: Path, tmp_path: Path) -> None:
    from transformers import SpeechT5HifiGan

    other = SpeechT5HifiGan.from_pretrained(hifigan).config
    other.model_in_dim = 80
    SpeechT5HifiGan(other).save_pretrained(tmp_path / "other")
    with pytest.raises(ModelError, match="does not fit"):
        load(speecht5, tmp_path / "other")


def test_an_alphabet_of_another_kind(speecht5: Path, hifigan: Path, tmp_path: Path) -> None:
    from transformers.convert_slow_tokenizer import import_protobuf

    copy = shutil.copytree(speecht5, tmp_path / "copy")
    content = import_protobuf().ModelProto.FromString((copy / "spm_char.model").read_bytes())
    content.trainer_spec.model_type = 1
    (copy / "spm_char.model").write_bytes(content.SerializeToString())
    with pytest.raises(ModelError, match="single characters"):
        load(copy, hifigan)
