"""Let the service judge champion and candidate as well, and log its counts beside ours."""

import logging

from prefect import task

from asr.azure.azure_model import is_azure_model, read_azure_model
from asr.azure.evaluate import ensure_testing_data
from asr.azure.service_evaluation import evaluate_by_service
from asr.corpus.utterance import Corpus
from asr.errors import UserError
from asr.scoring.evaluation import Evaluation
from tasks.azure.parts import corpus_parts
from tasks.azure.service import HOUR, custom_speech, making, patience
from tasks.evaluate import Model
from tasks.run_record import Record, git_commit
from tasks.settings import Settings
from tasks.tracking import child_run, log_metrics

log = logging.getLogger(__name__)

_LONGEST = 6 * HOUR
"""That it is waited for: it decides nothing."""


@task(name="evaluate by the service")
def compare_with_service(
    settings: Settings, run: Record, corpus: Corpus, models: tuple[Model, Model], ours: tuple[Evaluation, Evaluation]
) -> None:
    """Log what the service counts of champion and candidate; asked for by `azure.service_evaluation`, else nothing.

    What it counts decides nothing: without it, or when it fails, the run goes on.
    """
    if not settings.azure.service_evaluation or not all(is_azure_model(one.directory) for one in models):
        return
    service, who = custom_speech(settings), making(settings, run.id, git_commit())
    try:
        written = corpus_parts(settings, corpus, "testing")
        dataset = ensure_testing_data(service, who, written.parts, written.file, patience(settings))
        written.put_away()
        first, second = (read_azure_model(one.directory).look_up(service) for one in models)
        counts = evaluate_by_service(service, who, (first, second), dataset, min(patience(settings), _LONGEST))
    except UserError as error:
        log.warning("the service's own evaluation is missing: %s", error)
        return
    for role, evaluation, counted in zip(("baseline", "candidate"), ours, counts, strict=True):
        with child_run(settings, run.id, role) as child:
            numbers = {f"{corpus.name}.azure_{name}": float(value) for name, value in counted.model_dump().items()}
            log_metrics(settings, child, numbers | {f"{corpus.name}.azure_wer": counted.wer})
        log.info(
            "%s by the service: WER %.1f %% (%d words), ours %.1f %% (%d words)",
            role, 100 * counted.wer, counted.words, 100 * evaluation.wer, evaluation.words,
        )  # fmt: skip
