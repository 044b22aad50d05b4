"""Only a model that knows, and is sure, raises a doubt."""

from pathlib import Path
from typing import Any

import torch

from asr.corpus.utterance import Utterance
from asr.models.speech_model import SpeechModel
from asr.training.spoken_language import doubt_language


def sure_of(speech: SpeechModel, language: str, by: float) -> SpeechModel:
    """A model whose decoder has a preference for a language, whatever it hears."""
    token = speech.processor.tokenizer.convert_tokens_to_ids(f"<|{language}|>")
    output: Any = speech.model.get_output_embeddings()
    bias = torch.zeros(output.out_features)
    bias[token] = by
    output.bias = torch.nn.Parameter(bias)
    return speech


def test_a_model_that_hears_another_language(whisper: Path, load: Any, utterances: list[Utterance]) -> None:
    found = doubt_language(sure_of(load(whisper), "de", by=20.0), utterances)
    assert found is not None
    assert (found.name, found.mend) == ("wrong_language", 'set language = "de"')
    assert "hears de in 8 of 8 utterances (100 % sure), and is told to write en" in found.evidence


def test_a_model_that_hears_what_it_is_told(whisper: Path, load: Any, utterances: list[Utterance]) -> None:
    assert doubt_language(sure_of(load(whisper), "en", by=20.0), utterances) is None


def test_a_model_that_only_guesses(whisper: Path, load: Any, utterances: list[Utterance]) -> None:
    assert doubt_language(load(whisper), utterances) is None


def test_models_without_languages(wav2vec2: Path, moonshine: Path, load: Any, utterances: list[Utterance]) -> None:
    for directory in (wav2vec2, moonshine):
        assert doubt_language(load(directory), utterances) is None


def test_nothing_to_hear(whisper: Path, load: Any) -> None:
    assert doubt_language(sure_of(load(whisper), "de", by=20.0), []) is None


def test_the_model_is_left_as_it_was(whisper: Path, load: Any, utterances: list[Utterance]) -> None:
    speech = load(whisper)
    speech.model.train()
    state = torch.get_rng_state()
    doubt_language(speech, utterances)
    assert speech.model.training
    assert torch.equal(torch.get_rng_state(), state), "or a training that was killed would end elsewhere"
