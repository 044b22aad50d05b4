"""What kind of speech model a checkpoint is, told from its configuration alone."""

from typing import TYPE_CHECKING, Literal

from asr.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

Family = Literal["ctc", "seq2seq"]
"""`ctc`: an encoder that writes a token a frame (wav2vec2, MMS, Parakeet …).
`seq2seq`: an encoder and a decoder that writes token after token (Whisper, Moonshine …)."""

_SPEAK_OR_PLAY = {"dia", "pop2piano"}  # listed by transformers among those that write, but text or a score goes in


def family(config: "PreTrainedConfig", name: str) -> Family:
    """Tell the family from the model type that the configuration names; `name` is only for the message.

    Raises:
        ModelError: the configuration is not of a speech recognition model that Wergate can train.
    """
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CTC_MAPPING_NAMES,
        MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES,
    )

    if config.model_type in MODEL_FOR_CTC_MAPPING_NAMES:
        return "ctc"
    writes = config.model_type in MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES and config.model_type not in _SPEAK_OR_PLAY
    if writes and config.is_encoder_decoder:
        return "seq2seq"
    architecture = ", ".join(config.architectures or ()) or config.model_type
    raise ModelError(
        f"{name}: {architecture} is not a speech recognition model that can be fine-tuned here; choose a CTC model "
        "(wav2vec2, MMS, Parakeet …) or an encoder-decoder (Whisper, Moonshine …)"
    )
