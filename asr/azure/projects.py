"""The project in the Speech Studio that all of ours is in, so that people can look at it; nothing depends on it."""

import logging

from asr.azure.azure_error import NotThere
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Project, Reference
from asr.azure.marks import Maker, made

log = logging.getLogger(__name__)

ROLE = "project"


def studio_project(service: CustomSpeech, maker: Maker, locale: str) -> Reference | None:
    """The project of a locale, made unless it is there; None where the version of the interface knows no projects.

    Raises:
        AzureError: the service refused it.
    """
    try:
        found = next(made(service, Project, maker, ROLE, locale), None)
        return (
            found
            or service.create(
                Project(
                    display_name=maker.name(ROLE, locale),
                    locale=locale,
                    description="Made by Wergate; what is in it can be cleaned up by `wergate azure clean`.",
                    custom_properties=maker.mark(ROLE, locale),
                )
            )
        ).reference
    except NotThere:  # version 2024-11-15 has none
        log.debug("this version of the interface knows no projects")
        return None
