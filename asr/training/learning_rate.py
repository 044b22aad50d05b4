"""The learning rate when the user names none: by family, size and method."""

from asr.models.family import Family
from asr.training.options import TrainingOptions

# Whisper: the learning rate of its pretraining divided by 40 (OpenAI's table, Appendix F of Radford et al. 2022).
_SEQ2SEQ = ((60e6, 3.75e-5), (100e6, 2.5e-5), (300e6, 1.25e-5), (1e9, 6.25e-6), (float("inf"), 5e-6))
# CTC encoders: wav2vec2 and Parakeet practice for full fine-tuning; models of a few million parameters stand more.
_CTC = ((10e6, 5e-4), (50e6, 2e-4), (150e6, 1e-4), (600e6, 5e-5), (float("inf"), 2e-5))

_LORA_FACTOR = 10.0  # low-rank updates start at zero and need larger steps


def default_learning_rate(family: Family, parameters: int, method: str) -> float:
    """The peak learning rate for a model of so many parameters."""
    rate = next(rate for bound, rate in (_CTC if family == "ctc" else _SEQ2SEQ) if parameters <= bound)
    return rate * _LORA_FACTOR if method == "lora" else rate


def learning_rate(options: TrainingOptions, family: Family, parameters: int) -> float:
    """The user's learning rate, or the default."""
    return options.learning_rate or default_learning_rate(family, parameters, options.method)
