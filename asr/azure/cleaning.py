"""What may be deleted at the service: rules over what is there and what the registry knows; nothing is deleted here.

Only what the project made is looked at. What is not settled stays, and so does what anything uses that stays.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from asr.azure.age import by_age
from asr.azure.inventory import Inventory, Item, Sort
from asr.azure.marks import TESTING, is_training

KEPT_TESTS = 10
"""Newest testing datasets that stay where it is not known how many a run uses: each uses them again."""
FORGOTTEN = timedelta(days=30)
"""After which a training dataset of a run that nobody knows is waste."""
STILL_READ = timedelta(hours=48)
"""For so long the result of a batch may still be read, unless its run is known to have ended; the service keeps it no
longer."""

DELETED_FIRST: tuple[Sort, ...] = ("transcription", "evaluation", "endpoint", "model", "dataset")
"""The order of deletion: what uses something goes before it."""


class Known(BaseModel):
    """What the registry and the records of the runs know."""

    model_config = ConfigDict(frozen=True)

    champion: str = ""
    """The id of the model that is released now, custom or base; empty when it is none of the service."""
    in_use: dict[str, str] = {}
    """Why a model must stay, by its id: `champion`, `previous`, `waits for a person` …"""
    challenger: str = ""
    """The id of the newest candidate that is not champion; empty when there is none."""
    promoted: tuple[str, ...] = ()
    """Ids of the models that were ever released, the last release first."""
    rejected: frozenset[str] = frozenset()
    """Ids of models that the gate or a person has rejected here, and that were never released here."""
    registered: frozenset[str] = frozenset()
    finished: frozenset[str] = frozenset()
    """Runs that have decided something, or that are so old that nobody goes on with them."""
    unfinished: frozenset[str] = frozenset()
    """Runs that are at work, or that were killed and may be gone on with."""
    uploading: bool = False
    """Whether a run that has begun lately has not ended: it may be about to train on data that another has made."""


class Verdict(BaseModel):
    """One thing, and why it goes or stays."""

    model_config = ConfigDict(frozen=True)

    item: Item
    reason: str


class Cleaning(BaseModel):
    """What goes and what stays."""

    model_config = ConfigDict(frozen=True)

    goes: tuple[Verdict, ...]
    """In the order of deletion."""
    stays: tuple[Verdict, ...]


def what_goes(
    inventory: Inventory,
    known: Known,
    now: datetime,
    keep_models: int,
    *,
    keep_tests: int = KEPT_TESTS,
    everything: bool = True,
) -> Cleaning:
    """Sort what the project made into what goes and what stays, each with its reason.

    Without `everything`, only what was rejected or has failed goes, with what belongs to it, and batches that have
    ended.
    """
    going = {one.id: reason for one in inventory.items if one.is_settled and (reason := _of_batch(one, known, now))}
    going |= {one.id: reason for one in inventory.of("endpoint") if (reason := _of_endpoint(one)) and everything}
    staying = _staying_models(inventory, known, going)
    there = {one.id for one in inventory.of("model")}
    known = known.model_copy(update={"promoted": tuple(id for id in known.promoted if id in there)})
    for model in inventory.of("model"):
        reason = _of_model(model, known, now, keep_models, everything)
        if reason and model.id not in staying and model.is_settled:
            going[model.id] = reason
        else:
            staying.setdefault(model.id, _why_model_stays(model, known))
    used = _used_datasets(inventory, going)
    old_tests = _older_tests(inventory, keep_tests) if everything else {}
    for dataset in inventory.of("dataset"):
        reason = _of_dataset(dataset, known, now, old_tests, everything)
        if reason and dataset.id not in used and dataset.is_settled:
            going[dataset.id] = reason
    reasons = used | staying
    return Cleaning(
        goes=tuple(
            Verdict(item=one, reason=going[one.id])
            for sort in DELETED_FIRST
            for one in inventory.of(sort)
            if one.id in going
        ),
        stays=tuple(
            Verdict(item=one, reason=_unsettled(one) or reasons.get(one.id) or _why_stays(one))
            for one in inventory.items
            if one.id not in going
        ),
    )


def _of_batch(one: Item, known: Known, now: datetime) -> str:
    if one.sort not in ("transcription", "evaluation"):
        return ""
    is_young = one.changed is None or now - one.changed < STILL_READ
    if one.status == "Succeeded" and is_young and one.run not in known.finished:
        return ""  # its run may still read it; another MLflow store may know which that is
    return "it has failed" if one.status == "Failed" else "it has ended, and its result is kept here"


def _of_endpoint(one: Item) -> str:
    return "it has failed, and never had a release" if one.status == "Failed" and not one.was_used else ""


def _staying_models(inventory: Inventory, known: Known, going: Mapping[str, str]) -> dict[str, str]:
    """Why models stay, whatever the rules say, by their ids."""
    staying = dict.fromkeys(inventory.used_by_others, "something that this project did not make uses it")
    for one in inventory.items:
        if one.id not in going and one.sort != "model":
            staying |= dict.fromkeys(one.uses, f"the {one.sort} {one.name} uses it")
    return staying | known.in_use


def _of_model(model: Item, known: Known, now: datetime, keep: int, everything: bool) -> str:
    if model.status == "Failed":
        return "its training has failed"
    if everything and model.expires and model.expires <= now:
        return f"it has expired on {model.expires:%Y-%m-%d}, and nothing uses it"
    if model.run not in known.finished:
        return ""  # whoever made it may still want it, whatever is thought of it here
    if model.id in known.rejected:
        return "it was rejected"
    if not everything:
        return ""
    if model.id in known.promoted:
        place = known.promoted.index(model.id) + 1
        return f"{keep} models were released after it, and nothing uses it" if place > keep else ""
    if model.id == known.challenger:
        return ""
    if model.id in known.registered:
        return "it was never released, and there is a newer candidate"
    return "its run has ended without it"


def _why_model_stays(model: Item, known: Known) -> str:
    if model.id in known.promoted:
        return "one of the newest that were released"
    if model.run in known.unfinished:
        rejected = "it was rejected, but " if model.id in known.rejected else ""
        return f"{rejected}its run has not ended"
    if model.id == known.challenger and model.id not in known.rejected:
        return "challenger"
    return "" if model.run in known.finished else "its run is not in this MLflow store"


def _used_datasets(inventory: Inventory, going: Mapping[str, str]) -> dict[str, str]:
    """Why datasets stay, by their ids: something uses them that stays."""
    used = dict.fromkeys(inventory.used_by_others, "something that this project did not make uses it")
    for one in inventory.items:
        if one.id not in going:
            used |= dict.fromkeys(one.uses, f"the {one.sort} {one.name} uses it")
    return used


def _older_tests(inventory: Inventory, keep: int) -> dict[str, str]:
    """Why testing datasets may go, by their ids: all but the newest."""
    tests = sorted(filter(_is_test, inventory.of("dataset")), key=lambda one: by_age(one.created, one.id))
    return dict.fromkeys([one.id for one in tests[:-keep]], f"there are {keep} newer ones to test on")


def _of_dataset(one: Item, known: Known, now: datetime, old_tests: Mapping[str, str], everything: bool) -> str:
    if one.status == "Failed":
        return "its import has failed"
    if one.run in known.unfinished:
        return ""
    if _is_test(one):
        return old_tests.get(one.id, "")
    if not is_training(one.role) or known.uploading:
        return ""
    if one.run in known.finished:
        return "no model that stays was trained on it, and its run has ended"
    is_old = one.created is not None and now - one.created > FORGOTTEN
    return f"no model that stays was trained on it for {FORGOTTEN.days} days" if everything and is_old else ""


def _is_test(one: Item) -> bool:
    return one.role == TESTING


def _unsettled(one: Item) -> str:
    return "" if one.is_settled or one.sort == "project" else f"it is {one.status or 'without a status'}"


def _why_stays(one: Item) -> str:
    match one.sort:
        case "endpoint":
            return "endpoints stay: people may call it"
        case "project":
            return "the Studio shows in it what there is"
        case "dataset":
            return "one of the newest to test on" if _is_test(one) else "a run may still train on it"
        case "model":
            return "nobody has decided about it"
        case _:
            return "its result may still be read"
