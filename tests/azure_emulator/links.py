"""Entities as a client sees them: with their own address, their links, and when to ask again."""

import math
import time
from typing import Any
from urllib.parse import quote, urlsplit

from tests.azure_emulator.calls import Answer, Call
from tests.azure_emulator.options import API_VERSION
from tests.azure_emulator.state import State
from tests.azure_emulator.store import Entity, StoredFile

SAS_MINUTES = 720
"""How long a link to a file can be read unless the client asks otherwise."""
PROJECT_PARTS = ("evaluations", "datasets", "models", "endpoints", "transcriptions")


def show(entity: Entity, call: Call) -> dict[str, Any]:
    """The body of an entity."""
    path = f"{entity.kind}/{entity.id}"
    links = _links(entity, call, path)
    return {"self": call.link(path), **entity.body, **({"links": links} if links else {})}


def show_base(id: str, body: dict[str, Any], call: Call) -> dict[str, Any]:
    """The body of a base model."""
    path = f"models/base/{id}"
    return {"self": call.link(path), **body, "links": {"manifest": call.link(f"{path}/manifest")}}


def show_file(file: StoredFile, entity: Entity, state: State, call: Call) -> dict[str, Any]:
    """A file of an entity, with a link that carries the permission to read it, for a while."""
    minutes = call.number("sasLifetimeMinutes") or SAS_MINUTES
    expires = str(int(time.time() + 60 * minutes))
    signature = state.signature(file.id, expires)
    content = f"{call.address}/emulator/files/{file.id}/{quote(file.name, safe='')}?se={expires}&sig={signature}"
    return {
        "self": call.link(f"{entity.kind}/{entity.id}/files/{file.id}"),
        "name": file.name,
        "kind": file.kind,
        "links": {"contentUrl": content},
        "properties": {"size": file.size, "durationMilliseconds": file.duration_milliseconds},
        "createdDateTime": file.created,
    }


def answer_created(entity: Entity, call: Call) -> Answer:
    """201 with where it is."""
    body = show(entity, call)
    return Answer(body, 201, {"Location": str(body["self"])})


def answer_shown(entity: Entity, state: State, call: Call) -> Answer:
    """200, and when to ask again if there is something to wait for."""
    return Answer(show(entity, call), headers=retry_after(entity, state))


def retry_after(entity: Entity, state: State) -> dict[str, str]:
    """The header of an entity that a job has not finished yet. Typical values are not documented."""
    return {"Retry-After": str(math.floor(state.options.pace))} if entity.busy else {}


def _links(entity: Entity, call: Call, path: str) -> dict[str, str]:
    if entity.kind == "datasets":
        if "contentUrl" in entity.body:
            return {"files": call.link(f"{path}/files")}
        # The example of the contract has the query in the middle as well; whoever trusts these links gets 404.
        broken = f"{call.link(path)}/{{}}?api-version={API_VERSION}"
        parts = {"files": "files", "commitBlocks": "blocks:commit", "listBlocks": "blocks", "uploadBlocks": "blocks"}
        return {name: broken.format(part) for name, part in parts.items()}
    if entity.kind == "models":
        return {
            "manifest": call.link(f"{path}/manifest"),
            "copy": call.link(f"{path}:copy"),
            "files": call.link(f"{path}/files"),
        }
    if entity.kind == "endpoints":
        host = urlsplit(call.address).netloc
        return {"webSocket": f"ws://{host}/stt/speech/universal/v2?cid={entity.id}"}
    if entity.kind == "projects":
        return {part: call.link(f"{path}/{part}") for part in PROJECT_PARTS}
    if entity.kind == "webhooks":
        return {"test": call.link(f"{path}:test"), "ping": call.link(f"{path}:ping")}
    return {"files": call.link(f"{path}/files")}
