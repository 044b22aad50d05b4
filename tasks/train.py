"""Fine-tune the base, with every measurement sent to MLflow while it happens."""

import hashlib
import logging
from itertools import chain
from pathlib import Path

from prefect import task

from asr.corpus.utterance import read_manifest, stream_manifest
from asr.models.speech_model import load_speech_model
from asr.training.finetune import TrainedModel, finetune
from asr.training.stream import Stream
from tasks.prepare import TrainingSet
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.steps import once
from tasks.tracking import child_run, log_files, log_metrics

log = logging.getLogger(__name__)


@task(name="train")
def train_model(
    settings: Settings, run: Record, base: Path, base_fingerprint: str, prepared: TrainingSet
) -> TrainedModel:
    """Train, or go on with a training that was killed, or find that it was finished before."""
    decisive = settings.training.model_dump_json() + settings.normalizer + settings.language
    content = "\0".join((base_fingerprint, prepared.fingerprint, decisive))
    folder = settings.data / "training" / hashlib.sha256(content.encode()).hexdigest()[:16]

    with child_run(settings, run.id, "training") as child:

        def work() -> TrainedModel:
            return finetune(
                load_speech_model(str(base), language=settings.language),
                read_manifest(prepared.training),
                read_manifest(prepared.dev),
                read_manifest(prepared.replay),
                settings.training,
                normalizer=settings.normalizer,
                folder=folder,
                report=lambda step, metrics: log_metrics(settings, child, metrics, step),
                stream=_stream(prepared),
            )

        trained = once(folder, TrainedModel, work, since=run.since)
        facts = trained.model_dump(include={"steps", "best_step", "learning_rate", "seconds", "trainable_parameters"})
        log_metrics(settings, child, {f"training.{name}": float(value) for name, value in facts.items()})
        log_files(settings, child, trained.history)
    log.info(
        "trained: step %d of %d is the best, dev WER %.1f %%", trained.best_step, trained.steps, 100 * trained.dev_wer
    )
    if trained.left_out:
        counts = ", ".join(f"{count:,} {rule}" for rule, count in sorted(trained.left_out.items()))
        log.info("left out of the streams: %s", counts)
    return trained


def _stream(prepared: TrainingSet) -> Stream | None:
    """What is trained on while it is read, if there is any."""
    if not prepared.streams:
        return None
    return Stream(prepared.streams, lambda: chain.from_iterable(map(stream_manifest, prepared.judging)))
