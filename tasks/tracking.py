"""MLflow: one parent run for a run of the loop, a child for each of its steps, found again after a kill."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from prefect.exceptions import Pause

from asr.corpus.utterance import Corpus
from asr.errors import UserError
from asr.scoring.domain_recall import DomainRecall
from asr.scoring.evaluation import Evaluation
from asr.scoring.hypothesis import read_table
from tasks.environment import tracking_uri, without_password
from tasks.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

KEY = "wergate.key"
"""Tag: what a run is about: its data, settings and base."""
TRAINING_KEY = "wergate.training_key"
"""Tag: the same without the testing data."""
FORCED = "wergate.forced"
"""Tag: whether everything was done again although nothing had changed."""
OUTCOME = "wergate.outcome"
"""Tag: what was decided; a run without it was not finished."""
FLOW_RUN = "prefect.flow_run_id"
"""Tag: the run in Prefect."""
_STEP = "wergate.step"
_PARENT = "mlflow.parentRunId"
_EMBEDDED_UI = "http://127.0.0.1:5000"
_PATIENCE = 10.0
"""Seconds that a server has to answer its first call."""


def client(settings: Settings) -> "MlflowClient":
    """A client of the run's tracking store, which is also its model registry.

    Raises:
        UserError: its server does not answer.
    """
    import mlflow

    uri = tracking_uri(settings)
    if uri.startswith(("http://", "https://")):
        _reach(uri)
    # Its registry looks logged models up in the store that is set globally, whatever client asks (MLflow 3.17).
    with _environment_as_it_was():
        mlflow.set_tracking_uri(uri)
    return mlflow.MlflowClient(uri)


def experiment_id(settings: Settings) -> str:
    """The experiment, made on first use; its artifacts lie below `data` unless a server keeps them.

    Raises:
        UserError: the folder `data` was moved after its store was made.
    """
    mlflow = client(settings)
    embedded = tracking_uri(settings).startswith("sqlite:")
    found = mlflow.get_experiment_by_name(settings.name)
    if found:
        if embedded and not settings.mlflow_tracking_uri:
            _refuse_moved(settings, found.artifact_location)
        return str(found.experiment_id)
    location = (settings.data / "mlartifacts").absolute().as_uri() if embedded else None
    return str(mlflow.create_experiment(settings.name, artifact_location=location))


def find_runs(settings: Settings, tags: Mapping[str, str]) -> "list[Run]":
    """The runs with these tags, newest first."""
    wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
    return list(
        client(settings).search_runs([experiment_id(settings)], wanted, order_by=["attributes.start_time DESC"])
    )


def open_run(settings: Settings, name: str, tags: Mapping[str, str], params: Mapping[str, object]) -> str:
    """The id of the unfinished run with this key, or of a new one."""
    from mlflow.entities import Param, RunTag

    mlflow = client(settings)
    same_question = find_runs(settings, {KEY: tags[KEY], FORCED: tags[FORCED]})
    unfinished = [run for run in same_question if OUTCOME not in run.data.tags]
    # A new run gets its tags at once: killed before it had them, it would never be found again.
    run = unfinished[0] if unfinished else mlflow.create_run(experiment_id(settings), tags=dict(tags), run_name=name)
    run_id = str(run.info.run_id)
    mlflow.update_run(run_id, status="RUNNING")
    mlflow.log_batch(
        run_id,
        params=[Param(key, str(value)[:500]) for key, value in params.items() if key not in run.data.params],
        tags=[RunTag(key, value) for key, value in tags.items()],
    )
    return run_id


def begun(settings: Settings, run_id: str) -> float:
    """When a run was opened first, in seconds since the epoch."""
    return float(client(settings).get_run(run_id).info.start_time) / 1000


@contextmanager
def marked_if_it_fails(settings: Settings, run_id: str) -> Iterator[None]:
    """Close a run as failed, or as killed when it is interrupted; its outcome is still missing then."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, Pause):  # it goes on later
            raise
        with suppress(Exception):  # what went wrong first is what has to be told
            client(settings).set_terminated(run_id, "FAILED" if isinstance(error, Exception) else "KILLED")
        raise


@contextmanager
def child_run(settings: Settings, parent: str, step: str) -> Iterator[str]:
    """A step's own run below its parent, the same one when the step is done again."""
    mlflow = client(settings)
    found = find_runs(settings, {_PARENT: parent, _STEP: step})
    if found:
        run_id = str(found[0].info.run_id)
        mlflow.update_run(run_id, status="RUNNING")
    else:
        tags = {_PARENT: parent, _STEP: step}
        run_id = str(mlflow.create_run(experiment_id(settings), tags=tags, run_name=step).info.run_id)
    with marked_if_it_fails(settings, run_id):
        yield run_id
    mlflow.set_terminated(run_id, "FINISHED")


