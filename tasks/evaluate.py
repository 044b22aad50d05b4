"""Evaluate a model on a corpus, once for each pair: the same model on the same data has the same errors."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from prefect import task
from tqdm import tqdm

from asr.azure.azure_model import is_azure_model
from asr.corpus.utterance import Corpus
from asr.models.evaluate import evaluate
from asr.models.recognize import RECOGNITION
from asr.models.speech_model import load_speech_model
from asr.scoring.alignment import ALIGNMENT
from asr.scoring.evaluation import Evaluation
from asr.text.normalizers import versioned
from tasks.azure.evaluate import evaluate_azure_model
from tasks.run_record import Record
from tasks.settings import Settings
from tasks.steps import once
from tasks.tracking import child_run, log_evaluation

log = logging.getLogger(__name__)


class Model(Protocol):
    """A model on disk: one of the registry, or one that was just trained."""

    @property
    def directory(self) -> Path:
        """Where its files are."""

    @property
    def fingerprint(self) -> str:
        """What tells it from every other model."""


def measure(settings: Settings, run: Record, role: str, model: Model, corpora: Sequence[Corpus]) -> list[Evaluation]:
    """Evaluate a model on the testing corpus and every guard set, and keep the results in a child run named `role`."""
    evaluations = [evaluate_model(settings, model, corpus, run) for corpus in corpora]
    with child_run(settings, run.id, role) as child:
        for evaluation in evaluations:
            log_evaluation(settings, child, evaluation)
    return evaluations


@task(name="evaluate", task_run_name="evaluate on {corpus.name}")
def evaluate_model(settings: Settings, model: Model, corpus: Corpus, run: Record | None = None) -> Evaluation:
    """The error rates of a model on a corpus, for a run if there is one, which may ask to measure everything again."""
    name = getattr(model, "name", "candidate")
    if is_azure_model(model.directory):
        evaluation = evaluate_azure_model(settings, model, name, corpus, run)
    else:
        evaluation = _evaluate_here(settings, model, name, corpus, run.since if run else None)
    # The same model may have had another name when it was evaluated: today's champion was a candidate.
    evaluation = evaluation.model_copy(update={"model": name, "corpus": corpus.name})
    low, high = evaluation.interval
    speed = f", {evaluation.rtfx:.0f}× real time" if evaluation.rtfx else ""
    log.info(
        "%s on %s: WER %.1f %% (%.1f–%.1f), %d S %d D %d I of %d words%s",
        name, corpus.name, 100 * evaluation.wer, 100 * low, 100 * high,
        evaluation.substitutions, evaluation.deletions, evaluation.insertions, evaluation.words, speed,
    )  # fmt: skip
    return evaluation


def _evaluate_here(settings: Settings, model: Model, name: str, corpus: Corpus, since: float | None) -> Evaluation:

    def work() -> Evaluation:
        speech = load_speech_model(str(model.directory), language=settings.language, name=name)
        with tqdm(total=corpus.utterances, desc=f"evaluate on {corpus.name}", unit="utterance", disable=None) as bar:
            return evaluate(
                speech,
                corpus,
                normalizer=settings.normalizer,
                batch_size=settings.batch_size,
                folder=folder,
                progress=lambda done, _all: bar.update(done - bar.n),
            )

    normalizer = versioned(settings.normalizer)
    parts = (model.fingerprint, corpus.fingerprint, normalizer, ALIGNMENT, RECOGNITION, settings.language)
    folder = settings.data / "evaluations" / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    return once(folder, Evaluation, work, since=since)
