"""Fine-tune a speech model: the one training loop for every family, resumed where it was killed.

The loop itself is the Trainer of transformers; what is Wergate's own is what goes in (`examples`, `batches`), what
it is judged by (WER on dev utterances, decoded as in production) and what comes out (a directory that loads).
"""

import json
import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from asr.corpus.synthetic import refuse_synthetic
from asr.corpus.utterance import Utterance
from asr.models.checkpoint import fingerprint
from asr.models.speech_model import SpeechModel, save_speech_model
from asr.training.adapters import merge_adapter, prepare_weights
from asr.training.attempt import Attempt
from asr.training.course import NOTHING_SPOKEN, Course, Spoken, local_course, streamed_course
from asr.training.curves import write_curves
from asr.training.diagnosis import Diagnosis, Plan, diagnose
from asr.training.divergence import Diverged
from asr.training.examples import Collator
from asr.training.history import read_log, write_history
from asr.training.learning_rate import default_learning_rate, learning_rate
from asr.training.loss import set_loss
from asr.training.options import TrainingOptions
from asr.training.precision import choose_precision
from asr.training.progress import Report
from asr.training.stream import Stream

log = logging.getLogger(__name__)

HISTORY, CURVES = "history.json", "curves.svg"
"""What is beside a model in the folder of its training, also when it diverged."""


class TrainedModel(BaseModel):
    """What a training made."""

    model_config = ConfigDict(frozen=True)

    directory: Path
    fingerprint: str
    steps: int
    best_step: int
    dev_wer: float | None
    """Of the step that was kept, as a fraction; over the dev set and the replayed speech that was held out."""
    seconds: float
    """Wall time of the process that finished it."""
    learning_rate: float
    precision: str
    parameters: int
    trainable_parameters: int
    history: Path
    """JSON: a list of {step, loss, learning_rate, gradient_norm} and {step, dev_wer}."""
    curves: Path
    """SVG: the same as a picture."""
    diagnoses: tuple[Diagnosis, ...] = ()
    """What was wrong with it."""
    repeats: Attempt | None = None
    """The training before it, with another learning rate."""
    left_out: dict[str, int] = {}
    """Utterances of streamed data sets that could not be used, counted by the rule that they break."""

    def attempt(self) -> Attempt:
        """What the report tells of it."""
        return Attempt.model_validate(self, from_attributes=True)

    def attempts(self) -> tuple[Attempt, ...]:
        """The same, after the training that it repeats."""
        return (*([self.repeats] if self.repeats else []), self.attempt())


def finetune(
    base: SpeechModel,
    training: Sequence[Utterance],
    dev: Sequence[Utterance],
    replay: Sequence[Utterance],
    options: TrainingOptions,
    *,
    normalizer: str,
    folder: Path,
    report: Report = lambda _step, _metrics: None,
    stream: Stream | None = None,
    spoken: Spoken = NOTHING_SPOKEN,
) -> TrainedModel:
    """Train `base` on utterances with replayed ones among them, keep the step with the lowest dev WER.

    What was `spoken` from text is trained on as well; with nothing else there is no dev WER, and the last step is kept.

    Checkpoints stand in `folder`; called again with the same arguments it goes on from the last complete one and ends
    with the same weights as an undisturbed run. With a `stream`, its utterances are trained on as well, and there may
    be no others.

    Raises:
        DataError: there is nothing to train on, nothing to choose a checkpoint by, something synthesized to choose it
            by, or a transcript that the model cannot learn to write.
        SettingsError: the options do not fit the model or the machine.
        Diverged: the training diverged (a ModelError) before a step was evaluated; later, the best step is kept.
    """
    from transformers import set_seed

    from asr.training.trainer import SpeechTrainer, training_arguments

    refuse_synthetic(dev, "development")
    base.decoding = None  # the text has its say in the search when the training is over
    started = time.monotonic()
    parameters = base.model.num_parameters()
    rate = learning_rate(options, base.family, parameters)
    precision = choose_precision(options.precision)
    checkpoints = folder.resolve() / "checkpoints"
    resume = last_complete_checkpoint(checkpoints)
    begin = int(resume.name.rpartition("-")[2]) if resume else 0
    if stream is None:
        opened: AbstractContextManager[Course] = nullcontext(local_course(training, dev, replay, base, options, spoken))
    else:
        place = folder.resolve() / "stream"
        local = [*training, *spoken.of_an_epoch(options.seed)]
        opened = streamed_course(stream, local, dev, replay, base, options, folder=place, begin=begin)
    with opened as course:
        set_seed(options.seed)
        set_loss(base, options)
        base.model = prepare_weights(base, options)
        usual = default_learning_rate(base.family, parameters, options.method)
        plan = Plan(steps=course.steps, learning_rate=rate, usual_learning_rate=usual, options=options)
        trainer = SpeechTrainer(
            speech=base,
            examples=course.examples,
            order=course.order,
            dev=course.dev,
            normalizer=normalizer,
            collator=Collator(base, options),
            report=report,
            options=options,
            plan=plan,
            arguments=training_arguments(
                options, checkpoints, steps=course.steps, rate=rate, precision=precision, judged=bool(course.dev)
            ),
        )
        log.info(
            "%s %s for %d steps, learning rate %.2g, %s%s",
            "train on" if resume is None else "go on training on",
            course.described,
            course.steps,
            rate,
            precision,
            "" if resume is None else f", from step {begin}",
        )
        diverged: Diverged | None = None
        with closing(trainer):
            if resume is not None and _was_last(resume):
                trainer.take_finished(resume)
            else:
                try:
                    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
                except Diverged as error:
                    diverged = error
    diagnoses = _write_curves(trainer.state, plan, folder, diverged)
    if diverged and not trainer.keep_best():
        raise Diverged(str(diverged), diverged.step, rate, diagnoses) from diverged
    if diverged:
        log.warning("%s; step %d, the best before it, is kept", diverged, trainer.state.best_global_step)
    trained = _finish(trainer, base, folder, started, rate, precision, parameters)
    return trained.model_copy(update={"left_out": course.left_out(), "diagnoses": diagnoses})


