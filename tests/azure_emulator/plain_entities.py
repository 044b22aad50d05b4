"""What is done alike to all kinds of entities: get, list, change the names, delete; and projects, which can no more."""

from collections.abc import Callable

from tests.azure_emulator.calls import Answer, Call, apply, changed, taken
from tests.azure_emulator.datasets import check_project
from tests.azure_emulator.errors import in_use, not_found
from tests.azure_emulator.links import answer_created, answer_shown, retry_after, show
from tests.azure_emulator.lists import answer_list
from tests.azure_emulator.state import State

Handler = Callable[[State, Call], Answer]
"""Answers a call."""


def getting(kind: str) -> Handler:
    """Get one."""

    def get(state: State, call: Call) -> Answer:
        entity = state.store.get(kind, call.id)
        if entity is None:
            raise not_found(kind[:-1])
        return answer_shown(entity, state, call)

    return get


def listing(kind: str) -> Handler:
    """List all."""

    def list_all(state: State, call: Call) -> Answer:
        entities = state.store.all(kind)
        answer = answer_list(kind, [show(entity, call) for entity in entities], call)
        waiting = next((retry_after(entity, state) for entity in entities if entity.busy), {})
        return Answer(answer.body, headers=waiting)

    return list_all


def updating(kind: str, names: tuple[str, ...] = ()) -> Handler:
    """Change the display name, the description, the project, the custom properties, and `names`."""

    def update(state: State, call: Call) -> Answer:
        entity = state.store.get(kind, call.id)
        if entity is None:
            raise not_found(kind[:-1])
        changes = changed(call.body, names)
        check_project(state, changes)
        apply(entity.body, changes)
        state.store.save(entity)
        return answer_shown(entity, state, call)

    return update


def deleting(kind: str) -> Handler:
    """Delete one; that it is not there is no error. Assumption: not while a job is at work on it."""

    def delete(state: State, call: Call) -> Answer:
        entity = state.store.get(kind, call.id)
        if entity is not None:
            if entity.busy:
                raise in_use(f"The {kind[:-1]} is {entity.status}.")
            state.store.remove(entity)
        return Answer(status=204)

    return delete


def create_project(state: State, call: Call) -> Answer:
    """Projects_Create."""
    body = taken(call.body, ("displayName", "locale"), ("description", "customProperties", "foundryProjectName"))
    return answer_created(state.store.add("projects", body), call)


def listing_of_project(kind: str) -> Handler:
    """List what belongs to a project."""

    def list_part(state: State, call: Call) -> Answer:
        if state.store.get("projects", call.id) is None:
            raise not_found("project")
        own = call.link(f"projects/{call.id}").partition("?")[0].partition("/speechtotext/")[2]
        bodies = [
            show(entity, call)
            for entity in state.store.all(kind)
            if own in str(entity.body.get("project", {}).get("self")).partition("?")[0]
        ]
        return answer_list(kind, bodies, call)

    return list_part
