"""The endpoint of a locale as a place for releases: made once, then its model changes and its address stays.

A base model needs no endpoint: as long as there is none, nothing is hosted and nothing is charged.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from asr.azure.azure_error import AzureError
from asr.azure.azure_model import read_azure_model
from asr.azure.custom_speech import CustomSpeech, quoted
from asr.azure.entities import Endpoint
from asr.azure.marks import RELEASE, TRIED, Maker, read_mark

log = logging.getLogger(__name__)

ROLE = "endpoint"
_YES = "yes"


@dataclass(frozen=True)
class EndpointPlace:
    """The endpoint of a project and a locale; `patience` is in seconds."""

    service: CustomSpeech
    maker: Maker
    locale: str
    patience: float

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
        """
        model, endpoint = read_azure_model(folder), self.find()
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
            UserError: `test` was not passed.
        """
        model = read_azure_model(folder)
        target = model.look_up(self.service)
        endpoint = self.find()
        if model.is_base and (endpoint is None or not _was_used(endpoint)):
            if endpoint:
                self.service.delete(Endpoint, endpoint.id)
                log.info("%s was deleted: it never had a release", self.name)
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
                    custom_properties=self.maker.mark(ROLE, self.locale) | {RELEASE: release},
                )
            )
            log.info("%s is made; hosting it is charged from now on", self.name)
        elif endpoint.model is None or endpoint.model.id != target.id or endpoint.status == "Failed":
            self.service.wait(Endpoint, endpoint.id, deadline=self.patience)  # a change under way has to end first
            kept = {TRIED: "before"} if _was_used(endpoint) else {}
            properties = _without(endpoint.custom_properties, RELEASE, TRIED) | {RELEASE: release} | kept
            self.service.change(Endpoint, endpoint.id, model=target.reference, custom_properties=properties)
        log.info("wait for %s", self.name)
        endpoint = self.service.wait(Endpoint, endpoint.id, deadline=self.patience)
        if endpoint.status != "Succeeded" or endpoint.model is None or endpoint.model.id != target.id:
            raise AzureError(
                message=f"{self.name}: it could not host the model ({endpoint.why or 'the service does not say why'})",
                mend="run again, or look at the endpoint in the Speech Studio",
            )
        test(folder)
        properties = _without(endpoint.custom_properties, RELEASE, TRIED) | {RELEASE: release, TRIED: _YES}
        self.service.change(Endpoint, endpoint.id, custom_properties=properties)

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
        return min(found, key=lambda one: (one.created_date_time is None, one.created_date_time, one.id), default=None)


def _was_used(endpoint: Endpoint) -> bool:
    """Whether people may call it: a release has passed its test there."""
    return TRIED in endpoint.custom_properties


def _without(properties: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in properties.items() if name not in names}
