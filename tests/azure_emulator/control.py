"""The emulator's own routes, for tests and people on this machine: what there is, what shall go wrong, begin anew."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from tests.azure_emulator.base_models import base_models
from tests.azure_emulator.errors import Refusal, invalid, not_found
from tests.azure_emulator.faults import fault_from
from tests.azure_emulator.state import State
from tests.azure_emulator.store import written

MOST_BYTES = 1024**2


def add_control(app: FastAPI, state: State) -> None:
    """The routes below `/emulator/`; they need no key and answer this machine only."""

    @app.get("/emulator/counts", response_model=None)
    async def counts(request: Request) -> Response:
        return await _controlled(request, lambda body: state.counts())

    @app.post("/emulator/faults", response_model=None)
    async def faults(request: Request) -> Response:
        return await _controlled(request, lambda body: order_faults(state, body))

    @app.post("/emulator/expire", response_model=None)
    async def expire(request: Request) -> Response:
        return await _controlled(request, lambda body: expire_model(state, body))

    @app.post("/emulator/reset", response_model=None)
    async def reset(request: Request) -> Response:
        return await _controlled(request, lambda body: reset_all(state))


def order_faults(state: State, body: Any) -> dict[str, Any]:
    """Faults that shall happen: one, a list of them, `{"chaos": {"seed": 1, "rate": 0.2}}`, or `{"clear": true}`."""
    if isinstance(body, dict) and body.get("clear"):
        state.faults.clear()
        return {}
    if isinstance(body, dict) and isinstance(chaos := body.get("chaos"), dict):
        seed, rate = chaos.get("seed", 0), chaos.get("rate", 0.0)
        if not isinstance(seed, int) or not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
            raise invalid("chaos has a whole number as its seed, and a rate from 0 to 1.")
        state.faults.chaos(seed, rate)
        return {}
    for fault in [fault_from(wanted) for wanted in (body if isinstance(body, list) else [body])]:
        state.faults.add(fault)
    return {}


def expire_model(state: State, body: Any) -> dict[str, Any]:
    """`{"model": id, "days": 30}`: a base or custom model can be used that many days more; negative: past."""
    id, days = (body.get("model"), body.get("days")) if isinstance(body, dict) else (None, None)
    if not isinstance(days, (int, float)) or not -36_500 <= days <= 36_500:
        raise invalid("days must be a number of days.")
    custom = state.store.get("models", str(id))
    model = custom.body if custom else state.base_models.get(str(id))
    if model is None:
        raise not_found("model")
    dates = model["properties"]["deprecationDates"]
    for name in dates:
        dates[name] = written(datetime.now(UTC) + timedelta(days=days))
    if custom:
        state.store.save(custom)
    return {}


def reset_all(state: State) -> dict[str, Any]:
    """Everything that was made is gone, nothing was counted, nothing goes wrong."""
    state.faults.clear()
    state.faults.happened.clear()
    state.store.clear()
    state.base_models = base_models()
    state.calls.clear()
    state.violations.clear()
    state.violation_count = 0
    return {}


async def _controlled(request: Request, control: Callable[[Any], dict[str, Any]]) -> Response:
    try:
        if not request.client or not ip_address(request.client.host).is_loopback:
            raise Refusal("Forbidden", "The emulator is controlled from this machine only.")
        content = await request.body()
        if len(content) > MOST_BYTES:
            raise invalid("The body is too large.")
        try:
            body = json.loads(content) if content else {}
        except (ValueError, RecursionError):
            raise invalid("The body is not JSON.") from None
        return JSONResponse(await run_in_threadpool(control, body))
    except Refusal as refusal:
        return JSONResponse(refusal.body, refusal.status)
