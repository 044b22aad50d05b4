"""What the registry and the records of the runs know of models at the service, for those who tidy up there."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from asr.azure.cleaning import Known
from tasks.promotion_journal import begun
from tasks.registry import (
    AZURE_MODEL_TAG,
    CANDIDATE,
    CHALLENGER,
    CHAMPION,
    COMPARED_WITH,
    OUTCOME_TAG,
    PREVIOUS,
    RELEASED_TAG,
    alias_number,
    versions,
    was_released,
)
from tasks.settings import Settings
from tasks.tracking import KEY, OUTCOME, client, experiment_id
from tasks.waiting import AWAITING

if TYPE_CHECKING:
    from mlflow.entities import Run

_GIVEN_UP = timedelta(days=90)
"""After which nobody goes on with a run that has not ended; the service itself keeps no training that long."""
_UPLOADING = timedelta(days=1)
"""For so long after it began a run may still be looking for data to train on."""


def registry_facts(settings: Settings) -> Known:
    """Which models are in use, promoted or rejected, and which runs have ended.

    Raises:
        UserError: the MLflow server does not answer.
    """
    all_versions, runs = versions(settings), _runs(settings)
    model = {int(one.version): one.tags[AZURE_MODEL_TAG] for one in all_versions if AZURE_MODEL_TAG in one.tags}
    unfinished = [run for run in runs if OUTCOME not in run.data.tags and _age(run) <= _GIVEN_UP]
    in_use: dict[int, str] = {}
    for run in unfinished:
        in_use |= dict.fromkeys(_versions_of(run), f"the run {run.info.run_id[:8]} has not ended")
    for run in runs:
        if run.data.tags.get(OUTCOME) == AWAITING:
            in_use |= dict.fromkeys(_versions_of(run), "a person is asked about it")
    if move := begun(settings):
        in_use |= {one: "it is being released" for one in (move.version, move.replaces, move.previous) if one}
    for alias in (PREVIOUS, CHAMPION):
        if number := alias_number(settings, alias):
            in_use[number] = alias
    champion = alias_number(settings, CHAMPION)
    released = sorted(
        (one for one in all_versions if was_released(one)), key=lambda one: one.tags.get(RELEASED_TAG, ""), reverse=True
    )
    rejected = [one for one in all_versions if one.tags.get(OUTCOME_TAG) == "rejected" and not was_released(one)]
    return Known(
        champion=model.get(champion or 0, ""),
        in_use={model[number]: reason for number, reason in in_use.items() if number in model},
        challenger=model.get(alias_number(settings, CHALLENGER) or 0, ""),
        promoted=tuple(model[number] for one in released if (number := int(one.version)) in model),
        rejected=frozenset(model[number] for one in rejected if (number := int(one.version)) in model),
        registered=frozenset(model.values()),
        finished=frozenset(str(run.info.run_id) for run in runs) - {str(run.info.run_id) for run in unfinished},
        unfinished=frozenset(str(run.info.run_id) for run in unfinished),
        uploading=any(_age(run) <= _UPLOADING for run in unfinished),
    )


def model_names(settings: Settings) -> dict[str, str]:
    """How the registry calls models of the service, by their ids: `v3 champion`."""
    names = {}
    aliases = {alias_number(settings, alias): alias for alias in (CHALLENGER, PREVIOUS, CHAMPION)}
    for one in versions(settings):
        if id := one.tags.get(AZURE_MODEL_TAG):
            said = aliases.get(int(one.version)) or one.tags.get(OUTCOME_TAG, "")
            names[id] = f"v{one.version} {said}".rstrip()
    return names


def _versions_of(run: "Run") -> list[int]:
    """The version that a run has registered, and the one that it compares with."""
    tags = run.data.tags
    return [int(tags[name]) for name in (CANDIDATE, COMPARED_WITH) if tags.get(name, "").isdecimal()]


def _age(run: "Run") -> timedelta:
    return datetime.now(UTC) - datetime.fromtimestamp(run.info.start_time / 1000, UTC)


def _runs(settings: Settings) -> "list[Run]":
    """All runs of the loop."""
    found: list[Run] = []
    page: str | None = None
    while True:
        some = client(settings).search_runs(
            [experiment_id(settings)], f"tags.`{KEY}` LIKE '%'", max_results=1000, page_token=page
        )
        found += some
        page = some.token
        if not page:
            return found
