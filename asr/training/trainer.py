"""The Trainer of transformers, fed by Wergate's examples and judged by the WER of what it writes on dev utterances."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
)

from asr.corpus.utterance import Utterance
from asr.models.cores import CoreThreads
from asr.models.recognize import recognize
from asr.models.speech_model import SpeechModel
from asr.scoring.error_rates import score
from asr.training.adapters import lasting_normalizations
from asr.training.callbacks import LastStep, Progress, Watch
from asr.training.dev_faults import dev_faults
from asr.training.diagnosis import Plan
from asr.training.divergence import refuse_divergence
from asr.training.examples import IGNORED, Collator, Examples
from asr.training.history import FAULTS
from asr.training.lookahead import Lookahead, Order
from asr.training.options import TrainingOptions
from asr.training.progress import Report
from asr.training.shares import Shares, count_shares

_LOADERS = 8  # processes that decode and augment beside a GPU


def training_arguments(
    options: TrainingOptions, checkpoints: Path, *, steps: int, rate: float, precision: str, judged: bool = True
) -> TrainingArguments:
    """Wergate's options in the words of transformers; what is not `judged` by dev utterances keeps its last step."""
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
        eval_strategy="steps" if judged else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        logging_steps=max(1, min(10, every)),
        logging_first_step=True,  # the loss of the base, by which a diagnosis measures all others
        logging_nan_inf_filter=False,
        load_best_model_at_end=judged,
        metric_for_best_model="eval_dev_wer" if judged else None,
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
        plan: Plan,
        arguments: TrainingArguments,
    ) -> None:
        self.progress = Progress(report)
        watch = Watch(plan, speech, dev)
        callbacks: list[TrainerCallback] = [LastStep(options.max_minutes), self.progress, watch]
        if options.patience and dev:
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
        self.options = options
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
                # Forked beside the threads of Prefect and MLflow, one may end with an error when all is loaded.
                multiprocessing_context="forkserver",
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
        """End the threads that prepare and compute, and the bar."""
        self.threads.close()
        self.progress.close()

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
        best = self.state.best_global_step or self.state.global_step
        self.state.best_model_checkpoint = str(last.with_name(f"checkpoint-{best}"))
        self._load_best_model()

    def keep_best(self) -> bool:
        """Take the weights of the best step, if one was evaluated and kept before the training was stopped."""
        best = Path(str(self.args.output_dir)) / f"checkpoint-{self.state.best_global_step}"
        if not self.state.best_global_step or not best.is_dir():
            return False
        self.state.best_model_checkpoint = str(best)
        self._load_best_model()
        return True

    def evaluate(self, *_args: Any, **_kwargs: Any) -> dict[str, float]:
        """Decode the dev utterances as in production: {"eval_dev_wer": WER as a fraction, …}."""
        model: Any = self.accelerator.unwrap_model(self.model)
        refuse_divergence(model, self.state.global_step, self.args.learning_rate)
        if not self.dev:
            return {}
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
        metrics = {
            "eval_dev_wer": sum(row.errors for row in rows) / sum(row.words for row in rows),
            "eval_dev_empty": sum(not row.hypothesis for row in rows) / len(rows),
        }
        self.log(metrics)
        # Checkpoints keep the log, so that a training that was killed after its last step still knows them.
        faults = dev_faults(rows, self.normalizer, self.options)
        entry: dict[str, Any] = self.state.log_history[-1]
        entry[FAULTS] = [fault.model_dump() for fault in faults]
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def _as_it_is(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return batch
