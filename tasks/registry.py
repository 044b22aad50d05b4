"""The model registry: every model that was ever champion or challenger, under three aliases that move.

`champion` is released now, `previous` was before it, `challenger` is the newest candidate that is not champion.
"""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from pydantic import BaseModel, ConfigDict

from asr.azure.azure_model import is_azure_model, read_azure_model
from asr.errors import ModelError
from asr.models.checkpoint import find_checkpoint, fingerprint
from tasks.environment import tracking_uri, without_passwords
from tasks.promotion_log import Entry, note, read_log
from tasks.settings import Settings
from tasks.tracking import client, experiment_id

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion as Version

    from asr.scoring.evaluation import Evaluation
    from tasks.run_record import Record
    from tasks.search import Package

log = logging.getLogger(__name__)

CHAMPION, PREVIOUS, CHALLENGER = "champion", "previous", "challenger"

CANDIDATE = "wergate.candidate"
"""Tag of a run: the version that it registered."""
COMPARED_WITH = "wergate.compared_with"
"""Tag of a run: the version that its candidate has to beat."""

AZURE = "azure:"
"""Before the id of a model of the service, where people name a model."""

_FINGERPRINT = "wergate.fingerprint"
BASE_TAG = "wergate.base"
WER_TAG = "wergate.wer"
TESTING_TAG = "wergate.testing"
AZURE_MODEL_TAG = "wergate.azure.model"
OUTCOME_TAG = "wergate.outcome"
RELEASED_TAG = "wergate.released"
DECIDED_BY_TAG = "wergate.decided_by"


class Registered(BaseModel):
    """A model version with its files at hand."""

    model_config = ConfigDict(frozen=True)

    version: int
    name: str
    """How reports call it: `champion v2`."""
    directory: Path
    fingerprint: str
    run_id: str = ""
    """The MLflow run that made it; empty for a base."""
    base: str = ""
    """The base that it was trained from, as the settings named it."""


@task(name="find model")
def find_model(settings: Settings, model: str) -> "Registered":
    """The model that a user names: `champion`, `embedded`, a directory, a Hub id, or `azure:ID` at the service.

    Raises:
        ModelError: there is no such model.
    """
    if model == CHAMPION:
        if (found := champion(settings)) is None:
            raise ModelError(f"{model}: no model is released yet; `wergate run` releases one")
        return found
    if model.startswith(AZURE):
        from tasks.azure.service_models import find_azure_model

        directory = find_azure_model(settings, model.removeprefix(AZURE))
        return Registered(version=0, name=model, directory=directory, fingerprint=fingerprint(directory))
    directory = find_checkpoint(model, settings.base_revision if model == settings.base else "")
    return Registered(version=0, name=model, directory=directory, fingerprint=fingerprint(directory))


@task(name="register candidate")
def register_candidate(settings: Settings, run: "Record", package: "Package", evaluation: "Evaluation") -> "Registered":
    """Register a trained model with its search, and point `challenger` at it, unless it is champion already."""
    candidate = register(
        settings, package.directory, package.fingerprint,
        base=base_name(settings, package.directory), outcome="candidate", run_id=run.id,
        wer=evaluation.wer, testing=evaluation.corpus_fingerprint[:8],
    )  # fmt: skip
    client(settings).set_tag(run.id, CANDIDATE, str(candidate.version))
    if not is_champion(settings, candidate):
        move_alias(settings, CHALLENGER, candidate.version)
    return candidate


def champion(settings: Settings) -> Registered | None:
    """The version that `champion` points at, if any, with its files."""
    number = alias_number(settings, CHAMPION)
    return None if number is None else registered(settings, number)


def is_champion(settings: Settings, model: Registered) -> bool:
    """Whether `champion` points at this version now."""
    return alias_number(settings, CHAMPION) == model.version


def crown_base(settings: Settings, base: Path) -> Registered:
    """Register the base and make it champion: it is what people would use without Wergate.

    Raises:
        ModelError: somebody has taken the alias `champion` away from a model that was promoted.
    """
    if moved := [entry for entry in read_log(settings) if entry.what in ("promoted", "rolled back")]:
        raise ModelError(
            f"{settings.name}: no version is champion, though v{moved[-1].version} was; bring one back: wergate "
            f"rollback --to {moved[-1].version} --by NAME --reason TEXT"
        )
    name = base_name(settings, base)
    version = register(settings, base, fingerprint(base), base=name, outcome="base")
    note(
        settings,
        Entry(
            id=f"first-v{version.version}",
            at=datetime.now(UTC),
            what="first",
            version=version.version,
            by="wergate",
            reason=f"There was no champion: {name} is what people would use.",
        ),
    )
    move_alias(settings, CHAMPION, version.version)
    log.info("first run: %s is registered as %s version %d, the champion", name, settings.name, version.version)
    return version


def base_name(settings: Settings, directory: Path) -> str:
    """How the base of a model is called: as the settings name it, or `azure:ID`."""
    if not is_azure_model(directory):
        return settings.base
    model = read_azure_model(directory)
    return f"{AZURE}{model.base or model.id}"


