"""A model is found, or one line says why not."""

import shutil
from pathlib import Path

import pytest

from asr.errors import ModelError
from asr.models.checkpoint import EMBEDDED, EMBEDDED_DIRECTORY, find_checkpoint, fingerprint


def one_line(error: pytest.ExceptionInfo[ModelError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_the_embedded_base_is_found() -> None:
    assert find_checkpoint(EMBEDDED) == EMBEDDED_DIRECTORY


def test_a_directory_is_found(parakeet: Path) -> None:
    assert find_checkpoint(str(parakeet)) == parakeet


@pytest.mark.parametrize("model", ["./nowhere", "/no/such/model", "~/no-such-model", "a/b/c"])
def test_a_directory_that_is_not_there(model: str) -> None:
    with pytest.raises(ModelError) as error:
        find_checkpoint(model)
    assert "no such directory" in one_line(error)


def test_a_hub_id_without_a_network() -> None:
    with pytest.raises(ModelError) as error:
        find_checkpoint("someone/whisper-of-nobody")
    assert "someone/whisper-of-nobody" in one_line(error)
    assert "HF_HUB_OFFLINE" in one_line(error)


def test_a_hub_id_that_cannot_be_one() -> None:
    with pytest.raises(ModelError) as error:
        find_checkpoint("whisper small!")
    assert "check the spelling" in one_line(error)


def test_a_directory_without_configuration(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        find_checkpoint(str(tmp_path))
    assert "no config.json" in one_line(error)


def test_pickled_weights_are_refused(parakeet: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(parakeet, tmp_path / "copy")
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelError) as error:
        find_checkpoint(str(copy))
    assert "only pytorch_model.bin, which can run code when loaded" in one_line(error)


def test_the_fingerprint_is_of_what_decides_the_output(parakeet: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(parakeet, tmp_path / "copy")
    before = fingerprint(parakeet)
    assert fingerprint(copy) == before, "the place does not matter"
    (copy / "README.md").write_text("a card")
    (copy / "release.json").write_text("{}")
    assert fingerprint(copy) == before, "what is said of a model does not matter"
    tokenizer = (copy / "tokenizer.json").read_text()
    (copy / "tokenizer.json").write_text(tokenizer.replace('"a"', '"ä"'))
    assert fingerprint(copy) != before, "the vocabulary matters"


def test_one_changed_weight_changes_the_fingerprint(parakeet: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(parakeet, tmp_path / "copy")
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert fingerprint(copy) != fingerprint(parakeet)
