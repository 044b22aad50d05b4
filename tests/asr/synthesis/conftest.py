"""Small text-to-speech checkpoints with random weights, of the kinds that are on the Hub."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ALPHABET = "abcdefghijklmnopqrstuvwxyz'"


def write_vits(directory: Path, **changes: Any) -> Path:
    """As facebook/mms-tts-eng: letters in, 16 kHz out; `changes` are of its configuration or its tokenizer."""
    import torch
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    of_tokenizer = {name: changes.pop(name) for name in ("phonemize", "is_uroman") if name in changes}
    directory.mkdir()
    letters = ["_", *ALPHABET, " ", "<unk>"]
    vocabulary = directory / "vocab.json"
    vocabulary.write_text(json.dumps({letter: number for number, letter in enumerate(letters)}))
    options = {"phonemize": False, "pad_token": "_"} | of_tokenizer
    VitsTokenizer(str(vocabulary), **options).save_pretrained(directory)
    torch.manual_seed(0)
    settings: dict[str, Any] = {
        "vocab_size": len(letters),
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "ffn_dim": 16,
        "flow_size": 16,
        "spectrogram_bins": 33,
        "initializer_range": 0.2,
        "speaking_rate": 8.0,  # with random weights a letter lasts long
        "upsample_initial_channel": 16,
        "duration_predictor_filter_channels": 16,
        "prior_encoder_num_flows": 2,
        "prior_encoder_num_wavenet_layers": 1,
        "posterior_encoder_num_wavenet_layers": 1,
    }
    VitsModel(VitsConfig(**settings | changes)).save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def vits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VITS with one speaker."""
    return write_vits(tmp_path_factory.mktemp("models") / "vits")


@pytest.fixture(scope="session")
def vits_of_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VITS with three speakers, which speaks at 22,050 Hz."""
    directory = tmp_path_factory.mktemp("models") / "vits_of_three"
    return write_vits(directory, num_speakers=3, speaker_embedding_size=8, sampling_rate=22_050)


@pytest.fixture(scope="session")
def speecht5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As microsoft/speecht5_tts, with its alphabet as SentencePiece writes it."""
    import torch
    from transformers import SpeechT5Config, SpeechT5ForTextToSpeech
    from transformers.convert_slow_tokenizer import import_protobuf

    directory = tmp_path_factory.mktemp("models") / "speecht5"
    alphabet = import_protobuf().ModelProto()
    for number, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", "▁", *ALPHABET]):
        alphabet.pieces.add(piece=piece, score=-number, type=1 if number > 3 else 3)
    alphabet.trainer_spec.model_type = 4
    torch.manual_seed(3)
    config = SpeechT5Config(
        vocab_size=len(alphabet.pieces) + 2,
        hidden_size=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        speech_decoder_prenet_units=16,
        speech_decoder_postnet_units=16,
        speaker_embedding_dim=16,
        num_mel_bins=20,
        max_text_positions=60,
        initializer_range=0.3,
    )
    model = SpeechT5ForTextToSpeech(config)
    model.speech_decoder_postnet.prob_out.bias.data.fill_(-2.0)  # it stops after a while, by chance
    model.save_pretrained(directory)
    (directory / "spm_char.model").write_bytes(alphabet.SerializeToString())
    return directory


@pytest.fixture(scope="session")
def hifigan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As microsoft/speecht5_hifigan: 256 samples a frame at 16 kHz."""
    return write_hifigan(tmp_path_factory.mktemp("models") / "hifigan")


def write_hifigan(directory: Path, model_in_dim: int = 20) -> Path:
    import torch
    from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

    torch.manual_seed(0)
    config = SpeechT5HifiGanConfig(model_in_dim=model_in_dim, upsample_initial_channel=32, initializer_range=0.05)
    model = SpeechT5HifiGan(config)
    model.mean, model.scale = torch.zeros(model_in_dim), torch.ones(model_in_dim)
    model.save_pretrained(directory)
    return directory


@pytest.fixture
def one_core() -> Iterator[None]:
    """Torch computes on one core: models as small as these wait for the others longer than they compute."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)
