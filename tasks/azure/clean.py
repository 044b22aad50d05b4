"""Delete what the project made at the service and needs no more; safe to repeat, and to kill between any two calls."""

import logging
from datetime import UTC, datetime

from prefect import task
from pydantic import BaseModel, ConfigDict

from asr.azure.azure_error import InUse
from asr.azure.cleaning import KEPT_TESTS, Verdict, what_goes
from asr.azure.inventory import ENTITY, take_inventory
from asr.corpus.guards import guard_folders
from tasks.azure.registry_facts import registry_facts
from tasks.azure.service import custom_speech
from tasks.promotion_lock import one_promotion_at_a_time
from tasks.run_lock import one_run_at_a_time
from tasks.settings import Settings

log = logging.getLogger(__name__)


class Cleaned(BaseModel):
    """What was deleted, or would be, and what stays."""

    model_config = ConfigDict(frozen=True)

    project: str
    dry_run: bool
    deleted: tuple[Verdict, ...]
    """In a dry run: what would be."""
    kept: tuple[Verdict, ...]
    others: int
    """Things of the resource that the project did not make, and that nobody touches."""


def clean_azure(settings: Settings, dry_run: bool = False) -> Cleaned:
    """Delete everything that the project made and needs no more; a dry run only says what that is.

    Raises:
        UserError: a run is at work in this `data`, or a promotion is under way.
        AzureError: the service refused something else than because it is in use; what was deleted before stays deleted.
    """
    if dry_run:
        return _clean(settings, dry_run=True, everything=True)
    with one_run_at_a_time(settings):
        return _clean(settings, dry_run=False, everything=True)


@task(name="tidy up at Azure")
def tidy_azure(settings: Settings) -> None:
    """Delete what belongs to rejected and failed things, and batches that have ended; whatever fails is only told."""
    try:
        _clean(settings, dry_run=False, everything=False)
    except Exception as error:  # the run has decided; what stays behind is found by the next one
        log.warning("not everything could be tidied up at Azure: %s; `wergate azure clean` tries again", error)


def _clean(settings: Settings, *, dry_run: bool, everything: bool) -> Cleaned:
    with one_promotion_at_a_time(settings):  # so that nothing becomes champion that is about to go
        inventory = take_inventory(custom_speech(settings), settings.name)
        known = registry_facts(settings)
        found = what_goes(
            inventory,
            known,
            datetime.now(UTC),
            settings.azure.keep_models,
            keep_tests=_tests_kept(settings),
            everything=everything,
        )
        deleted, refused = (list(found.goes), []) if dry_run else _delete(settings, found.goes)
    return Cleaned(
        project=settings.name,
        dry_run=dry_run,
        deleted=tuple(deleted),
        kept=(*refused, *found.stays),
        others=sum(inventory.others.values()),
    )


def _tests_kept(settings: Settings) -> int:
    """How many testing datasets stay: those of a run and as many older ones, as one stays while others are renewed."""
    return max(KEPT_TESTS, 2 * (1 + len(guard_folders(settings.testing_data))))


def _delete(settings: Settings, goes: tuple[Verdict, ...]) -> tuple[list[Verdict], list[Verdict]]:
    """What was deleted, and what the service keeps because something uses it; what that uses is kept as well."""
    service = custom_speech(settings)
    deleted: list[Verdict] = []
    refused: list[Verdict] = []
    used: set[str] = set()
    for one in goes:
        item, reason = one.item, ""
        if item.id in used:
            reason = "something uses it that could not be deleted"
        else:
            try:
                service.delete(ENTITY[item.sort], item.id)
            except InUse as error:
                reason = f"the service keeps it: {error.message}"
        if reason:
            used |= set(item.uses)
            refused.append(Verdict(item=item, reason=reason))
            log.info("%s %s stays: %s", item.sort, item.name, reason)
        else:
            deleted.append(one)
            log.info("deleted %s %s: %s", item.sort, item.name, one.reason)
    return deleted, refused
