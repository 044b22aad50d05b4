"""Evaluate a model of the service: the same scoring as for every other, on what a batch transcription heard."""

import hashlib
import logging
from typing import TYPE_CHECKING

from asr.azure.azure_model import read_azure_model
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
from tasks.steps import done, once

if TYPE_CHECKING:
    from tasks.evaluate import Model

log = logging.getLogger(__name__)


def evaluate_azure_model(
    settings: Settings, model: "Model", name: str, corpus: Corpus, run: Record | None
) -> Evaluation:
    """The error rates of the model that a directory names, measured once, in the locale of that model.

    Raises:
        ModelError: the service has the model no more.
        DataError: the service does not take all of the corpus.
        AzureError: the service refused something, or some audio was not transcribed.
    """
    named, since = read_azure_model(model.directory), run.since if run else None
    normalizer = versioned(settings.normalizer)
    parts = (model.fingerprint, corpus.fingerprint, normalizer, ALIGNMENT, RECOGNITION, named.locale)
    folder = settings.data / "evaluations" / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    if earlier := done(folder, Evaluation, since=since):
        return earlier
    service = custom_speech(settings)
    target = named.look_up(service)
    ours = making(settings, run.id if run else "", git_commit(), named.locale)
    written = corpus_parts(settings, corpus, "testing", locale=named.locale)
    dataset = ensure_testing_data(service, ours, written.parts, written.file, patience(settings))
    written.put_away()

    def work() -> Evaluation:
        return evaluate_on_azure(
            service,
            ours,
            target,
            corpus,
            dataset,
            written.parts.names(),
            name=name,
            model_fingerprint=model.fingerprint,
            normalizer=settings.normalizer,
            folder=folder,
            patience=patience(settings),
        )

    evaluation = once(folder, Evaluation, work)
    forget_transcription(service, ours, target, dataset)  # what the batch says is kept here now
    return evaluation
