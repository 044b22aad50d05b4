"""One call of a client, and what it is answered."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.azure_emulator.errors import invalid
from tests.azure_emulator.options import API_VERSION

MOST_PROPERTIES, LONGEST_NAME, LONGEST_VALUE = 10, 64, 256
"""Of the custom properties of an entity."""
PROXY = "AZURE_EMULATOR_PROXY"
"""The address of a proxy through which the management API is asked; files and sound do not go through it."""
COMMON = ("description", "customProperties", "project")
"""What may be given with nearly everything."""


@dataclass(frozen=True)
class Call:
    """What was asked for."""

    address: str
    """The scheme and host that the client used; links in the answer go there too."""
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    file_id: str = ""
    body: Any = None
    raw: bytes = b""
    content_type: str = ""

    def link(self, path: str, query: str = "") -> str:
        """The address of something below `/speechtotext/`, with the version as the service writes it."""
        return f"{self.api}/speechtotext/{path}?api-version={API_VERSION}{query}"

    @property
    def api(self) -> str:
        """Where the next call goes: to a validating proxy in front of the emulator, if one is named, else here."""
        return os.environ.get(PROXY) or self.address

    def number(self, name: str) -> int | None:
        """A whole number from the query.

        Raises:
            Refusal: it is none.
        """
        text = self.query.get(name)
        if text is None:
            return None
        if not text.lstrip("-").isdecimal() or len(text) > 10:
            raise invalid(f"{name} must be a whole number.", target=name)
        return int(text)


@dataclass(frozen=True)
class Answer:
    """What it is answered with."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def taken(body: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """What an entity takes over from the body that asks for it.

    Raises:
        Refusal: something required is missing or empty, or the custom properties are too many or too long.
    """
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.", "InvalidRequestBodyFormat")
    for name in required:
        if not body.get(name):
            raise invalid(f"{name} is required.", "InvalidRequestBodyFormat", name)
    _check_custom_properties(body.get("customProperties", {}))
    return {name: body[name] for name in (*required, *optional) if name in body}


def changed(body: Any, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a PATCH changes; null removes, as in a merge patch (RFC 7396).

    Raises:
        Refusal: it would change what cannot be changed, or to what is not allowed.
    """
    known = ("displayName", *COMMON, *names)
    changes = taken(body, (), known)
    if unknown := set(body) - set(known):
        raise invalid(f"{', '.join(sorted(unknown))} cannot be changed.", "InvalidRequestBodyFormat")
    if "displayName" in changes and not changes["displayName"]:
        raise invalid("displayName must not be empty.", target="displayName")
    return changes


def apply(body: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Merges changes into a body."""
    for name, value in changes.items():
        if value is None:
            body.pop(name, None)
        elif isinstance(value, dict) and isinstance(body.get(name), dict):
            apply(body[name], value)
        else:
            body[name] = value


def _check_custom_properties(properties: Any) -> None:
    if properties is None:
        return
    if not isinstance(properties, dict) or len(properties) > MOST_PROPERTIES:
        raise invalid(f"At most {MOST_PROPERTIES} custom properties are allowed.", target="customProperties")
    for name, value in properties.items():
        if len(name) > LONGEST_NAME or len(str(value)) > LONGEST_VALUE:
            raise invalid(
                f"A custom property has at most {LONGEST_NAME} characters in its key and {LONGEST_VALUE} in its value.",
                target="customProperties",
            )
