"""The files of entities, and their content behind links that are a permission for a while."""

import hmac
import time
from dataclasses import dataclass
from pathlib import Path

from tests.azure_emulator.calls import Answer, Call
from tests.azure_emulator.errors import not_found
from tests.azure_emulator.links import retry_after, show_file
from tests.azure_emulator.lists import answer_list
from tests.azure_emulator.plain_entities import Handler
from tests.azure_emulator.state import State


@dataclass(frozen=True)
class Content:
    """A file that may be read."""

    path: Path
    name: str


def listing_files(kind: str) -> Handler:
    """List the files of an entity."""

    def list_files(state: State, call: Call) -> Answer:
        entity = state.store.get(kind, call.id)
        if entity is None:
            raise not_found(kind[:-1])
        answer = answer_list("files", [show_file(file, entity, state, call) for file in entity.files], call)
        return Answer(answer.body, headers=retry_after(entity, state))

    return list_files


def getting_file(kind: str) -> Handler:
    """Get one file of an entity."""

    def get_file(state: State, call: Call) -> Answer:
        entity = state.store.get(kind, call.id)
        file = next((file for file in entity.files if file.id == call.file_id), None) if entity else None
        if entity is None or file is None:
            raise not_found("file")
        return Answer(show_file(file, entity, state, call))

    return get_file


def find_content(state: State, file_id: str, expires: str, signature: str) -> Content | None:
    """The content behind a link, if its signature is right and it has not expired."""
    right = hmac.compare_digest(signature.encode(), state.signature(file_id, expires).encode())
    if not right or not expires.isdecimal() or int(expires) < time.time():
        return None
    file = state.store.find_file(file_id)
    return Content(state.store.content(file.id), file.name) if file else None
