"""Fine-tune the base, with every measurement sent to MLflow while it happens; once more when that is asked for."""

import hashlib
import logging
import shutil
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict, ValidationError

from asr.corpus.utterance import read_manifest, stream_manifest
from asr.models.speech_model import load_speech_model
from asr.training.attempt import Attempt
from asr.training.course import Spoken
from asr.training.diagnosis import Diagnosis
from asr.training.divergence import Diverged
from asr.training.finetune import CURVES, HISTORY, TrainedModel, finetune
from asr.training.options import TrainingOptions
from asr.training.stream import Stream
from tasks.prepare import TrainingSet
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.steps import once, write_aside
from tasks.tracking import child_run, client, log_files, log_metrics

log = logging.getLogger(__name__)

DIAGNOSIS = "wergate.diagnosis"
"""Tag: the names of all diagnoses; each has its sentence under its own name."""


class Stopped(BaseModel):
    """A training that diverged before there was a checkpoint to keep."""

    model_config = ConfigDict(frozen=True)

    message: str
    step: int
    learning_rate: float
    diagnoses: tuple[Diagnosis, ...]


@task(name="train")
def train_model(
    settings: Settings, run: Record, base: Path, base_fingerprint: str, prepared: TrainingSet
) -> TrainedModel:
    """Train, or go on with a training that was killed, or find that it was finished before.

    With `auto_retry`, a learning rate that is diagnosed as wrong is changed as the diagnosis says, and the training
    repeated once.

    Raises:
        Diverged: it diverged, and there is no checkpoint to keep.
    """

    def train(name: str, options: TrainingOptions) -> TrainedModel:
        """One attempt, recorded as a child run of its own."""
        folder = _folder(settings, options, base_fingerprint, prepared)
        with child_run(settings, run.id, name) as child:

            def work() -> TrainedModel:
                return finetune(
                    load_speech_model(str(base), language=settings.language),
                    read_manifest(prepared.training),
                    read_manifest(prepared.dev),
                    read_manifest(prepared.replay),
                    options,
                    normalizer=settings.normalizer,
                    folder=folder,
                    report=lambda step, metrics: log_metrics(settings, child, metrics, step),
                    stream=_stream(prepared),
                    spoken=Spoken(read_manifest(prepared.spoken), prepared.spoken_an_epoch),
                )

            try:
                trained = _once_or_stopped(folder, work, run.since)
            except Diverged as error:
                _log_curves(settings, child, folder, error.diagnoses)
                raise
            facts = trained.model_dump(
                include={"steps", "best_step", "learning_rate", "seconds", "trainable_parameters"}
            )
            log_metrics(settings, child, {f"training.{name}": float(value) for name, value in facts.items()})
            _log_curves(settings, child, folder, trained.diagnoses)
        return trained

    options = settings.training
    first: TrainedModel | Diverged
    try:
        first = train("training", options)
    except Diverged as error:
        first = error
    trained, rate = first, _next_rate(first) if options.auto_retry else None
    if rate is not None:
        log.warning("the training is repeated with learning rate %.2g", rate)
        try:
            again = train(f"training, learning rate {rate:g}", options.model_copy(update={"learning_rate": rate}))
            folder = _folder(settings, options, base_fingerprint, prepared)
            trained = again.model_copy(update={"repeats": _attempt(first, folder)})
        except Diverged as error:
            log.warning("%s; this was the second attempt, there is no third", error)
    if isinstance(trained, Diverged):
        raise trained
    _tell(trained)
    return trained


def _folder(settings: Settings, options: TrainingOptions, base_fingerprint: str, prepared: TrainingSet) -> Path:
    """Named by all that can change the weights; whether it may be repeated cannot."""
    decisive = options.model_dump_json(exclude={"auto_retry"}) + settings.normalizer + settings.language
    content = "\0".join((base_fingerprint, prepared.fingerprint, decisive))
    return settings.data / "training" / hashlib.sha256(content.encode()).hexdigest()[:16]


def _once_or_stopped(folder: Path, work: Callable[[], TrainedModel], since: float | None) -> TrainedModel:
    """Train once; one that diverged for good is remembered, too, and not begun again.

    Raises:
        Diverged: it diverged, now or before, and there is no checkpoint to keep.
    """
    file = folder / "diverged.json"
    if since is not None and file.is_file() and file.stat().st_mtime < since:
        shutil.rmtree(folder)
    try:
        stopped = Stopped.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        pass
    else:
        raise Diverged(stopped.message, stopped.step, stopped.learning_rate, stopped.diagnoses)
    try:
        return once(folder, TrainedModel, work, since=since)
    except Diverged as error:
        stopped = Stopped(message=str(error), step=error.step, learning_rate=error.rate, diagnoses=error.diagnoses)
        write_aside(file, stopped.model_dump_json(indent=1))
        raise


def _next_rate(first: TrainedModel | Diverged) -> float | None:
    """The learning rate to try next, if what is wrong with the first is its learning rate."""
    rate = first.rate if isinstance(first, Diverged) else first.learning_rate
    factor = next((one.factor for one in first.diagnoses if one.factor is not None), None)
    return None if factor is None else min(1.0, float(f"{rate * factor:.3g}"))


def _attempt(first: TrainedModel | Diverged, folder: Path) -> Attempt:
    if isinstance(first, Diverged):
        return Attempt(
            learning_rate=first.rate,
            steps=first.step,
            best_step=None,
            dev_wer=None,
            history=folder / HISTORY,
            diagnoses=first.diagnoses,
        )
    return first.attempt()


def _log_curves(settings: Settings, child: str, folder: Path, diagnoses: tuple[Diagnosis, ...]) -> None:
    log_files(settings, child, folder / HISTORY, folder / CURVES)
    tags = {f"{DIAGNOSIS}.{one.name}": one.sentence() for one in diagnoses}
    for name, value in (tags | ({DIAGNOSIS: ", ".join(one.name for one in diagnoses)} if tags else {})).items():
        client(settings).set_tag(child, name, value)


def _tell(trained: TrainedModel) -> None:
    log.info(
        "trained: step %d of %d is %s",
        trained.best_step,
        trained.steps,
        "the last one" if trained.dev_wer is None else f"the best, dev WER {100 * trained.dev_wer:.1f} %",
    )
    if trained.left_out:
        counts = ", ".join(f"{count:,} {rule}" for rule, count in sorted(trained.left_out.items()))
        log.info("left out of the streams: %s", counts)


def _stream(prepared: TrainingSet) -> Stream | None:
    """What is trained on while it is read, if there is any."""
    if not prepared.streams:
        return None
    return Stream(prepared.streams, lambda: chain.from_iterable(map(stream_manifest, prepared.judging)))
