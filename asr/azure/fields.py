"""What is sent of an entity: what people may set, in the spelling of the service."""

from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from asr.azure.entities import Entity

_READ_ONLY = {"self_url", "created_date_time", "last_action_date_time", "status", "links"}
_READ_ONLY |= {"transcription1", "transcription2"}
_MAY_BE_SET = {
    "profanityFilterMode",
    "punctuationMode",
    "timeToLiveHours",
    "wordLevelTimestampsEnabled",
}
"""Properties that are asked for; the others tell what the service found."""


def as_request(entity: Entity) -> dict[str, Any]:
    """The body that asks for an entity, without what only the service fills in."""
    body = entity.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_READ_ONLY)
    properties = {name: value for name, value in body.pop("properties", {}).items() if name in _MAY_BE_SET}
    if properties:
        body["properties"] = properties
    if not body.get("customProperties"):
        body.pop("customProperties", None)
    return body


def as_change(fields: dict[str, Any]) -> dict[str, Any]:
    """The body that changes these fields (JSON merge patch, RFC 7396), named in snake case."""
    return {to_camel(name): _plain(value) for name, value in fields.items()}


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True) if isinstance(value, BaseModel) else value
