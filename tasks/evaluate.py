"""Evaluate a model on a corpus, once for each pair: the same model on the same data has the same errors."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from prefect import task
from tqdm import tqdm

from asr.corpus.utterance import Corpus
from asr.models.evaluate import evaluate
from asr.models.recognize import RECOGNITION
from asr.models.speech_model import load_speech_model
from asr.scoring.alignment import ALIGNMENT
from asr.scoring.evaluation import Evaluation
from asr.text.normalizers import versioned
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
    evaluations = [evaluate_model(settings, model, corpus, run.since) for corpus in corpora]
    with child_run(settings, run.id, role) as child:
        for evaluation in evaluations:
            log_evaluation(settings, child, evaluation)
    return evaluations


@task(name="evaluate", task_run_name="evaluate on {corpus.name}")
def evaluate_model(settings: Settings, model: Model, corpus: Corpus, since: float | None = None) -> Evaluation:
    """The error rates of a model on a corpus; what was measured before the time `since` is measured again."""
    name = getattr(model, "name", "candidate")

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
    evaluation = once(folder, Evaluation, work, since=since)
    # The same model may have had another name when it was evaluated: today's champion was a candidate.
    evaluation = evaluation.model_copy(update={"model": name, "corpus": corpus.name})
    low, high = evaluation.interval
    log.info(
        "%s on %s: WER %.1f %% (%.1f–%.1f), %d S %d D %d I of %d words, %.0f× real time",
        name, corpus.name, 100 * evaluation.wer, 100 * low, 100 * high,
        evaluation.substitutions, evaluation.deletions, evaluation.insertions, evaluation.words, evaluation.rtfx,
    )  # fmt: skip
    return evaluation
