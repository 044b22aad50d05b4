"""Language and task are told once, and hold through saving, loading, generating and somebody else's pipeline."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from asr.errors import ModelError
from asr.models.recognize import recognize_batch
from asr.models.speech_model import SpeechModel, load_speech_model, save_speech_model


def in_language(directory: Path, language: str) -> SpeechModel:
    return load_speech_model(str(directory), language=language, device="cpu")


def prompt(speech: SpeechModel, sound: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first tokens that the decoder is given."""
    given: list[list[int]] = []
    forward = type(speech.model).forward

    def look(self: Any, *args: Any, decoder_input_ids: torch.Tensor, **rest: Any) -> Any:
        given.append(decoder_input_ids[0].tolist())
        return forward(self, *args, decoder_input_ids=decoder_input_ids, **rest)

    with monkeypatch.context() as patch:
        patch.setattr(type(speech.model), "forward", look)
        recognize_batch(speech, [sound])
    tokens: list[str] = speech.processor.tokenizer.convert_ids_to_tokens(given[0])
    return tokens


@pytest.mark.parametrize("language", ["en", "DE"])
def test_the_decoder_is_told(whisper: Path, sounds: Any, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["<|startoftranscript|>", f"<|{language.lower()}|>", "<|transcribe|>", "<|notimestamps|>"]
    speech = in_language(whisper, language)
    assert prompt(speech, sounds[0], monkeypatch) == wanted
    tokenizer = speech.processor.tokenizer
    assert tokenizer.convert_ids_to_tokens(tokenizer("the").input_ids)[:4] == wanted


def test_it_holds_through_saving(whisper: Path, sounds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    german = in_language(whisper, "de")
    save_speech_model(german, tmp_path / "saved")
    again = in_language(tmp_path / "saved", "")
    assert prompt(again, sounds[0], monkeypatch)[1:3] == ["<|de|>", "<|transcribe|>"]
    assert again.model.generation_config.language == "<|de|>"
    assert again.processor.tokenizer("a").input_ids == german.processor.tokenizer("a").input_ids
    assert recognize_batch(again, sounds) == recognize_batch(german, sounds)


def test_it_can_be_changed_after_saving(whisper: Path, sounds: Any, tmp_path: Path, monkeypatch: Any) -> None:
    save_speech_model(in_language(whisper, "de"), tmp_path / "saved")
    assert prompt(in_language(tmp_path / "saved", "fr"), sounds[0], monkeypatch)[1] == "<|fr|>"


def test_the_pipeline_writes_the_same(any_model: SpeechModel, sounds: list[np.ndarray], tmp_path: Path) -> None:
    """What is released works for people who never heard of us."""
    from transformers import pipeline

    save_speech_model(any_model, tmp_path / "saved")
    speak = pipeline("automatic-speech-recognition", model=str(tmp_path / "saved"), device="cpu")
    for sound in sounds[1:4]:
        spoken = {"raw": sound, "sampling_rate": 16_000}
        greedy = {"num_beams": 1, "max_new_tokens": 40} if any_model.family == "seq2seq" else {}
        text = speak(spoken, generate_kwargs=greedy)["text"].replace("<unk>", "").replace("<s>", "").replace("</s>", "")
        [ours] = recognize_batch(any_model, [sound])
        assert ours
        # What was cut off for being more than the audio can hold, the pipeline writes.
        assert " ".join(text.split()).startswith(ours.rstrip("\ufffd"))


@pytest.mark.parametrize("language", ["tlh", "english please", "e"])
def test_a_language_that_it_does_not_know(whisper: Path, language: str) -> None:
    with pytest.raises(ModelError, match=f"does not know the language '{language}'; set `language` to a code") as error:
        in_language(whisper, language)
    assert "\n" not in str(error.value)


def test_models_of_one_language_are_left_alone(wav2vec2: Path, moonshine: Path) -> None:
    for directory in (wav2vec2, moonshine):
        assert in_language(directory, "de").directory == directory


def test_an_english_only_whisper_gets_no_language(
    whisper: Path, sounds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """whisper-tiny.en has the language tokens in its vocabulary, but was never taught them."""
    copy = shutil.copytree(whisper, tmp_path / "copy")
    generation = json.loads((copy / "generation_config.json").read_text())
    tokenizer = in_language(whisper, "en").processor.tokenizer
    del generation["_from_model_config"]  # published ones are not derived from config.json
    generation |= {
        "is_multilingual": False,
        "no_timestamps_token_id": tokenizer.convert_tokens_to_ids("<|notimestamps|>"),
    }
    (copy / "generation_config.json").write_text(json.dumps(generation))
    speech = in_language(copy, "en")
    assert prompt(speech, sounds[0], monkeypatch) == ["<|startoftranscript|>", "<|notimestamps|>"]
    assert speech.processor.tokenizer.convert_ids_to_tokens(speech.processor.tokenizer("").input_ids) == [
        "<|startoftranscript|>",
        "<|notimestamps|>",
        "<|endoftext|>",
    ]


def test_an_old_checkpoint(whisper: Path, sounds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`forced_decoder_ids` in both configurations, as everybody saved them until 2024."""
    copy = shutil.copytree(whisper, tmp_path / "old")
    tokenizer = in_language(whisper, "en").processor.tokenizer
    names = ["<|ja|>", "<|translate|>", "<|notimestamps|>"]
    forced = [[at, tokenizer.convert_tokens_to_ids(name)] for at, name in enumerate(names, 1)]
    for file in ("config.json", "generation_config.json"):
        settings = json.loads((copy / file).read_text())
        settings |= {
            "forced_decoder_ids": forced,
            "suppress_tokens": [1, 2],
            "begin_suppress_tokens": [3],
            "max_length": 20,
        }
        (copy / file).write_text(json.dumps(settings))

    old = in_language(copy, "en")
    save_speech_model(old, tmp_path / "saved")
    again = in_language(tmp_path / "saved", "")
    assert prompt(again, sounds[0], monkeypatch)[1:3] == ["<|en|>", "<|transcribe|>"]
    assert recognize_batch(again, sounds[:2]) == recognize_batch(old, sounds[:2])
    assert again.model.generation_config.forced_decoder_ids is None
    assert json.loads((tmp_path / "saved" / "config.json").read_text())["forced_decoder_ids"] is None
    assert again.model.generation_config.suppress_tokens == [1, 2], "what it must not write stays forbidden"


def test_the_real_tokenizer_and_configuration(material: Path, sounds: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """whisper-tiny as published, but for its weights: as wide as is quick."""
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    files = material / "speech" / "whisper-tiny-processor"
    if not files.is_dir():
        pytest.skip(f"{files} is not there")
    model = tmp_path / "model"
    shutil.copytree(files, model)
    settings = json.loads((files / "config.json").read_text())
    narrow = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "init_std": 0.3}
    torch.manual_seed(0)
    WhisperForConditionalGeneration(WhisperConfig(**settings | narrow | heads)).save_pretrained(model)
    GenerationConfig.from_pretrained(files).save_pretrained(model)

    speech = in_language(model, "en")
    assert speech.window == 30
    labels = speech.processor.tokenizer(" Al Noor mosque").input_ids
    assert labels[:4] == [50258, 50259, 50359, 50363]
    assert labels[-1] == 50257
    save_speech_model(speech, tmp_path / "saved")
    again = in_language(tmp_path / "saved", "")
    assert prompt(again, sounds[0], monkeypatch) == [
        "<|startoftranscript|>",
        "<|en|>",
        "<|transcribe|>",
        "<|notimestamps|>",
    ]
    assert again.processor.tokenizer(" Al Noor mosque").input_ids == labels