def log_corpora(settings: Settings, run_id: str, corpora: Mapping[str, Corpus], commit: str) -> None:
    """Tell MLflow which data a run used, under our own fingerprints, so that runs can be searched by them."""
    import pandas
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.pandas_dataset import from_pandas
    from mlflow.entities import DatasetInput, InputTag

    inputs = []
    for context, corpus in corpora.items():
        # As floats: MLflow warns of integer columns, which could not hold a missing value.
        facts = {name: float(getattr(corpus, name)) for name in ("utterances", "words", "seconds", "speakers")}
        source = CodeDatasetSource({"git.commit": commit, "folder": corpus.folder.name})
        dataset = from_pandas(
            pandas.DataFrame([facts]), source=source, name=corpus.name, digest=corpus.fingerprint[:36]
        )
        tags = [InputTag("mlflow.data.context", context)]
        inputs.append(DatasetInput(dataset._to_mlflow_entity(), tags))
    client(settings).log_inputs(run_id, inputs)


def log_evaluation(settings: Settings, run_id: str, evaluation: Evaluation) -> None:
    """Log error rates with their interval and counts, and the table of all utterances."""
    import pandas

    mlflow = client(settings)
    prefix = evaluation.corpus.replace("/", ".")
    low, high = evaluation.interval
    counts = evaluation.model_dump(
        include={"wer", "cer", "ser", "words", "substitutions", "deletions", "insertions", "rtfx"}
    )
    log_metrics(settings, run_id, {f"{prefix}.{name}": float(value) for name, value in counts.items()})
    log_metrics(settings, run_id, {f"{prefix}.wer_low": low, f"{prefix}.wer_high": high})
    rows = read_table(evaluation.table)
    columns = ("id", "reference", "hypothesis", "words", "errors", "duration", "speaker", "slice", "noise")
    table: dict[str, list[Any]] = {column: [getattr(row, column) for row in rows] for column in columns}
    name = f"utterances/{prefix}.json"
    if name in {file.path for file in mlflow.list_artifacts(run_id, "utterances")}:  # log_table would append
        mlflow.log_text(run_id, pandas.DataFrame(table).to_json(orient="split", index=False), name)
    else:
        mlflow.log_table(run_id, table, name)


def log_domain_recall(settings: Settings, run_id: str, corpus: str, recall: DomainRecall) -> None:
    """Log how often words of the domain were said and found in a corpus, and the share."""
    prefix = corpus.replace("/", ".")
    metrics = {"domain_words_said": float(recall.said), "domain_words_found": float(recall.found)}
    metrics |= {} if recall.recall is None else {"domain_recall": recall.recall}
    log_metrics(settings, run_id, {f"{prefix}.{name}": value for name, value in metrics.items()})


def log_metrics(settings: Settings, run_id: str, metrics: Mapping[str, float], step: int = 0) -> None:
    """Log numbers at a step."""
    import time

    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    client(settings).log_batch(run_id, metrics=[Metric(name, value, now, step) for name, value in metrics.items()])


def log_files(settings: Settings, run_id: str, *paths: Path) -> None:
    """Keep files as artifacts of a run."""
    for path in paths:
        client(settings).log_artifact(run_id, str(path))


def run_url(settings: Settings, run_id: str) -> str:
    """Where the MLflow UI shows a run; for the embedded store that is where `make ui` serves it."""
    uri = tracking_uri(settings)
    server = without_password(uri).rstrip("/") if uri.startswith("http") else _EMBEDDED_UI
    return f"{server}/#/experiments/{experiment_id(settings)}/runs/{run_id}"


@cache
def _reach(uri: str) -> None:
    """Ask a server once whether it is there; MLflow itself would try for minutes before it says that it is not."""
    try:
        with urllib.request.urlopen(without_password(uri), timeout=_PATIENCE):
            pass
    except urllib.error.HTTPError:  # whatever it answers, it answers
        pass
    except (OSError, ValueError) as error:
        raise UserError(
            f"{without_password(uri)}: no MLflow server answers there ({getattr(error, 'reason', error)}); start it, "
            "or mend mlflow_tracking_uri (empty takes the embedded store)"
        ) from error


def _refuse_moved(settings: Settings, location: str) -> None:
    """Refuse a store whose paths point elsewhere: it holds them whole, and would read and write there."""
    made_in = Path(url2pathname(urlsplit(location).path)).parent
    if not made_in.is_dir() or not made_in.samefile(settings.data):
        raise UserError(
            f"{settings.data}: its tracking store was made in {made_in} and still points there; move the folder back, "
            "or let `data` name a new one"
        )


@contextmanager
def _environment_as_it_was() -> Iterator[None]:
    """Undo what MLflow exports: an embedded store must not look as if the user had asked for it."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    if before is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    else:
        os.environ["MLFLOW_TRACKING_URI"] = before
