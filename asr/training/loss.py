"""The loss that training lowers: the model's own, set so that it means the same for every model and batch."""

from typing import Any

from asr.models.speech_model import SpeechModel
from asr.training.options import TrainingOptions


def set_loss(speech: SpeechModel, options: TrainingOptions) -> None:
    """Set in the model's configuration how its loss is pooled, and whether it hides parts of its input by itself."""
    config: Any = speech.model.config
    if speech.family == "ctc":
        # Some models sum over the batch: then a learning rate means something else for each batch size.
        config.ctc_loss_reduction = "mean"
        # Text that does not fit into its frames has an infinite loss, which would make every weight not a number.
        config.ctc_zero_infinity = True
    if hasattr(config, "apply_spec_augment"):
        # Models of raw samples can only hide parts of what their convolutions found; features are hidden by `Collator`.
        raw = "input_values" in speech.processor.feature_extractor.model_input_names
        config.apply_spec_augment = options.spec_augment and raw
