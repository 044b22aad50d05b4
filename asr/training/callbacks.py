"""What happens beside the steps of a training: its end, its progress, and its diagnosis while it goes on."""

import logging
import math
import time
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainingArguments

from asr.corpus.utterance import Utterance
from asr.models.speech_model import SpeechModel
from asr.training.diagnosis import Plan, diagnose
from asr.training.divergence import refuse_divergence, refuse_explosion
from asr.training.history import FAULTS, read_log
from asr.training.progress import Report
from asr.training.spoken_language import doubt_language

log = logging.getLogger(__name__)


class LastStep(TrainerCallback):
    """Evaluates and keeps the last step too, and ends a training whose minutes are over."""

    def __init__(self, minutes: float) -> None:
        self.deadline = time.monotonic() + 60 * minutes if minutes else float("inf")

    def on_step_end(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        """Ask for a log with every checkpoint: the loss since the last log is lost when it goes on from there."""
        if time.monotonic() > self.deadline:
            log.info("the training's minutes are over after %d of %d steps", state.global_step, state.max_steps)
            control.should_training_stop = True
        if state.global_step >= state.max_steps or control.should_training_stop:
            control.should_evaluate = control.should_save = True
        if control.should_evaluate or control.should_save:
            control.should_log = True


class Progress(TrainerCallback):
    """A bar on a terminal's stderr, and every measurement to `report`."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.bar: Any = None

    def on_train_begin(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        """Begin the bar where the training begins."""
        self.bar = tqdm(total=state.max_steps, initial=state.global_step, unit="step", desc="train", disable=None)

    def on_step_end(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        """Move the bar."""
        self.bar.update(state.global_step - self.bar.n)

    def on_log(
        self, args: TrainingArguments, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any
    ) -> None:
        """Report what was measured."""
        names = ("loss", "learning_rate", "eval_dev_wer")
        metrics = {name.removeprefix("eval_"): value for name, value in (logs or {}).items() if name in names}
        if metrics:
            self.report(state.global_step, metrics)
        if "dev_wer" in metrics:
            log.info("step %d of %d: dev WER %.1f %%", state.global_step, state.max_steps, 100 * metrics["dev_wer"])

    def close(self) -> None:
        """End the bar."""
        if self.bar is not None:
            self.bar.close()


class Watch(TrainerCallback):
    """Says what is wrong as soon as it is seen, once, and stops a training that diverges."""

    def __init__(self, plan: Plan, speech: SpeechModel, dev: Sequence[Utterance]) -> None:
        self.plan = plan
        self.speech = speech
        self.dev = dev
        self.told: set[str] = set()

    def on_train_begin(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        """Listen to the base before its first step; a training that goes on has said before what it knew."""
        if state.global_step == 0 and (doubt := doubt_language(self.speech, self.dev)):
            state.log_history.append({"step": 0, FAULTS: [doubt.model_dump()]})
            self._tell(state)
        self.told |= {one.name for one in diagnose(read_log(state.log_history), self.plan, ended=False)}

    def on_log(
        self,
        args: TrainingArguments,
        state: Any,
        control: Any,
        model: Any = None,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Look at the curves.

        Raises:
            Diverged: the loss or the weights are no numbers to go on with.
        """
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        if not math.isfinite(loss):
            refuse_divergence(model, state.global_step, args.learning_rate)
        refuse_explosion(read_log(state.log_history), args.learning_rate)
        self._tell(state)

    def on_evaluate(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        """Look at what was heard, too."""
        self._tell(state)

    def _tell(self, state: Any) -> None:
        for one in diagnose(read_log(state.log_history), self.plan, ended=False):
            if one.name not in self.told:
                self.told.add(one.name)
                log.warning("%s at step %d: %s", one.name, state.global_step, one.sentence())
