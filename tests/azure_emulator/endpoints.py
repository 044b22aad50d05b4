"""Endpoints: where a model is hosted, and where another model takes its place under the same id.

Assumptions: the former model answers until the change has succeeded, and goes on answering if it fails; while a change
is going on no other is taken.
"""

from typing import Any

from tests.azure_emulator.calls import COMMON, Answer, Call, apply, changed, taken
from tests.azure_emulator.datasets import check_project
from tests.azure_emulator.errors import Refusal, in_use, invalid, not_found
from tests.azure_emulator.jobs import Finish, Work
from tests.azure_emulator.links import answer_created, answer_shown
from tests.azure_emulator.models import usable_model
from tests.azure_emulator.state import State
from tests.azure_emulator.store import Entity

MOST = {"F0": 1, "S0": 50}


def create_endpoint(state: State, call: Call) -> Answer:
    """Endpoints_Create."""
    body = taken(call.body, ("displayName", "locale"), (*COMMON, "model", "properties"))
    check_project(state, body)
    _check_logging(body.get("properties", {}).get("loggingEnabled"))
    _check_model(state, body, str(body["locale"]))
    most = state.options.most_endpoints
    most = MOST[state.options.tier] if most is None else most
    if len(state.store.all("endpoints")) >= most:
        raise Refusal("Forbidden", f"The resource hosts {most} endpoints, as many as it may.", "QuotaViolation")
    endpoint = state.store.add("endpoints", body)
    state.jobs.start(endpoint, deployment_of(endpoint))
    return answer_created(endpoint, call)


def update_endpoint(state: State, call: Call) -> Answer:
    """Endpoints_Update."""
    endpoint = _endpoint_at(state, call)
    changes = changed(call.body, ("model", "properties"))
    # What logs is called otherwise here than when an endpoint is made; both names are in the contract.
    _check_logging((changes.pop("properties", None) or {}).get("contentLoggingEnabled"))
    check_project(state, changes)
    if "model" in changes:
        if endpoint.busy:
            raise Refusal("Conflict", "The endpoint is being deployed.", "EndpointNotUpdatable")
        _check_model(state, changes, str(endpoint.body["locale"]))
    apply(endpoint.body, changes)
    if "model" in changes:
        endpoint.enter("Running")
        state.jobs.start(endpoint, deployment_of(endpoint))
    state.store.save(endpoint)
    return answer_shown(endpoint, state, call)


def delete_endpoint(state: State, call: Call) -> Answer:
    """Endpoints_Delete. For an absent one the contract does not promise 204."""
    endpoint = _endpoint_at(state, call)
    if endpoint.busy:
        raise in_use("The endpoint is being deployed.")
    state.store.remove(endpoint)
    return Answer(status=204)


def deployment_of(endpoint: Entity) -> Work:
    """The work of hosting its model."""

    def work() -> Finish:
        model = dict(endpoint.body["model"])  # a later change must not change what is hosted
        return lambda: endpoint.hidden.update(live=model)

    return work


def _endpoint_at(state: State, call: Call) -> Entity:
    endpoint = state.store.get("endpoints", call.id)
    if endpoint is None:
        raise not_found("endpoint")
    return endpoint


def _check_model(state: State, body: dict[str, Any], locale: str) -> None:
    if not body.get("model"):
        raise invalid("An endpoint needs a model.", "InvalidModel", "model")
    status = state.model(body["model"]).body["status"]
    if status == "Failed":
        raise invalid("The model has failed and cannot be deployed.", "DeployingFailedModel", "model")
    if status != "Succeeded":
        raise invalid(f"The model is {status} and cannot be deployed.", "ModelNotDeployable", "model")
    if not usable_model(state, body["model"], locale).features.get("supportsEndpoints"):
        raise invalid("The model does not support endpoints.", "ModelNotDeployable", "model")


def _check_logging(wanted: Any) -> None:
    if wanted:
        raise invalid("Logging needs a resource with storage of its own.", "EndpointLoggingNotSupported")
