"""A name stands for a synthesizer, or one line says why not."""

import json
import shutil
from pathlib import Path

import pytest

from asr.errors import ModelError
from asr.synthesis.synthesizer import open_synthesizer
from asr.synthesis.vits import VitsSynthesizer


def refused(name: str | Path) -> str:
    with pytest.raises(ModelError) as error:
        open_synthesizer(str(name), "en")
    message = str(error.value)
    assert "\n" not in message
    return message


def test_a_checkpoint_is_opened_by_what_it_is(vits: Path) -> None:
    synthesizer = open_synthesizer(str(vits), "en")
    assert isinstance(synthesizer, VitsSynthesizer)
    assert synthesizer.name == str(vits)


def test_a_model_that_hears_does_not_speak(parakeet: Path) -> None:
    assert "'parakeet_ctc', not text-to-speech" in refused(parakeet)


def test_a_checkpoint_that_is_not_there(tmp_path: Path) -> None:
    assert "no such directory" in refused(tmp_path / "nowhere")
    assert "HF_HUB_OFFLINE" in refused("someone/voice-of-nobody")


@pytest.mark.parametrize("config", ["", "[]", "{}", "\x00"])
def test_a_configuration_that_says_nothing(vits: Path, tmp_path: Path, config: str) -> None:
    copy = shutil.copytree(vits, tmp_path / "copy")
    (copy / "config.json").write_text(config)
    assert "says no model_type" in refused(copy)


def test_pickled_weights_are_refused(vits: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(vits, tmp_path / "copy")
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    assert "can run code when loaded" in refused(copy)


def test_code_in_a_checkpoint_is_never_run(vits: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(vits, tmp_path / "copy")
    (copy / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n")
    for file, auto in (("config.json", "AutoModel"), ("tokenizer_config.json", "AutoTokenizer")):
        content = json.loads((copy / file).read_text())
        (copy / file).write_text(json.dumps(content | {"auto_map": {auto: "evil.Evil"}}))
    assert isinstance(open_synthesizer(str(copy), "en"), VitsSynthesizer)
    assert not (tmp_path / "ran").exists()
