"""How a model is trained: every choice with its default, its bounds and its meaning."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TrainingOptions(BaseModel):
    """The options of a training, checked once and never changed after."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # What is trained, and how fast
    method: Literal["full", "frozen_encoder", "lora"] = Field(
        "full",
        description="What is trained: the whole model (`full`), all but its encoder (`frozen_encoder`), or low-rank "
        "adapters that are merged into it at the end (`lora`).",
    )
    learning_rate: float | None = Field(
        None, gt=0, le=1, description="Peak learning rate; `auto` chooses it by the family and size of the model."
    )
    warmup: float = Field(0.1, ge=0, le=1, description="Share of the steps over which the learning rate rises.")
    weight_decay: float = Field(0.01, ge=0, le=1, description="Weight decay of AdamW.")
    lora_rank: int = Field(16, ge=1, le=1024, description="Rank of the adapters when `method` is `lora`.")

    learn_statistics: bool = Field(
        False,
        description="Let batch normalizations learn means and variances anew, too; a model that begins with random "
        "weights needs it, one that knows speech forgets by it.",
    )

    # How long
    epochs: float = Field(10, gt=0, le=10_000, description="Passes over the training data.")
    max_steps: int = Field(0, ge=0, description="Stop after this many steps; 0 leaves it to `epochs`.")
    max_minutes: float = Field(0, ge=0, description="Stop after this many minutes of training; 0 sets no limit.")
    evaluations: int = Field(5, ge=1, le=1000, description="How often the dev WER is measured over the training.")
    patience: int = Field(
        3, ge=0, description="Stop after this many dev evaluations in a row without a better WER; 0 never does."
    )
    auto_retry: bool = Field(
        False,
        description="Train once more when the loss stays flat or diverges, with ten times the learning rate or a tenth "
        "of it, as the diagnosis says.",
    )
    dev_share: float = Field(
        0.1, gt=0, le=0.5, description="Share of the training data that is held out to choose the best checkpoint."
    )

    # What fits into memory
    batch_size: int = Field(16, ge=1, le=4096, description="Utterances a step on one device.")
    gradient_accumulation: int = Field(
        1, ge=1, le=4096, description="Batches whose gradients are summed before the weights change."
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute activations again instead of keeping them: less memory, slower steps."
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto", description="Number format of the computation; `auto` takes what the hardware does well."
    )

    stream_buffer: int = Field(
        1000,
        ge=10,
        le=1_000_000,
        description="Utterances of a streamed data set that are on the disk, and shuffled among each other, at a time.",
    )

    # What the model hears
    replay: float = Field(
        1.0,
        ge=0,
        le=100,
        description="Utterances of general speech mixed in for each new one, so that the model does not forget; "
        "0 switches replay off.",
    )
    replay_data: str = Field(
        "",
        description="Folder with the general speech. Empty: for the embedded base, general sentences are spoken as it "
        "was trained; for every other base there is no replay.",
    )
    spoken: float = Field(
        1.0,
        ge=0,
        le=100,
        description="Utterances spoken from `plain_text.txt` for each recorded one; without recordings, for each line. "
        "0 leaves the text to the search alone.",
    )
    synthesizer: str = Field(
        "espeak",
        min_length=1,
        description="Who speaks the text: `espeak` (part of Wergate, most languages), or a text-to-speech model: a "
        "directory or a Hub id such as `facebook/mms-tts-eng`.",
    )
    synthesizer_revision: str = Field("", description="Branch, tag or commit of a text-to-speech model from the Hub.")
    vocoder: str = Field(
        "microsoft/speecht5_hifigan",
        min_length=1,
        description="What makes sound of the spectrograms of a SpeechT5: a directory or a Hub id.",
    )
    spec_augment: bool = Field(True, description="Hide random bands of time and frequency.")
    speed_perturbation: bool = Field(True, description="Play utterances a little slower or faster.")
    noise: bool = Field(True, description="Add noise at a random level.")
    seed: int = Field(1, ge=0, le=2**32 - 1, description="Seed of everything random.")
