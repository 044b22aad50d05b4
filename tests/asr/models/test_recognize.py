"""Speech to text: the same text alone and in company, and never more of it than can have been said."""

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from asr.audio import SAMPLE_RATE
from asr.corpus.utterance import Utterance
from asr.decoding.generation import generate
from asr.models import recognize as recognition
from asr.models.features import features
from asr.models.recognize import padding_changes_text, recognize, recognize_batch
from asr.models.speech_model import SpeechModel


def alone(speech: SpeechModel, sounds: list[np.ndarray]) -> list[str]:
    return [text for sound in sounds for text in recognize_batch(speech, [sound])]


def test_alone_and_in_company(any_model: SpeechModel, sounds: list[np.ndarray]) -> None:
    texts = alone(any_model, sounds)
    assert len(set(texts)) > 2, "a model that always writes the same would prove nothing"
    assert recognize_batch(any_model, sounds) == texts
    assert recognize_batch(any_model, sounds[::-1]) == texts[::-1]


def test_logits_do_not_depend_on_the_company(parakeet: Path, wav2vec2_large: Path, load: Any, sounds: Any) -> None:
    for directory in (parakeet, wav2vec2_large):
        speech = load(directory)
        with torch.inference_mode():
            together = speech.model(**features(speech, sounds)).logits
            for sound, in_company in zip(sounds, together, strict=True):
                single = speech.model(**features(speech, [sound])).logits[0]
                frames = len(single) - 1  # the last one may be half silence
                assert torch.allclose(single[:frames], in_company[:frames], atol=1e-3)


def test_a_group_norm_hears_the_padding(any_model: SpeechModel) -> None:
    assert padding_changes_text(any_model) == (any_model.directory.name in ("wav2vec2", "moonshine"))


def test_a_group_norm_does_hear_the_padding(wav2vec2: Path, load: Any, sounds: list[np.ndarray]) -> None:
    """Why such models hear utterances one by one."""
    speech = load(wav2vec2)
    with torch.inference_mode():
        together = speech.model(**features(speech, sounds)).logits[0]
        single = speech.model(**features(speech, sounds[:1])).logits[0]
    assert not torch.allclose(single, together[: len(single)], atol=1e-2)


def test_convolutions_that_look_beyond_the_end(wav2vec2_large: Path, tmp_path: Path, load: Any, sounds: Any) -> None:
    """Data2Vec has no GroupNorm, and yet hears the padding."""
    from transformers import Data2VecAudioConfig, Data2VecAudioForCTC

    directory = shutil.copytree(wav2vec2_large, tmp_path / "data2vec")
    settings = load(wav2vec2_large).model.config.to_dict()
    names = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "conv_dim")
    more = {"num_conv_pos_embedding_groups": 4, "initializer_range": 0.5, "pad_token_id": 0}
    torch.manual_seed(0)
    Data2VecAudioForCTC(Data2VecAudioConfig(**{name: settings[name] for name in names} | more)).save_pretrained(
        directory
    )
    speech = load(directory)
    texts = alone(speech, sounds)
    assert padding_changes_text(speech)
    assert len(set(texts)) > 2
    assert recognize_batch(speech, sounds) == texts
    assert recognition._recognize_together(speech, sounds) != texts, "together it would write something else"


