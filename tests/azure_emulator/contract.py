"""Holds every body against the OpenAPI file of the service, more strictly than OpenAPI does.

A property that the definitions do not know is a mistake here, and so is a read-only one in a request: both are what a
misspelt or misplaced field looks like. Swagger 2.0: https://swagger.io/specification/v2/
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from jsonschema import Draft4Validator, FormatChecker  # type: ignore[import-untyped]
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

_INT32, _INT64 = 2**31, 2**63


class Contract:
    """The definitions of the service, ready to judge bodies by the name of an operation."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        self._operations = {
            operation["operationId"]: operation
            for methods in document["paths"].values()
            for operation in methods.values()
        }
        definitions = document["definitions"]
        self._answers = _Judge({name: _closed(name, definitions, asked=False) for name in definitions})
        self._requests = _Judge({name: _closed(name, definitions, asked=True) for name in definitions})

    def wrong_request(self, operation: str, body: Any) -> str | None:
        """What is wrong with a JSON body that was sent, in one line; nothing if it is right."""
        for parameter in self._operations[operation].get("parameters", ()):
            if parameter.get("in") == "body" and parameter["schema"].get("format") != "binary":
                return self._requests.wrong(parameter["schema"], body)
        return None

    def wrong_answer(self, operation: str, status: int, headers: Mapping[str, str], body: Any) -> str | None:
        """What is wrong with an answer, in one line; nothing if it is right."""
        responses = self._operations[operation]["responses"]
        response = responses.get(str(status))
        if response is None:
            if 200 <= status < 400:
                return f"{operation}: the contract knows no answer {status}"
            response = responses["default"]
        if "Location" in response.get("headers", {}) and "location" not in {name.lower() for name in headers}:
            return f"{operation}: an answer {status} needs the header Location"
        if "schema" not in response:
            return None if body is None else f"{operation}: an answer {status} has no body"
        return self._answers.wrong(response["schema"], body)

    def wrong(self, definition: str, body: Any) -> str | None:
        """What is wrong with something as one of the definitions, in one line."""
        return self._answers.wrong({"$ref": f"#/definitions/{definition}"}, body)


class _Judge:
    """Judges bodies by schemas that refer to the same definitions."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._validators: dict[str, Draft4Validator] = {}

    def wrong(self, schema: Mapping[str, Any], body: Any) -> str | None:
        """What is wrong with a body, in one line."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:  # to make one takes much longer than to use it
            whole = {**schema, "definitions": self._definitions}
            self._validators[key] = Draft4Validator(whole, format_checker=_FORMATS)
        worst = best_match(self._validators[key].iter_errors(body))
        if worst is None:
            return None
        where = "/".join(map(str, worst.absolute_path)) or "the body"
        return f"{where}: {worst.message[:300]}"


def _closed(name: str, definitions: Mapping[str, Any], asked: bool) -> dict[str, Any]:
    """A definition with the properties of those it extends, and no others."""
    definition = definitions[name]
    properties = _properties(name, definitions)
    if not properties:
        return dict(definition)
    closed = {key: value for key, value in definition.items() if key not in ("allOf", "properties")}
    if asked:
        properties = {key: value for key, value in properties.items() if not value.get("readOnly")}
    return {**closed, "type": "object", "properties": properties, "additionalProperties": False}


def _properties(name: str, definitions: Mapping[str, Any]) -> dict[str, Any]:
    definition = definitions[name]
    parents = [part["$ref"].rpartition("/")[2] for part in definition.get("allOf", ())]
    inherited = {key: value for parent in parents for key, value in _properties(parent, definitions).items()}
    return {**inherited, **definition.get("properties", {})}


@cache
def contract_at(path: Path) -> Contract:
    """The contract of a file, read once."""
    return Contract(path)


def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) and not re.search(r"\s", value)


def _is_uuid(value: object) -> bool:
    try:
        return not isinstance(value, str) or bool(UUID(value))
    except ValueError:
        return False


def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -_INT32 <= value < _INT32


def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -_INT64 <= value < _INT64


_FORMATS = FormatChecker(formats=())
for _name, _check in {
    "date-time": _is_date_time,
    "uri": _is_uri,
    "uuid": _is_uuid,
    "int32": _is_int32,
    "int64": _is_int64,
}.items():
    _FORMATS.checks(_name)(_check)
