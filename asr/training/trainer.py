"""The Trainer of transformers, fed by Wergate's examples and judged by the WER of what it writes on dev utterances."""

import logging
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from tqdm import tqdm
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
)

from asr.corpus.utterance import Utterance
from asr.errors import ModelError
from asr.models.cores import CoreThreads
from asr.models.recognize import recognize
from asr.models.speech_model import SpeechModel
from asr.scoring.error_rates import score
from asr.training.adapters import lasting_normalizations
from asr.training.examples import IGNORED, Collator, Examples
from asr.training.lookahead import Lookahead, Order
from asr.training.options import TrainingOptions
from asr.training.progress import Report
from asr.training.shares import Shares, count_shares

log = logging.getLogger(__name__)

_LOADERS = 8  # processes that decode and augment beside a GPU


def training_arguments(
    options: TrainingOptions, checkpoints: Path, *, steps: int, rate: float, precision: str
) -> TrainingArguments:
    """Wergate's options in the words of transformers."""
    every = max(1, -(-steps // options.evaluations))
    return TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=steps,
        per_device_train_batch_size=options.batch_size,
        gradient_accumulation_steps=options.gradient_accumulation,
        activation_checkpointing=options.gradient_checkpointing,
        learning_rate=rate,
        warmup_steps=round(options.warmup * steps),
        lr_scheduler_type="cosine",
        weight_decay=options.weight_decay,
        max_grad_norm=1.0,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        seed=options.seed,
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        logging_steps=max(1, min(10, every)),
        logging_nan_inf_filter=False,
        load_best_model_at_end=True,
        metric_for_best_model="eval_dev_wer",
        greater_is_better=False,
        restore_callback_states_from_checkpoint=True,
        remove_unused_columns=False,
        disable_tqdm=True,  # its bar and its logs go to stdout, which belongs to --json
        report_to="none",
        use_cpu=not torch.cuda.is_available(),
    )


class SpeechTrainer(Trainer):
    """Trains a `SpeechModel` in a fixed order of batches and evaluates it by decoding dev utterances."""

    def __init__(
        self,
        *,
        speech: SpeechModel,
        examples: Examples,
        order: Order,
        dev: Sequence[Utterance],
        normalizer: str,
        collator: Collator,
        report: Report,
        options: TrainingOptions,
        arguments: TrainingArguments,
    ) -> None:
        callbacks: list[TrainerCallback] = [_LastStep(options.max_minutes), _Progress(report)]
        if options.patience:
            callbacks.append(EarlyStoppingCallback(options.patience))
        super().__init__(
            model=speech.model,
            args=arguments,
            data_collator=collator,
            train_dataset=examples,
            eval_dataset=dev,
            callbacks=callbacks,
        )
        self.remove_callback(PrinterCallback)
        self.speech = speech
        self.examples = examples
        self.order = order
        self.collator = collator
        self.dev = dev
        self.normalizer = normalizer
        self.lasting = lasting_normalizations(speech.model, options)
        # A sequence-to-sequence loss is a mean over tokens: `compute_loss` weighs each accumulated batch by its tokens,
        # which the Trainer counts for models that accept such counts. A CTC loss is a mean over utterances, and the
        # Trainer's mean over batches of as many is right for it.
        self.model_accepts_loss_kwargs = self.loss_is_scaled_for_ga = speech.family == "seq2seq"
        count = count_shares(speech, options)
        self.threads = ExitStack()
        self.shares = self._shares(count) if count > 1 else None

    def get_train_dataloader(self) -> "DataLoader[Any]":
        """All batches of all epochs, in their order."""
        if self.args.device.type == "cuda":
            loader: DataLoader[Any] = DataLoader(
                self.examples,  # type: ignore[arg-type]  # its index is a Draw, which a torch Dataset does not foresee
                batch_sampler=self.order,
                collate_fn=self.data_collator,
                num_workers=min(_LOADERS, torch.get_num_threads()),
                pin_memory=True,
            )
        else:
            one = CoreThreads(1, 1, "lookahead") if self.shares else ThreadPoolExecutor(1, "lookahead")
            ahead = Lookahead(self.examples, self.order, self.collator, self.threads.enter_context(one))
            loader = DataLoader(ahead, batch_sampler=ahead, collate_fn=_as_it_is)  # type: ignore[arg-type]  # as above
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def _shares(self, count: int) -> Shares:
        threads = CoreThreads(count, max(1, torch.get_num_threads() // count), "share")
        return Shares(self.speech.model, self.threads.enter_context(threads), count, bf16=self.args.bf16)

    def close(self) -> None:
        """End the threads that prepare and compute."""
        self.threads.close()

    def training_step(self, model: Any, inputs: dict[str, torch.Tensor], num_items_in_batch: Any = None) -> Any:
        """The gradients of one batch are added to the model's, and its loss is returned."""
        if self.shares is None:
            return super().training_step(model, inputs, num_items_in_batch)
        model.train()
        self._keep_statistics()
        return self.shares.backward(inputs, 1 / self.current_gradient_accumulation_steps)

    def _keep_statistics(self) -> None:
        for normalization in self.lasting:
            normalization.eval()  # the Trainer switches the whole model to training before each step

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss of one batch, scaled so that accumulated batches add up to the loss of one large batch."""
        self._keep_statistics()
        outputs = model(**inputs)
        loss = outputs["loss"]
        if num_items_in_batch is not None:
            tokens = (inputs["labels"] != IGNORED).sum()
            loss = loss * tokens / num_items_in_batch * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def take_finished(self, last: Path) -> None:
        """Take over what `train` left behind when it had ended: its state, and the weights of the best step."""
        self.state = TrainerState.load_from_json(str(last / "trainer_state.json"))
        self.state.best_model_checkpoint = str(last.with_name(f"checkpoint-{self.state.best_global_step}"))
        self._load_best_model()

    def evaluate(self, *_args: Any, **_kwargs: Any) -> dict[str, float]:
        """Decode the dev utterances as in production: {"eval_dev_wer": WER as a fraction}."""
        model: Any = self.accelerator.unwrap_model(self.model)
        refuse_divergence(model, self.state.global_step, self.args.learning_rate)
        speech = SpeechModel(**{**vars(self.speech), "model": model})
        model.eval()
        batches = recognize(
            speech,
            [utterance.duration for utterance in self.dev],
            lambda index: self.dev[index].samples(),
            batch_size=2 * self.args.per_device_train_batch_size,
        )
        heard = {self.dev[index].id: text for batch in batches for index, text in batch}
        model.train()
        rows = score(self.dev, heard, self.normalizer)
        metrics = {"eval_dev_wer": sum(row.errors for row in rows) / sum(row.words for row in rows)}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def refuse_divergence(model: torch.nn.Module, step: int, rate: float) -> None:
    """Stop a training whose weights are no numbers any more: what it writes could still beat a bad base by chance.

    Raises:
        ModelError: a weight is infinite or not a number.
    """
    weights = chain(model.parameters(), model.buffers())
    if not all(bool(torch.isfinite(weight).all()) for weight in weights if weight.is_floating_point()):
        raise ModelError(
            f"the training diverged: after step {step} some weights are not numbers; set training.learning_rate lower "
            f"than {rate:.2g}"
        )


def _as_it_is(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return batch


class _LastStep(TrainerCallback):
    """Evaluates and keeps the last step too, and ends a training whose minutes are over."""

    def __init__(self, minutes: float) -> None:
        self.deadline = time.monotonic() + 60 * minutes if minutes else float("inf")

    def on_step_end(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        if time.monotonic() > self.deadline:
            log.info("the training's minutes are over after %d of %d steps", state.global_step, state.max_steps)
            control.should_training_stop = True
        if state.global_step >= state.max_steps or control.should_training_stop:
            control.should_evaluate = control.should_save = control.should_log = True


class _Progress(TrainerCallback):
    """A bar on a terminal's stderr, and every measurement to `report`."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.bar: Any = None

    def on_train_begin(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        self.bar = tqdm(total=state.max_steps, initial=state.global_step, unit="step", desc="train", disable=None)

    def on_step_end(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        self.bar.update(state.global_step - self.bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: Any,
        control: Any,
        model: Any = None,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            refuse_divergence(model, state.global_step, args.learning_rate)
        names = ("loss", "learning_rate", "eval_dev_wer")
        metrics = {name.removeprefix("eval_"): value for name, value in (logs or {}).items() if name in names}
        if metrics:
            self.report(state.global_step, metrics)
        if "dev_wer" in metrics:
            log.info("step %d of %d: dev WER %.1f %%", state.global_step, state.max_steps, 100 * metrics["dev_wer"])

    def on_train_end(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        self.bar.close()
