"""What the project has at the service now, what it belongs to, and what is not as it should be."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from asr.azure.azure_model import INSTEAD
from asr.azure.custom_speech import quoted
from asr.azure.endpoint_place import is_untried
from asr.azure.entities import Endpoint, ServiceBase
from asr.azure.expiry import Watch, find_expiring
from asr.azure.inventory import Inventory, take_inventory
from tasks.azure.registry_facts import model_names, registry_facts
from tasks.azure.service import custom_speech
from tasks.settings import Settings

_UPLOADING = timedelta(days=1)
"""For so long a dataset may wait for the rest of its upload before that is remarked on."""


class AzureStatus(BaseModel):
    """What `wergate azure status` shows."""

    model_config = ConfigDict(frozen=True)

    inventory: Inventory
    champion: str
    """The id of the model that is released now; empty when it is none of the service."""
    names: dict[str, str]
    """How the registry calls models, by their ids."""
    watch: Watch
    remarks: tuple[str, ...]
    """What is not as it should be, each with what to do."""


def look_at_azure(settings: Settings) -> AzureStatus:
    """Everything that the project has at the service; nothing is changed.

    Raises:
        AzureError: the service cannot be asked.
        SettingsError: the settings name no resource.
    """
    service, champion, now = custom_speech(settings), registry_facts(settings).champion, datetime.now(UTC)
    inventory = take_inventory(service, settings.name, [champion] if champion else [])
    locales = {one.locale for one in inventory.of("model")} | {one.locale for one in inventory.bases}
    bases = [one for locale in sorted(locales) for one in service.all(ServiceBase, f"locale eq {quoted(locale)}")]
    untried = {one.id for one in service.all(Endpoint) if is_untried(one)} if inventory.of("endpoint") else set()
    names = model_names(settings)
    return AzureStatus(
        inventory=inventory,
        champion=champion,
        names=names,
        watch=find_expiring(inventory, champion, bases, settings.azure.expiry_days, now, settings.azure.base_model),
        remarks=tuple(_remarks(inventory, champion, untried, names, now)),
    )


def _remarks(
    inventory: Inventory, champion: str, untried: Collection[str], names: dict[str, str], now: datetime
) -> Iterator[str]:
    there = {one.id for one in inventory.of("model")} | {one.id for one in inventory.bases}
    if champion and champion not in there:
        yield f"the model of the champion, {champion}, is not at this resource; if it was deleted there, {INSTEAD}"
    for one in inventory.of("endpoint"):
        where = f"the endpoint of {one.locale}"
        model = one.uses[0] if one.uses else ""
        named = names.get(model) or f"the model {inventory.name_of(model)}"
        if one.status == "Failed":
            yield f"{where} has failed ({one.why or 'the service does not say why'}); run again, or look in the Studio"
        elif one.was_used and one.id in untried:
            yield f"{where} has {named}, which was never tried there; `wergate run` puts that right"
        elif one.was_used and not champion:
            yield (
                f"{where} has {named}, is charged, and no model of Azure is the champion; if nobody uses it any more, "
                "delete it in the Studio"
            )
        elif model and champion and model != champion:
            yield (
                f"{where} has {named}, and {names.get(champion, champion)} is the champion; `wergate run` puts "
                "that right"
            )
        elif not one.was_used:
            yield f"{where} was never tried, and is charged; `wergate run` goes on with the release, or deletes it"
    for one in inventory.of("dataset"):
        if one.status == "NotStarted" and one.created and now - one.created > _UPLOADING:
            when = f"{one.created:%Y-%m-%d}"
            yield f"the upload of {one.name} was interrupted on {when}; run again, or delete it in the Studio"
