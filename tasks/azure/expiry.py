"""Look whether the models that people use expire soon, and tell those who can train anew."""

import logging
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event
from prefect.runtime import deployment

from asr.azure.custom_speech import quoted
from asr.azure.entities import ServiceBase
from asr.azure.expiry import Expiring, Watch, find_expiring
from asr.azure.inventory import take_inventory
from asr.azure.locales import find_locale
from asr.errors import UserError
from asr.scoring.markdown_text import markdown
from tasks.azure.registry_facts import registry_facts
from tasks.azure.service import custom_speech
from tasks.settings import Settings

log = logging.getLogger(__name__)

EVENT = "wergate.azure.model-expires"
"""The event in Prefect, one for each model that expires; automations listen to it."""


class RetrainingNeeded(UserError):
    """A model that people use expires soon; `watch` has the details."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch.asks)
        self.watch = watch


def is_watched(settings: Settings) -> bool:
    """Whether there is something to watch: a deployment is run every day, whatever its project trains with."""
    if settings.backend == "azure" or not deployment.id:
        return True
    log.info("backend is local: no model at Azure is watched")
    return False


@task(name="look when models expire")
def look_when_models_expire(settings: Settings) -> Watch:
    """The models on endpoints, and the champion, that expire within `azure.expiry_days`.

    Raises:
        AzureError: the service cannot be asked.
    """
    service, champion = custom_speech(settings), registry_facts(settings).champion
    inventory = take_inventory(service, settings.name, [champion] if champion else [])
    bases = service.all(ServiceBase, f"locale eq {quoted(find_locale(settings.language))}")
    azure = settings.azure
    return find_expiring(inventory, champion, bases, azure.expiry_days, datetime.now(UTC), azure.base_model)


def ask_for_retraining(settings: Settings, watch: Watch) -> None:
    """Show in Prefect what was found, and send an event for each model that expires."""
    create_markdown_artifact(watch_page(watch), key="azure-expiry", description="When models at Azure expire")
    for one in watch.expiring:
        emit_event(
            event=EVENT,
            resource={"prefect.resource.id": f"wergate.azure.model.{one.model}", "prefect.resource.name": one.name},
            payload={
                "project": settings.name,
                "where": one.where,
                "expires": one.expires.isoformat(),
                "days": one.days,
                "newer_base": watch.newer_base,
            },
        )


def watch_page(watch: Watch) -> str:
    """What a check has found, as Markdown."""
    if not watch.expiring:
        lines = ["# No model expires soon", "", f"Nothing that people use expires within {watch.days} days."]
    else:
        lines = ["# Models expire: train anew", "", f"{markdown(watch.asks, 2000)}.", ""]
        lines += [
            "| where | model | expires | days left |",
            "|---|---|---|--:|",
            *(_row(one) for one in watch.expiring),
        ]
    lines += [f"\nThe service does not say when the model of the {markdown(one)} expires." for one in watch.unknown]
    return "\n".join(lines) + "\n"


def _row(one: Expiring) -> str:
    return f"| {markdown(one.where)} | {markdown(one.name)} | {one.expires:%Y-%m-%d} | {one.days} |"
