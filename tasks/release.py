"""Promote and release: one guarded step that is either done, or as if it had never begun."""

import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

from prefect import task

from asr.corpus.utterance import Corpus
from asr.errors import UserError
from asr.releases.directory import current, stage, switch
from asr.releases.smoke_test import smoke_test
from asr.scoring.evaluation import Evaluation
from tasks.registry import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    Registered,
    champion,
    move_alias,
    tag_version,
    version_by_alias,
)
from tasks.settings import Settings

log = logging.getLogger(__name__)


@task(name="release the champion")
def ensure_released(settings: Settings) -> None:
    """Put the champion where people use it, unless it is there already (first run, or a kill between two steps)."""
    releases = settings.data / "releases"
    live = champion(settings)
    if live and current(releases) != (releases / release_name(live)).resolve():
        stage(live.directory, releases, release_name(live), release_facts(live))
        switch(releases, release_name(live))


@task(name="promote and release")
def promote(
    settings: Settings, candidate: Registered, beaten: Registered, evaluation: Evaluation, corpus: Corpus
) -> Path | None:
    """Release the candidate that beat a champion; `None` when another champion was released meanwhile.

    Staged, smoke-tested, then the aliases and the pointer move. A failure puts both back; after a kill the next call
    finishes what is left.

    Raises:
        UserError: the staged release does not write what the candidate wrote; the old champion stays.
    """
    releases = settings.data / "releases"
    name = release_name(candidate)
    facts = release_facts(candidate) | {"wer": evaluation.wer, "replaces": beaten.version}
    staged = stage(candidate.directory, releases, name, facts)
    try:
        smoke_test(staged, corpus, evaluation, language=settings.language)
    except Exception:
        shutil.rmtree(staged, ignore_errors=True)  # the next run copies it anew
        raise

    now = champion(settings)
    if now is not None and now.version not in (beaten.version, candidate.version):
        log.warning("%s v%d was released meanwhile; comparing with it instead", settings.name, now.version)
        return None
    live, previous = current(releases), version_by_alias(settings, PREVIOUS)
    try:
        move_alias(settings, PREVIOUS, beaten.version)
        move_alias(settings, CHAMPION, candidate.version)
        switch(releases, name)
    except BaseException as error:
        move_alias(settings, CHAMPION, beaten.version)
        move_alias(settings, PREVIOUS, int(previous.version) if previous else None)
        if live is not None:
            switch(releases, live.name)
        if not isinstance(error, Exception):  # Ctrl-C
            raise
        raise UserError(f"{staged}: the release failed and {beaten.name} is live again: {error}") from error
    move_alias(settings, CHALLENGER, None)
    tag_version(settings, candidate.version, {"outcome": "promoted", "released": str(facts["released"])})
    log.info("released %s to %s; it replaces %s", candidate.name, releases / "current", beaten.name)
    return staged


def release_name(model: Registered) -> str:
    """The folder of a release: its version and the start of its fingerprint."""
    return f"v{model.version}-{model.fingerprint[:8]}"


def release_facts(model: Registered) -> dict[str, object]:
    """What `release.json` says of a release."""
    return {
        "model": model.name,
        "version": model.version,
        "fingerprint": model.fingerprint,
        "mlflow_run_id": model.run_id,
        "released": datetime.now(UTC).isoformat(timespec="seconds"),
    }