def register(
    settings: Settings,
    directory: Path,
    content: str,
    *,
    base: str,
    outcome: str,
    run_id: str = "",
    wer: float | None = None,
    testing: str = "",
) -> Registered:
    """Register a model directory; a model that is registered already keeps its version."""
    mlflow = client(settings)
    known = [version for version in versions(settings) if version.tags.get(_FINGERPRINT) == content]
    if known:
        return registered(settings, int(known[0].version))
    if not mlflow.search_registered_models(f"name = '{settings.name}'"):
        mlflow.create_registered_model(settings.name)
    logged = mlflow.create_logged_model(experiment_id(settings), name="model", source_run_id=run_id or None)
    mlflow.log_model_artifacts(logged.model_id, str(directory))
    mlflow.finalize_logged_model(logged.model_id, "READY")
    tags = {_FINGERPRINT: content, BASE_TAG: base, OUTCOME_TAG: outcome}
    if wer is not None:
        tags |= {WER_TAG: str(wer), TESTING_TAG: testing}
    if is_azure_model(directory):
        tags[AZURE_MODEL_TAG] = read_azure_model(directory).id
    # All tags at once: a version without its fingerprint would be registered a second time.
    version = mlflow.create_model_version(
        settings.name, logged.artifact_location, run_id=run_id or None, tags=tags, model_id=logged.model_id
    )
    return registered(settings, int(version.version))


def tag_version(settings: Settings, version: int, tags: dict[str, str]) -> None:
    """Note something about a version: `outcome`, `wer`, `released` …; one that was deleted by hand needs no notes."""
    from mlflow.exceptions import MlflowException

    for name, value in tags.items():
        try:
            client(settings).set_model_version_tag(settings.name, str(version), f"wergate.{name}", value)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            log.warning("%s v%d is not in the registry any more", settings.name, version)
            return


def move_alias(settings: Settings, alias: str, version: int | None) -> None:
    """Point an alias at a version, or at nothing."""
    if version is None:
        client(settings).delete_registered_model_alias(settings.name, alias)
    else:
        client(settings).set_registered_model_alias(settings.name, alias, str(version))


def version_by_alias(settings: Settings, alias: str) -> "Version | None":
    """The version an alias points at, if any."""
    from mlflow.exceptions import MlflowException

    try:
        return client(settings).get_model_version_by_alias(settings.name, alias)
    except MlflowException as error:
        if error.error_code in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"):  # no such alias, no such model
            return None
        raise


def versions(settings: Settings) -> "list[Version]":
    """All versions, newest first."""
    found = client(settings).search_model_versions(f"name = '{settings.name}'")
    return sorted(found, key=lambda version: -int(version.version))


def was_released(version: "Version") -> bool:
    """Whether a version has ever been champion."""
    return version.tags.get(OUTCOME_TAG) == "base" or RELEASED_TAG in version.tags


def alias_number(settings: Settings, alias: str) -> int | None:
    """The number of the version that an alias points at, if any; its files need not be at hand."""
    version = version_by_alias(settings, alias)
    return int(version.version) if version else None


def fingerprint_of(settings: Settings, number: int) -> str:
    """The fingerprint that a version was registered with.

    Raises:
        ModelError: there is no such version.
    """
    return str(_version(settings, number).tags.get(_FINGERPRINT, ""))


def registered(settings: Settings, number: int) -> Registered:
    """A version with its files at hand.

    Raises:
        ModelError: there is no such version, or its files are not in the store.
    """
    version = _version(settings, number)
    return Registered(
        version=number,
        name=f"{settings.name} v{number}",
        directory=_files(settings, version),
        fingerprint=version.tags.get(_FINGERPRINT, ""),
        run_id=version.run_id or "",
        base=version.tags.get(BASE_TAG, ""),
    )


def _version(settings: Settings, number: int) -> "Version":
    from mlflow.exceptions import MlflowException

    try:
        return client(settings).get_model_version(settings.name, str(number))
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            raise ModelError(f"{settings.name} v{number}: the registry has no such version any more") from error
        raise


def _files(settings: Settings, version: "Version") -> Path:
    """The version's files: where the store keeps them when that is this machine, else a copy below `data`.

    Raises:
        ModelError: they are not in the store.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    uri = f"models:/{settings.name}/{version.version}"
    store = tracking_uri(settings)
    content = version.tags.get(_FINGERPRINT, "")
    try:
        if store.startswith("sqlite:"):
            return Path(download_artifacts(uri, tracking_uri=store))
        # Its fingerprint is in the name: another server may count its versions from one again.
        copy = settings.data / "models" / f"{settings.name}-v{version.version}-{content[:8]}"
        if not copy.is_dir():
            aside = copy.with_name(f".{copy.name}.part")
            aside.mkdir(parents=True, exist_ok=True)
            files = Path(download_artifacts(uri, dst_path=str(aside), tracking_uri=store))
            if fingerprint(files) != content:  # a server that has lost them sends an empty folder
                raise FileNotFoundError("they are not what was registered")
            files.rename(copy)
        return copy
    except (OSError, MlflowException) as error:
        reason = without_passwords(" ".join(str(error).split()))
        raise ModelError(
            f"{settings.name} v{version.version}: its files cannot be fetched from the MLflow store ({reason}); "
            "put them back, or make another version champion: wergate rollback --to VERSION --by NAME --reason TEXT"
        ) from error
