"""Which weights are trained: all, all but the acoustic front, or small low-rank adapters beside frozen ones."""

from typing import TYPE_CHECKING, Any

from asr.errors import SettingsError
from asr.models.speech_model import SpeechModel
from asr.training.options import TrainingOptions

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj", "out_proj", "linear_q", "linear_k", "linear_v", "linear_out")
_HEADS = ("ctc_head", "lm_head")


def prepare_weights(speech: SpeechModel, options: TrainingOptions) -> "PreTrainedModel":
    """Freeze what is not trained and return the model to train.

    `frozen_encoder` keeps the encoder of a sequence-to-sequence model, or the convolutional front of a CTC model, as it
    is. `lora` (Hu et al. 2021) trains low-rank updates of the attention layers, and the output layer of a CTC model.

    Raises:
        SettingsError: the model cannot be trained in this way.
    """
    model: Any = speech.model
    if options.gradient_checkpointing and not model.supports_gradient_checkpointing:
        raise SettingsError(f"training.gradient_checkpointing: {speech.name} has no support for it; set it to false")
    if options.method == "frozen_encoder":
        for weight in _acoustic_front(speech).parameters():
            weight.requires_grad_(False)
    if options.method == "lora":
        from peft import LoraConfig, get_peft_model

        names = {name.rpartition(".")[2] for name, _ in model.named_modules()}
        targets = [name for name in _ATTENTION if name in names]
        if not targets:
            raise SettingsError(
                f"training.method is 'lora', but no attention layer of {speech.name} is known; set it to 'full'"
            )
        config = LoraConfig(  # no task_type: peft would rename Whisper's input_features to input_ids
            r=options.lora_rank,
            lora_alpha=2 * options.lora_rank,
            target_modules=targets,
            modules_to_save=[name for name in _HEADS if name in names] if speech.family == "ctc" else None,
        )
        model = get_peft_model(model, config)
    prepared: PreTrainedModel = model
    return prepared


def lasting_normalizations(model: "PreTrainedModel", options: TrainingOptions) -> list["torch.nn.Module"]:
    """The batch normalizations that keep their running mean and variance while the model is trained.

    They know a thousand times the speech that a fine-tuning hears. Those of frozen weights keep them always: they are
    in no adapter, so that an adapter trained beside others would not fit the model it is merged into.
    """
    import torch

    norms = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)
    found: list[torch.nn.Module] = [module for module in model.modules() if isinstance(module, norms)]
    if not options.learn_statistics:
        return found
    return [module for module in found if not any(weight.requires_grad for weight in module.parameters())]


def merge_adapter(model: Any) -> "PreTrainedModel":
    """The model with its adapters added into its weights; a model without adapters as it is."""
    merged: PreTrainedModel = model.merge_and_unload() if hasattr(model, "merge_and_unload") else model
    return merged


def _acoustic_front(speech: SpeechModel) -> Any:
    model: Any = speech.model
    if speech.family == "seq2seq":
        return model.get_encoder()
    encoder = getattr(model, "encoder", model.base_model)
    for name in ("subsampling", "feature_extractor", "feature_projection"):
        if hasattr(encoder, name):
            return getattr(encoder, name)
    return encoder
