"""The record of a run in MLflow: opened before the work, found again after a kill, asked whether all is as before."""

import hashlib
import logging
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from prefect import task
from prefect.runtime import flow_run
from pydantic import BaseModel, ConfigDict

from asr.corpus.utterance import Corpus
from asr.errors import SettingsError
from asr.models.checkpoint import fingerprint
from tasks.corpus import Corpora
from tasks.data_history import Survey, survey_data
from tasks.registry import CANDIDATE, CHAMPION, COMPARED_WITH, alias_number
from tasks.result import Result
from tasks.run_settings import settings_here
from tasks.settings import Settings, setting_fields
from tasks.tracking import (
    FLOW_RUN,
    FORCED,
    KEY,
    OUTCOME,
    TRAINING_KEY,
    begun,
    client,
    find_runs,
    log_corpora,
    marked_if_it_fails,
    open_run,
)

log = logging.getLogger(__name__)

RESULT = "result.json"
TRAINED = ("promoted", "rejected", "unchanged", "dry_run", "awaiting_approval")
"""Outcomes of runs that need not train again when only the testing data has changed."""


class Question(BaseModel):
    """What a run asks: is there a better model than the champion, given these data, settings and base?"""

    model_config = ConfigDict(frozen=True)

    key: str
    training_key: str
    """The same without the testing data."""
    base_fingerprint: str


class Earlier(BaseModel):
    """An earlier run that has answered."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    name: str
    result: Result
    same_testing_data: bool


def run_name() -> str:
    """How Prefect and MLflow call this run: what is trained, and when it began."""
    now = f"{datetime.now():%Y-%m-%d %H:%M}"
    try:
        settings: Settings = flow_run.get_parameters()["settings"] or settings_here()
    except SettingsError:  # the run says so itself, in a state that people see
        return f"improve · {now}"
    trained = f"azure {settings.language}" if settings.backend == "azure" else settings.base
    return f"improve {trained} · {now}"


@task(name="ask")
def ask(settings: Settings, corpora: Corpora, base: Path) -> Question:
    """Name the question by the fingerprints of all that can change its answer."""
    base_fingerprint = fingerprint(base)
    training_key = _sha256(*_named(corpora.learning), settings.fingerprint(), base_fingerprint)
    key = _sha256(training_key, *_named(corpora.judging))
    return Question(key=key, training_key=training_key, base_fingerprint=base_fingerprint)


@task(name="look for an earlier answer")
def earlier_answer(settings: Settings, question: Question) -> Earlier | None:
    """The newest run that answered this question, else one that trained on the same data with other testing data."""
    for tag, value in ((KEY, question.key), (TRAINING_KEY, question.training_key)):
        for run in find_runs(settings, {tag: value}):
            outcome = run.data.tags.get(OUTCOME, "")
            trained = outcome in TRAINED
            if outcome == "awaiting_approval" and _is_stale(settings, run.data.tags):
                client(settings).delete_tag(str(run.info.run_id), OUTCOME)  # it is gone on with
                continue
            if outcome and (tag == KEY or trained) and (result := stored_result(settings, str(run.info.run_id))):
                return Earlier(
                    run_id=str(run.info.run_id),
                    name=str(run.info.run_name),
                    result=result,
                    same_testing_data=tag == KEY,
                )
    return None


class Record(BaseModel):
    """The parent run in MLflow that is being written."""

    model_config = ConfigDict(frozen=True)

    id: str
    since: float | None
    """When it began, if everything is to be done again; what was finished before does not count then."""
    data: Survey = Survey()


@contextmanager
def record(settings: Settings, corpora: Corpora, question: Question, force: bool) -> Iterator[Record]:
    """The record of this run while it is at work; a run that fails is marked as failed and can be gone on with."""
    run_id = open_record(settings, corpora, question, force)
    with marked_if_it_fails(settings, run_id):
        survey = survey_data(settings, run_id, corpora)
        yield Record(id=run_id, since=begun(settings, run_id) if force else None, data=survey)


@task(name="open the record")
def open_record(settings: Settings, corpora: Corpora, question: Question, force: bool) -> str:
    """Open the parent run in MLflow, or the one that a killed run of the same question left open; its id."""
    commit = git_commit()
    tags = {
        KEY: question.key,
        FORCED: "yes" if force else "no",
        TRAINING_KEY: question.training_key,
        FLOW_RUN: str(flow_run.get_id() or ""),
        "prefect.flow_run_name": str(flow_run.get_name() or ""),
        "mlflow.source.git.commit": commit,
        "git.commit": commit,
    }
    params = {".".join(key): _setting(settings, key) for key in setting_fields() if key[0] in settings.decisive()}
    run_id = open_run(settings, str(flow_run.get_name() or "improve"), tags, params)
    named = {corpus.name: corpus for corpus in (*corpora.learning, *corpora.judging)}
    log_corpora(settings, run_id, named, commit)
    return run_id


def close_record(settings: Settings, run_id: str, result: Result) -> None:
    """Keep the result and name the outcome; a run is finished from here on."""
    mlflow = client(settings)
    mlflow.log_text(run_id, result.model_dump_json(indent=1), RESULT)
    mlflow.set_tag(run_id, "mlflow.note.content", f"{result.sentence}\n\n[Prefect run]({result.prefect_url})")
    mlflow.set_terminated(run_id, "FINISHED")
    mlflow.set_tag(run_id, OUTCOME, result.outcome)  # last: without it a run is not finished


def _is_stale(settings: Settings, tags: Mapping[str, str]) -> bool:
    """Whether a candidate waits for a person who would compare it with a champion of the past."""
    now = alias_number(settings, CHAMPION)
    return str(now) not in (tags.get(COMPARED_WITH), tags.get(CANDIDATE))


def stored_result(settings: Settings, run_id: str) -> Result | None:
    """The result that a finished run kept; `None` when it is gone or of an older form."""
    from mlflow.exceptions import MlflowException

    try:
        with TemporaryDirectory() as folder:
            return Result.model_validate_json(
                Path(client(settings).download_artifacts(run_id, RESULT, folder)).read_bytes()
            )
    except (OSError, MlflowException, ValueError):
        return None


def git_commit() -> str:
    """The commit of the working tree, with `-dirty` when files differ from it; empty outside of git."""
    git = ("git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*")
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _setting(settings: Settings, key: tuple[str, ...]) -> object:
    value: object = settings
    for name in key:
        value = getattr(value, name)
    return value


def _named(corpora: Iterable[Corpus]) -> list[str]:
    return [f"{corpus.name}={corpus.fingerprint}" for corpus in corpora]


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
