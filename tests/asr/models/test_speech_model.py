"""Loading, saving, and every way in which a checkpoint can be unusable."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from asr.errors import ModelError
from asr.models.speech_model import SpeechModel, load_speech_model, save_speech_model


@pytest.fixture
def broken(parakeet: Path, tmp_path: Path) -> Path:
    """A copy of a good model, to be damaged."""
    return shutil.copytree(parakeet, tmp_path / "broken")


def refused(directory: Path) -> str:
    with pytest.raises(ModelError) as error:
        load_speech_model(str(directory), device="cpu")
    message = str(error.value)
    assert "\n" not in message
    assert str(directory) in message
    return message


def test_what_is_saved_is_what_was_loaded(any_model: SpeechModel, tmp_path: Path, load: Callable) -> None:
    save_speech_model(any_model, tmp_path / "saved")
    again = load(tmp_path / "saved")
    before, after = any_model.model.state_dict(), again.model.state_dict()
    assert before.keys() == after.keys()
    assert all(before[name].equal(after[name]) for name in before)
    assert again.family == any_model.family
    assert again.window == any_model.window


def test_a_loaded_model_is_ready_to_use(any_model: SpeechModel) -> None:
    assert not any_model.model.training
    assert {weight.dtype for weight in any_model.model.parameters()} == {__import__("torch").float32}
    assert any_model.window == (5 if any_model.directory.name == "whisper" else None)


def test_reports_call_it_by_its_name(parakeet: Path) -> None:
    assert load_speech_model(str(parakeet), name="champion v3", device="cpu").name == "champion v3"
    assert load_speech_model(str(parakeet), device="cpu").name == str(parakeet)


@pytest.mark.parametrize(
    "config",
    ["", "[]", "null", '"text"', '{"model_type": "whisper", "d_model": "wide"}', '{"model_type": "no_such"}', "{"],
)
def test_a_configuration_that_is_none(broken: Path, config: str) -> None:
    (broken / "config.json").write_text(config)
    assert "config.json" in refused(broken)


def test_a_text_model(broken: Path) -> None:
    (broken / "config.json").write_text('{"model_type": "bert", "architectures": ["BertForMaskedLM"]}')
    assert "BertForMaskedLM is not a speech recognition model" in refused(broken)


@pytest.mark.parametrize("keep", [0, 5, 100, 100_000])
def test_cut_off_weights(broken: Path, keep: int) -> None:
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    assert "cannot be loaded" in refused(broken)


def test_absent_weights(broken: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(broken / "model.safetensors")
    absent = next(name for name in weights if "layers.2" in name)
    save_file({name: weight for name, weight in weights.items() if name != absent}, broken / "model.safetensors")
    assert f"lacks 1 of the weights, among them {absent}" in refused(broken)


def test_an_encoder_without_an_output_layer_can_be_trained(broken: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(broken / "model.safetensors")
    encoder = {name: weight for name, weight in weights.items() if not name.startswith("ctc_head.")}
    assert len(encoder) < len(weights)
    save_file(encoder, broken / "model.safetensors", metadata={"format": "pt"})
    assert load_speech_model(str(broken), device="cpu").family == "ctc"


def test_weights_of_another_shape(broken: Path) -> None:
    config = json.loads((broken / "config.json").read_text())
    config["encoder_config"]["hidden_size"] = 96
    (broken / "config.json").write_text(json.dumps(config))
    assert "cannot be loaded" in refused(broken)


@pytest.mark.parametrize("file", ["tokenizer.json", "processor_config.json"])
def test_without_a_processor(broken: Path, file: str) -> None:
    (broken / file).unlink()
    refused(broken)


def test_a_model_for_telephones(broken: Path) -> None:
    file = broken / "processor_config.json"
    settings = json.loads(file.read_text())
    settings["feature_extractor"]["sampling_rate"] = 8000
    file.write_text(json.dumps(settings))
    assert "it hears 8000 Hz; only models for 16000 Hz are supported" in refused(broken)


def test_code_in_a_checkpoint_is_not_run(broken: Path, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    (broken / "evil.py").write_text(f"open({str(trace)!r}, 'w')\nclass C: ...\n")
    (broken / "config.json").write_text('{"model_type": "evil", "auto_map": {"AutoConfig": "evil.C"}}')
    refused(broken)
    assert not trace.exists()