@pytest.mark.parametrize("milliseconds", [0, 10, 50, 100, 200])
def test_hardly_any_audio(any_model: SpeechModel, milliseconds: int) -> None:
    sound = np.full(milliseconds * SAMPLE_RATE // 1000, 0.1, np.float32)
    [text] = recognize_batch(any_model, [sound])
    assert len(text) < 40


def test_long_audio_is_recognized_in_pieces(
    any_model: SpeechModel, sounds: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition, "LONGEST", 5.0)
    long = np.concatenate([*sounds, np.zeros(SAMPLE_RATE, np.float32), *sounds])
    assert len(long) > 3 * 5 * SAMPLE_RATE
    heard: list[float] = []
    together = recognition._recognize_together

    def listen(speech: SpeechModel, audio: list[np.ndarray]) -> list[str]:
        heard.extend(len(piece) / SAMPLE_RATE for piece in audio)
        return together(speech, audio)

    monkeypatch.setattr(recognition, "_recognize_together", listen)
    text, short = recognize_batch(any_model, [long, sounds[0]])
    assert max(heard) <= 5.0
    assert sum(heard) == pytest.approx((len(long) + len(sounds[0])) / SAMPLE_RATE)
    assert text.count(" ") <= len(text) / 2
    assert short == alone(any_model, sounds[:1])[0]


def test_a_model_that_never_stops(whisper: Path, moonshine: Path, load: Any, sounds: list[np.ndarray]) -> None:
    """It is stopped by the length of its own audio, not by the longest in its batch."""
    for directory in (whisper, moonshine):
        speech = load(directory)
        special = speech.processor.tokenizer.all_special_ids
        speech.model.generation_config.update(suppress_tokens=special, begin_suppress_tokens=special)
        short, long = sounds[0], sounds[-1]
        counts = {}
        for name, audio in {"alone": [short], "together": [short, long]}.items():
            inputs = features(speech, audio)
            seconds = [len(one) / SAMPLE_RATE for one in audio]
            with torch.inference_mode():
                counts[name] = [len(tokens) for tokens in generate(speech, inputs, seconds)]
        bounds = [math.ceil(20 * len(one) / SAMPLE_RATE) + 8 for one in (short, long)]
        assert counts == {"alone": bounds[:1], "together": bounds}
        assert recognize_batch(speech, [short, long])[0] == alone(speech, [short])[0]


def test_a_checkpoint_cannot_ask_for_another_search(whisper: Path, moonshine: Path, load: Any, sounds: Any) -> None:
    for directory, search in ((whisper, {"num_beams": 4}), (moonshine, {"do_sample": True, "temperature": 5.0})):
        greedy = alone(load(directory), sounds[:3])
        speech = load(directory)
        speech.model.generation_config.update(**search)
        assert recognize_batch(speech, sounds[:3]) == greedy


def test_double_letters_are_written(wav2vec2: Path, parakeet: Path, load: Any) -> None:
    for directory, text in ((wav2vec2, "HELLO BOOK"), (parakeet, "hello book")):
        speech = load(directory)
        blank = speech.model.config.pad_token_id
        letters = speech.processor.tokenizer(text).input_ids
        path = [token for letter in letters for token in (letter, letter, blank)] + 50 * [blank]
        logits = torch.nn.functional.one_hot(torch.tensor([path]), speech.model.config.vocab_size).float()
        speech.model.forward = lambda logits=logits, **_: type("Output", (), {"logits": logits})
        assert recognize_batch(speech, [np.zeros(3 * SAMPLE_RATE, np.float32)]) == [text]


def test_longest_first_and_each_once(parakeet: Path, load: Any, utterances: list[Utterance], sounds: Any) -> None:
    speech = load(parakeet)
    batches = list(recognize(speech, [one.duration for one in utterances], sounds.__getitem__, batch_size=3))
    assert [len(batch) for batch in batches] == [3, 3, 2]
    indices = [index for batch in batches for index, _ in batch]
    assert [utterances[index].duration for index in indices] == sorted(
        (one.duration for one in utterances), reverse=True
    )
    assert dict(pair for batch in batches for pair in batch) == dict(enumerate(alone(speech, sounds)))


def test_nothing_to_recognize(parakeet: Path, load: Any) -> None:
    assert list(recognize(load(parakeet), [], lambda _: np.zeros(1, np.float32), batch_size=4)) == []


def test_audio_that_cannot_be_read_ends_it(parakeet: Path, load: Any) -> None:
    def read(index: int) -> np.ndarray:
        if index == 1:
            raise OSError("the disk is gone")
        return np.zeros(SAMPLE_RATE, np.float32)

    with pytest.raises(OSError, match="the disk is gone"):
        list(recognize(load(parakeet), [1.0, 1.0, 1.0], read, batch_size=1))


@pytest.mark.parametrize("name", ["input_features", "input_values"])
def test_features_are_what_the_model_takes(
    any_model: SpeechModel, sounds: list[np.ndarray], name: str, request: pytest.FixtureRequest
) -> None:
    raw = any_model.directory.name in ("wav2vec2", "wav2vec2_large", "moonshine")
    masked = any_model.directory.name in ("parakeet", "wav2vec2_large", "moonshine")
    inputs = features(any_model, sounds[:2])
    assert (name in inputs) == ((name == "input_values") == raw)
    assert ("attention_mask" in inputs) == masked
