"""Evaluate a model of the service: the same scoring as for every other, on what a batch transcription heard."""

import hashlib
import logging
from typing import TYPE_CHECKING

from asr.azure.azure_model import read_azure_model
from asr.azure.entities import Dataset
from asr.azure.evaluate import RECOGNITION, ensure_testing_data, evaluate_on_azure
from asr.azure.transcriptions import forget_transcription
from asr.corpus.utterance import Corpus
from asr.scoring.alignment import ALIGNMENT
from asr.scoring.evaluation import Evaluation
from asr.text.normalizers import versioned
from tasks.azure.parts import corpus_parts
from tasks.azure.service import custom_speech, making, patience
from tasks.run_record import Record, git_commit
from tasks.settings import Settings
from tasks.steps import once

if TYPE_CHECKING:
    from tasks.evaluate import Model

log = logging.getLogger(__name__)


def evaluate_azure_model(
    settings: Settings, model: "Model", name: str, corpus: Corpus, run: Record | None
) -> Evaluation:
    """The error rates of the model that a directory names, measured once."""
    service, ours = custom_speech(settings), making(settings, run.id if run else "", git_commit())
    named = read_azure_model(model.directory)
    normalizer = versioned(settings.normalizer)
    parts = (model.fingerprint, corpus.fingerprint, normalizer, ALIGNMENT, RECOGNITION, settings.language)
    folder = settings.data / "evaluations" / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    read: list[Dataset] = []

    def work() -> Evaluation:
        written = corpus_parts(settings, corpus, "testing")
        dataset = ensure_testing_data(service, ours, written.parts, written.file, patience(settings))
        written.put_away()
        read.append(dataset)
        return evaluate_on_azure(
            service,
            ours,
            named.look_up(service),
            corpus,
            dataset,
            written.parts.names(),
            name=name,
            model_fingerprint=model.fingerprint,
            normalizer=settings.normalizer,
            folder=folder,
            patience=patience(settings),
        )

    evaluation = once(folder, Evaluation, work, since=run.since if run else None)
    for dataset in read:  # what the batch says is kept here now
        forget_transcription(service, ours, named.look_up(service), dataset)
    return evaluation
