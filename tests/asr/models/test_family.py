"""The family is told from the configuration, and what is no speech recognizer is refused in one line."""

import pytest
from transformers import (
    BertConfig,
    DiaConfig,
    MoonshineConfig,
    ParakeetCTCConfig,
    Qwen2AudioConfig,
    Qwen3ASRConfig,
    VoxtralConfig,
    Wav2Vec2BertConfig,
    Wav2Vec2Config,
    WhisperConfig,
)

from asr.errors import ModelError
from asr.models.family import family


@pytest.mark.parametrize("config", [ParakeetCTCConfig, Wav2Vec2Config, Wav2Vec2BertConfig])
def test_ctc(config: type) -> None:
    assert family(config(), "m") == "ctc"


@pytest.mark.parametrize("config", [WhisperConfig, MoonshineConfig])
def test_sequence_to_sequence(config: type) -> None:
    assert family(config(), "m") == "seq2seq"


@pytest.mark.parametrize("config", [BertConfig, Qwen2AudioConfig, Qwen3ASRConfig, VoxtralConfig, DiaConfig])
def test_anything_else_is_refused(config: type) -> None:
    with pytest.raises(ModelError, match=r"^my-model: .*not a speech recognition model.*choose") as error:
        family(config(), "my-model")
    assert "\n" not in str(error.value)


def test_the_architecture_is_named() -> None:
    with pytest.raises(ModelError, match="BertForMaskedLM"):
        family(BertConfig(architectures=["BertForMaskedLM"]), "m")
