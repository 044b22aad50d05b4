"""The page with the evidence as it is kept, so that it can be written again when a person has decided."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from asr.corpus.utterance import Corpus
from asr.errors import DataError
from asr.scoring.report import Report, write_report
from tasks.settings import Settings
from tasks.steps import write_aside
from tasks.tracking import client, log_files

_KEPT = "report.json"


def report_folder(settings: Settings, run_id: str) -> Path:
    """Where the page of a run is written."""
    return settings.data / "reports" / run_id


def keep_report(settings: Settings, run_id: str, report: Report) -> Path:
    """Write the page and what it was made of, and keep both with the run in MLflow; the path of the page."""
    folder = report_folder(settings, run_id)
    page = write_report(folder, report)
    write_aside(folder / _KEPT, report.model_dump_json())
    log_files(settings, run_id, page, page.with_suffix(".md"), folder / _KEPT)
    return page


def stored_report(settings: Settings, run_id: str) -> Report | None:
    """What the page of a run was made of; None when nobody has it any more."""
    kept = report_folder(settings, run_id) / _KEPT
    if not kept.is_file():
        fetch_page(settings, run_id, _KEPT)
    with suppress(OSError, ValueError):
        return Report.model_validate_json(kept.read_bytes())
    return None


def rewrite_report(settings: Settings, run_id: str, changes: Mapping[str, object]) -> None:
    """Write the page of a run again with something new on it; where its tables are gone, it stays as it is."""
    report = stored_report(settings, run_id)
    if report is not None:
        with suppress(DataError):
            keep_report(settings, run_id, report.model_copy(update=dict(changes)))


def judged_corpus(report: Report) -> Corpus | None:
    """The corpus that both models were judged on."""
    wanted = report.baseline.corpus_fingerprint
    return next((one for one in report.corpora if one.fingerprint == wanted), None)


def fetch_page(settings: Settings, run_id: str, *names: str) -> None:
    """Fetch files of a run's page from MLflow, as far as they are there: it may have been made on another machine."""
    from mlflow.exceptions import MlflowException

    folder = report_folder(settings, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(OSError, MlflowException):
        for name in names:
            client(settings).download_artifacts(run_id, name, str(folder))