def last_complete_checkpoint(checkpoints: Path) -> Path | None:
    """The newest checkpoint that was written to its end; halves that a kill left behind are removed."""
    complete: list[tuple[int, Path]] = []
    for checkpoint in checkpoints.glob("checkpoint-*"):
        if _is_complete(checkpoint):
            complete.append((int(checkpoint.name.rpartition("-")[2]), checkpoint))
        else:
            shutil.rmtree(checkpoint)
    return max(complete)[1] if complete else None


def _is_complete(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text())  # written last
    except (OSError, json.JSONDecodeError):
        return False
    return all(any(checkpoint.glob(kind)) for kind in ("*.safetensors", "optimizer.pt", "scheduler.pt", "rng_state*"))


def _was_last(checkpoint: Path) -> bool:
    """Whether the training ended with this checkpoint, by its steps, its minutes or want of patience."""
    state = json.loads((checkpoint / "trainer_state.json").read_text())
    ended: bool = state["stateful_callbacks"]["TrainerControl"]["args"]["should_training_stop"]
    return ended


def _write_curves(state: Any, plan: Plan, folder: Path, diverged: Diverged | None) -> tuple[Diagnosis, ...]:
    """Write what was measured, and say in the log what is wrong with it."""
    points = read_log(state.log_history)
    folder.mkdir(parents=True, exist_ok=True)
    write_history(points, folder / HISTORY)
    write_curves(points, folder / CURVES)
    diagnoses = diagnose(points, plan, diverged_at=diverged.step if diverged else None)
    for one in diagnoses:
        log.warning("diagnosis: %s: %s", one.name, one.sentence())
    return diagnoses


def _finish(
    trainer: Any, base: SpeechModel, folder: Path, started: float, rate: float, precision: str, parameters: int
) -> TrainedModel:
    state = trainer.state
    trainable = sum(weight.numel() for weight in base.model.parameters() if weight.requires_grad)
    base.model = merge_adapter(trainer.model)
    directory, aside = folder / "model", folder / "model.part"
    shutil.rmtree(aside, ignore_errors=True)
    save_speech_model(base, aside)
    shutil.rmtree(directory, ignore_errors=True)
    aside.rename(directory)
    return TrainedModel(
        directory=directory,
        fingerprint=fingerprint(directory),
        steps=state.global_step,
        best_step=state.best_global_step or state.global_step,
        dev_wer=state.best_metric,
        seconds=time.monotonic() - started,
        learning_rate=rate,
        precision=precision,
        parameters=parameters,
        trainable_parameters=trainable,
        history=folder / HISTORY,
        curves=folder / CURVES,
    )
