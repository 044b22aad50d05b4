"""One model on one folder of test data."""

from pathlib import Path

from prefect import flow

from tasks.analyse import Analysed, analyse_evaluation
from tasks.corpus import check_folder, take
from tasks.evaluate import evaluate_model
from tasks.registry import find_model
from tasks.settings import Settings


@flow(name="evaluate", flow_run_name="evaluate {model} on {folder}")
def evaluate(settings: Settings, model: str, folder: Path, max_samples: int | None = None) -> Analysed:
    """Rates and errors of `model` (a directory, a Hub id, `embedded` or `champion`) on the utterances of a folder."""
    corpus = take(settings, check_folder(settings, folder), max_samples)
    found = find_model(settings, model)
    return analyse_evaluation(settings, evaluate_model(settings, found, corpus))
