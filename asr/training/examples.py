"""Training examples, made when they are needed: decoded, augmented, turned into features and labels.

Nothing is cached on disk: log-mel features are ten times as large as the audio they come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from asr.audio import SAMPLE_RATE, Samples
from asr.corpus.utterance import Utterance
from asr.errors import DataError
from asr.models.abilities import abilities
from asr.models.features import features
from asr.models.speech_model import SpeechModel
from asr.synthesis.augmentation import add_noise, change_level, change_speed
from asr.training.batches import Draw
from asr.training.options import TrainingOptions
from asr.training.spec_augment import mask_features

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

IGNORED = -100
"""The label that the loss leaves out."""


@dataclass(frozen=True)
class Example:
    """One utterance as a training step sees it."""

    samples: Samples
    labels: list[int]
    draw: Draw


class Examples:
    """The training set: a `Draw` in, an `Example` out. Augmentation depends on the draw and the seed alone."""

    def __init__(self, utterances: Sequence[Utterance], speech: SpeechModel, options: TrainingOptions) -> None:
        self.utterances = utterances
        self.options = options
        self.tokenizer = speech.processor.tokenizer
        self.abilities = abilities(speech)
        self.longest_audio = None if speech.window is None else int(speech.window * SAMPLE_RATE)

    def __len__(self) -> int:
        return len(self.utterances)

    def __getitem__(self, draw: Draw) -> Example:
        utterance = self.utterance(draw)
        samples = utterance.samples()
        random = np.random.default_rng((self.options.seed, draw.epoch, draw.utterance))
        if self.options.speed_perturbation:
            played = change_speed(samples, random)
            # Slowed down beyond what the model hears at once, it would lose its last words.
            if self.longest_audio is None or len(played) <= self.longest_audio:
                samples = played
        if self.options.noise:
            samples = change_level(add_noise(samples, random), random)
        return Example(samples, self.labels(utterance.text), draw)

    def utterance(self, draw: Draw) -> Utterance:
        """What is drawn."""
        return self.utterances[draw.utterance]

    def check(self) -> None:
        """Look at every transcript before the first step is paid for.

        Raises:
            DataError: a transcript has more tokens than the decoder has positions, or nothing that a model which spells
                letter by letter can write.
        """
        counts = {one.id: len(self.labels(one.text)) for one in self.utterances}
        most = self.abilities.most_tokens
        too_long = [f"{name} ({count})" for name, count in counts.items() if most is not None and count > most]
        if too_long:
            raise DataError(
                f"{_some(too_long)}: more than the {most} tokens that the model can write; cut audio and transcript "
                "into shorter utterances"
            )
        empty = [name for name, count in counts.items() if count == 0]
        if empty:
            raise DataError(
                f"{_some(empty)}: the transcript has no character that the model can write; write numbers and signs "
                "in words, or remove it"
            )

    def labels(self, text: str) -> list[int]:
        """The tokens that the model shall write for a transcript."""
        return self.abilities.labels(text)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


class Collator:
    """Examples to one batch of tensors: features padded as the model expects them, labels padded with `IGNORED`."""

    def __init__(self, speech: SpeechModel, options: TrainingOptions) -> None:
        # Processes that load data get a copy of this, and need the processor, not the weights.
        self.speech = replace(speech, model=cast("PreTrainedModel", None))
        self.options = options

    def __call__(self, examples: Sequence[Example]) -> dict[str, "torch.Tensor"]:
        """Model inputs by name, and `labels` of shape (batch, longest label)."""
        import torch

        inputs = features(self.speech, [example.samples for example in examples])
        if self.options.spec_augment and "input_features" in inputs:
            draws = [(self.options.seed, *example.draw) for example in examples]
            lengths = [min(1.0, len(example.samples) / self._longest(examples)) for example in examples]
            inputs["input_features"] = mask_features(inputs["input_features"], lengths, draws, self._time_axis())
        longest = max(len(example.labels) for example in examples)
        labels = [example.labels + [IGNORED] * (longest - len(example.labels)) for example in examples]
        return {**inputs, "labels": torch.tensor(labels)}

    def _longest(self, examples: Sequence[Example]) -> float:
        window = self.speech.window
        extractor: Any = self.speech.processor.feature_extractor
        return window * extractor.sampling_rate if window else max(len(example.samples) for example in examples)

    def _time_axis(self) -> int:
        """Whisper's features are (batch, mel, time); all others (batch, time, mel)."""
        return 2 if self.speech.window is not None else 1
