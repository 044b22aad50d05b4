"""What data runs used: each keeps its manifests in MLflow, so that the next one can say what has changed since."""

import gzip
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from prefect import task
from pydantic import BaseModel, ConfigDict, TypeAdapter

from asr.corpus.delta import Delta, compare
from asr.corpus.file_cache import FileCache
from asr.corpus.statistics import Statistics, rates_from, take_statistics, vocabulary
from asr.corpus.utterance import Corpus, manifest_line
from tasks.corpus import Corpora
from tasks.environment import tracking_uri
from tasks.settings import Settings
from tasks.tracking import OUTCOME, client, log_metrics

if TYPE_CHECKING:
    from mlflow.entities import Run

log = logging.getLogger(__name__)

FOLDER = "data"
"""Where the manifests are among the artifacts of a run."""
_INDEX = "corpora.json"


class Kept(BaseModel):
    """A corpus as a run keeps it."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    manifest: str
    """Its file in the folder; paths in it are names, for nobody else has the folders of that machine."""


_INDEX_FORM = TypeAdapter(dict[str, Kept])


class Survey(BaseModel):
    """The data of a run in numbers, and what has changed since the last one, both by the names of corpora."""

    model_config = ConfigDict(frozen=True)

    statistics: dict[str, Statistics] = {}
    changes: dict[str, Delta] = {}
    """Of the corpora then and now; empty when there was no run before, or none that can be compared with."""


@task(name="survey data")
def survey_data(settings: Settings, run_id: str, corpora: Corpora) -> Survey:
    """Count what the data of a run holds, say what has changed since the last finished run, and keep both in MLflow."""
    now = {corpus.name: corpus for corpus in (*corpora.learning, *corpora.judging)}
    learned = vocabulary(corpus.manifest for corpus in corpora.learning)
    judged = {corpus.name for corpus in corpora.judging}
    with FileCache(settings.data / "corpora") as cache:
        statistics = {
            name: take_statistics(corpus.manifest, learned=learned if name in judged else None, rates=rates_from(cache))
            for name, corpus in now.items()
        }
    changes = changes_since_last_run(settings, now, gone_too=True)
    for name, delta in changes.items():
        if delta:
            log.info("%s: %s since run “%s”", name, delta.sentence(), delta.since)
    if changes and not any(changes.values()):
        log.info("no data has changed since run “%s”", next(iter(changes.values())).since)
    keep_manifests(settings, run_id, now.values())
    log_metrics(settings, run_id, _metrics(statistics, changes))
    return Survey(statistics=statistics, changes=changes)


def keep_manifests(settings: Settings, run_id: str, corpora: Iterable[Corpus]) -> None:
    """Keep the manifests of corpora as artifacts of a run."""
    with TemporaryDirectory() as place:
        folder = Path(place) / FOLDER
        folder.mkdir()
        index = {}
        for number, corpus in enumerate(corpora):
            name = f"{_plain(corpus.name)}.jsonl.gz"
            name = f"{number}-{name}" if (folder / name).exists() else name
            with gzip.open(folder / name, "wt", encoding="utf-8") as lines:
                for one in corpus.stream():
                    lines.write(manifest_line(replace(one, audio=Path(one.id), shown=Path(one.id))))
            index[corpus.name] = Kept(fingerprint=corpus.fingerprint, manifest=name)
        (folder / _INDEX).write_bytes(_INDEX_FORM.dump_json(index, indent=1))
        client(settings).log_artifacts(run_id, str(folder), FOLDER)


def changes_since_last_run(
    settings: Settings, corpora: Mapping[str, Corpus], *, gone_too: bool = False
) -> dict[str, Delta]:
    """What has changed in corpora, by their names, since the last finished run; only reads, and never fails.

    With `gone_too` it tells of corpora that are not there any more as well. Empty when there is nothing to compare
    with: no run yet, one of an older version, a store that does not answer.
    """
    try:
        last = _last_finished(settings)
        return _compare(settings, last, corpora, gone_too) if last else {}
    except Exception as error:  # whatever is wrong with what was: this run does not need it
        log.debug("no comparison with the last run: %s", error)
        return {}


def _last_finished(settings: Settings) -> "Run | None":
    database = tracking_uri(settings).removeprefix("sqlite:///")
    if database != tracking_uri(settings) and not Path(database).is_file():
        return None  # MLflow would make an empty store, which takes seconds
    mlflow = client(settings)
    experiment = mlflow.get_experiment_by_name(settings.name)
    if experiment is None:
        return None
    finished = f"tags.`{OUTCOME}` != ''"
    newest = ["attributes.end_time DESC"]
    found = mlflow.search_runs([experiment.experiment_id], finished, order_by=newest, max_results=1)
    return found[0] if found else None


def _compare(settings: Settings, last: "Run", corpora: Mapping[str, Corpus], gone_too: bool) -> dict[str, Delta]:
    changes = {}
    with TemporaryDirectory() as folder:

        def fetch(name: str) -> Path:
            return Path(client(settings).download_artifacts(last.info.run_id, f"{FOLDER}/{name}", folder))

        index = _INDEX_FORM.validate_json(fetch(_INDEX).read_bytes())
        for name in dict.fromkeys((*corpora, *(index if gone_too else ()))):
            was, now = index.get(name), corpora.get(name)
            delta = Delta()
            if not (was and now and was.fingerprint == now.fingerprint):
                delta = compare(fetch(was.manifest) if was else None, now.manifest if now else None)
            changes[name] = delta.model_copy(update={"since": str(last.info.run_name)})
    return changes


def _metrics(statistics: Mapping[str, Statistics], changes: Mapping[str, Delta]) -> dict[str, float]:
    metrics: dict[str, float] = {}
    for name, facts in statistics.items():
        counts = facts.model_dump(include={"utterances", "words", "vocabulary", "speakers", "sources"})
        counts |= {"hours": facts.hours, "words_per_minute": facts.words_per_minute}
        if facts.new_words:
            counts |= {"new_words": facts.new_words.vocabulary, "new_words_share": facts.new_words.share}
        metrics |= {f"data.{_plain(name)}.{key}": float(value) for key, value in counts.items()}
    for name, delta in changes.items():
        counts = delta.model_dump(include={"added", "removed", "changed", "hours_added", "hours_removed"})
        metrics |= {f"data.{_plain(name)}.{key}": float(value) for key, value in counts.items()}
    return metrics


def _plain(name: str) -> str:
    """The name of a corpus in names of metrics and artifacts: folders of guard sets are named by anybody."""
    return re.sub(r"[^\w.-]", "_", name.replace("/", "."))
