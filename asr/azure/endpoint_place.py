"""The endpoint of a locale as a place for releases: made once, then its model changes and its address stays.

A base model needs no endpoint: as long as there is none, nothing is hosted and nothing is charged.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from asr.azure.age import by_age
from asr.azure.azure_error import AzureError, InUse, NotThere, TimedOut
from asr.azure.azure_model import read_azure_model
from asr.azure.custom_speech import CustomSpeech, quoted
from asr.azure.entities import CustomModel, Endpoint, Entity, Reference, ServiceBase
from asr.azure.marks import BEFORE, REGISTRY, RELEASE, TRIED, Maker, read_mark
from asr.errors import UserError

log = logging.getLogger(__name__)

ROLE = "endpoint"
LONGEST_DEPLOYMENT = 7200.0
"""Seconds to wait for a deployment; one that takes longer does not end."""
_YES = "yes"


@dataclass(frozen=True)
class EndpointPlace:
    """The endpoint of a project and a locale; `patience` is in seconds."""

    service: CustomSpeech
    maker: Maker
    locale: str
    patience: float
    registry: str = ""
    """Which registry releases here; empty for those who only look."""

    @property
    def name(self) -> str:
        """How people call it."""
        return f"the Azure endpoint of {self.locale}"

    def has(self, folder: Path) -> bool:
        """Whether the endpoint answers with the model of a release, and was tried with it; a base needs no endpoint.

        It does not when somebody has given it another model in the Studio, or when a change of it was interrupted.

        Raises:
            ModelError: the folder names no model of the service.
            AzureError: the service cannot be asked.
            UserError: another registry has released there.
        """
        model, endpoint = read_azure_model(folder), self._find_ours()
        if endpoint is None:
            return model.is_base
        if endpoint.status != "Succeeded" or endpoint.model is None or endpoint.model.id != model.id:
            return False
        found = endpoint.custom_properties
        return found.get(RELEASE) == f"{folder.name} {model.id}" and found.get(TRIED) == _YES

    def release(self, folder: Path, test: Callable[[Path], None]) -> None:
        """Let the endpoint answer with the model of a release, and try it there with `test`.

        The endpoint is made for the first model that was trained. One that never had a release that passed its test is
        deleted when a base model is released: nobody uses it, and it costs.

        Raises:
            ModelError: the service has the model no more.
            AzureError: the service refused it, or could not host it.
            UserError: `test` was not passed, or another registry has released there.
        """
        model = read_azure_model(folder)
        target = model.look_up(self.service)
        endpoint = self._find_ours()
        if model.is_base and (endpoint is None or not _was_used(endpoint)):
            if endpoint:
                self._delete(endpoint)
            return
        release = f"{folder.name} {target.id}"
        if endpoint and endpoint.status == "Failed" and not _was_used(endpoint):
            self.service.delete(Endpoint, endpoint.id)
            endpoint = None
        if endpoint is None:
            endpoint = self.service.create(
                Endpoint(
                    display_name=self.maker.name(ROLE, self.locale),
                    locale=self.locale,
                    project=self.maker.studio,
                    model=target.reference,
                    custom_properties=self.maker.mark(ROLE, self.locale) | self._marked({}, {RELEASE: release}),
                )
            )
            log.info("%s is made; hosting it is charged from now on", self.name)
        elif endpoint.model is None or endpoint.model.id != target.id or endpoint.status == "Failed":
            self._wait(endpoint)  # a change under way has to end first
            properties = self._marked(endpoint.custom_properties, {RELEASE: release} | _kept(endpoint))
            self.service.change(Endpoint, endpoint.id, model=target.reference, custom_properties=properties)
        log.info("wait for %s", self.name)
        endpoint = self._wait(endpoint)
        if endpoint.status != "Succeeded" or endpoint.model is None or endpoint.model.id != target.id:
            raise AzureError(
                message=f"{self.name}: it could not host the model ({endpoint.why or 'the service does not say why'})",
                mend="run again, or look at the endpoint in the Speech Studio",
            )
        test(folder)
        properties = self._marked(endpoint.custom_properties, {RELEASE: release, TRIED: _YES})
        self.service.change(Endpoint, endpoint.id, custom_properties=properties)

    def undo(self) -> None:
        """Take back a release that did not pass its test: the endpoint gets the model that it had, or is deleted.

        It is deleted when it never had another release. An endpoint that is being worked on stays as it is, with a
        warning; that of another registry too.

        Raises:
            AzureError: the service cannot be asked, or refused it.
        """
        endpoint = self.find()
        if endpoint is None or not is_untried(endpoint) or self._is_of_another(endpoint):
            return
        if not _was_used(endpoint):
            self._delete(endpoint)
            return
        before = endpoint.custom_properties.get(BEFORE, "")
        reference = self._reference(before.rpartition(" ")[2])
        if reference is None:
            log.warning("%s keeps a release that was never tried: the model before it is gone", self.name)
            return
        properties = self._marked(endpoint.custom_properties, {RELEASE: before, TRIED: _YES})
        try:
            self.service.change(Endpoint, endpoint.id, model=reference, custom_properties=properties)
        except InUse as error:
            log.warning("%s is not put back yet, `wergate run` does it: %s", self.name, error)
            return
        log.info("%s gets back %s", self.name, before)

    def find(self) -> Endpoint | None:
        """The endpoint, if there is one: the oldest that the project has made for the locale.

        Raises:
            AzureError: the service cannot be asked.
        """
        name = self.maker.name(ROLE, self.locale)
        found = [
            one
            for one in self.service.all(Endpoint, f"displayName eq {quoted(name)}")
            if (mark := read_mark(one)) and mark.project == self.maker.project and one.locale == self.locale
        ]
        return min(found, key=lambda one: by_age(one.created_date_time, one.id), default=None)

    def _find_ours(self) -> Endpoint | None:
        endpoint = self.find()
        if endpoint and _was_used(endpoint) and self._is_of_another(endpoint):
            raise UserError(
                f"{self.name} ({endpoint.id}) has the releases of another MLflow store; set mlflow_tracking_uri to "
                "that store, or give this project another `name`; to take its place, delete it in the Speech Studio"
            )
        return endpoint

    def _is_of_another(self, endpoint: Endpoint) -> bool:
        found = endpoint.custom_properties.get(REGISTRY)
        return bool(self.registry and found and found != self.registry)

    def _marked(self, properties: dict[str, str], marks: dict[str, str]) -> dict[str, str]:
        """The custom properties with other marks of a release; a change takes none away."""
        return properties | marks | ({REGISTRY: self.registry} if self.registry else {})

    def _reference(self, id: str) -> Reference | None:
        """The model of this id, trained or base; None when it is gone."""
        kinds: tuple[type[Entity], ...] = (CustomModel, ServiceBase) if id else ()
        for kind in kinds:
            try:
                return self.service.get(kind, id).reference
            except NotThere:
                continue
        return None

    def _delete(self, endpoint: Endpoint) -> None:
        """Delete what nobody uses; while the service is at work on it, it stays."""
        try:
            self.service.delete(Endpoint, endpoint.id)
        except InUse as error:
            log.warning("%s, which nobody uses, is not deleted yet, `wergate run` does it: %s", self.name, error)
        else:
            log.info("%s was deleted: it never had a release", self.name)

    def _wait(self, endpoint: Endpoint) -> Endpoint:
        try:
            return self.service.wait(Endpoint, endpoint.id, deadline=min(self.patience, LONGEST_DEPLOYMENT))
        except TimedOut as error:
            mend = "run again later: it goes on from there; if it never ends, delete the endpoint in the Speech Studio"
            raise TimedOut(
                error.message, doing=error.doing, mend=mend
            ) from error  # waited for again, nothing else moves


def is_untried(endpoint: Endpoint) -> bool:
    """Whether it has a release that has not passed its test there."""
    return RELEASE in endpoint.custom_properties and endpoint.custom_properties.get(TRIED) != _YES


def _was_used(endpoint: Endpoint) -> bool:
    """Whether people may call it: a release has passed its test there."""
    return TRIED in endpoint.custom_properties


def _kept(endpoint: Endpoint) -> dict[str, str]:
    """What an endpoint is to remember of its last release that was tried, when it gets another."""
    if not _was_used(endpoint):
        return {}
    before = endpoint.custom_properties.get(BEFORE if is_untried(endpoint) else RELEASE, "")
    return {TRIED: "before"} | ({BEFORE: before} if before else {})
