"""One call from the first byte to the last: faults, quota, key, version, the contract, and then its handler."""

import asyncio
import hmac
import json
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from tests.azure_emulator.calls import Answer, Call
from tests.azure_emulator.errors import Refusal, invalid
from tests.azure_emulator.faults import Fault
from tests.azure_emulator.operations import Operation
from tests.azure_emulator.options import API_VERSION
from tests.azure_emulator.state import State

PROXY_PAGE = "<!DOCTYPE html><html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>"


async def serve(state: State, operation: Operation, request: Request) -> Response:
    """Answers a call of the management API."""

    async def answer() -> Response:
        call = await _call(request, operation)
        if isinstance(call, Refusal):
            return await run_in_threadpool(refused, state, operation.name, call)
        return await run_in_threadpool(_answered, state, operation, call, request.headers)

    return await with_faults(state, operation.name, request, answer)


async def with_faults(
    state: State, operation: str, request: Request, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """Answers, or lets something go wrong before or after."""
    within_quota = state.count_call(operation)
    fault = state.faults.for_call(operation)
    if fault is None and not within_quota:
        fault = Fault("throttle", seconds=10)
    response = await _instead(state, fault, request)
    if response is None:
        response = await answer()
        if fault and fault.kind == "drop_after":
            response = await _hang_up(request)
        if fault and fault.kind == "half" and response.media_type == "application/json":
            response = Response(
                bytes(response.body)[: len(response.body) // 2], response.status_code, media_type="application/json"
            )
    moment = datetime.now(UTC) + timedelta(hours=state.options.clock_off_hours)
    response.headers["Date"] = format_datetime(moment, usegmt=True)
    return response


async def _instead(state: State, fault: Fault | None, request: Request) -> Response | None:
    """What is answered in place of the answer."""
    if fault is None or fault.kind in ("drop_after", "half"):
        return None
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return None
    if fault.kind == "drop_before":
        return await _hang_up(request)
    if fault.kind == "throttle":
        error = Refusal("TooManyRequests", "Requests to the emulator have exceeded the limit of calls.")
        return _json(error.body, 429, {"Retry-After": str(int(fault.seconds))})
    if fault.kind == "html":
        status = 502 if fault.status == 500 else fault.status
        return Response(PROXY_PAGE, status, media_type="text/html")
    if fault.kind == "foreign":
        return _json({"error": {"code": str(fault.status), "message": "The gateway could not answer."}}, fault.status)
    code = "ServiceUnavailable" if fault.status == 503 else "InternalServerError"
    return _json(Refusal(code, fault.message or "The emulator was told to fail.").body, fault.status)


async def _hang_up(request: Request) -> Response:
    """Ends the connection with nothing sent."""
    transport = request.scope.get("transport")
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0)
    return Response(status_code=500)


async def _call(request: Request, operation: Operation) -> Call | Refusal:
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > operation.most_bytes:
            return invalid(f"The body has more than {operation.most_bytes - 1} bytes.")
    kind = request.headers.get("content-type", "")
    body = None
    if raw and operation.takes == "json":
        if kind.partition(";")[0].strip() not in ("application/json", "application/merge-patch+json"):
            return Refusal("UnsupportedMediaType", f"The body is {kind or 'of no type'} instead of application/json.")
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            return invalid("The body is not JSON.", "InvalidRequestBodyFormat")
    address = f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
    return Call(
        address,
        request.url.path,
        dict(request.query_params),
        id=request.path_params.get("id", ""),
        file_id=request.path_params.get("file_id", ""),
        body=body,
        raw=b"" if operation.takes == "json" else bytes(raw),
        content_type=kind,
    )


def _answered(state: State, operation: Operation, call: Call, headers: Any) -> Response:
    try:
        _check_key(state, headers)
        _check_version(call)
        _check_body(state, operation, call)
        lock: Any = state.store.lock if operation.locked else threading.Lock()
        with lock:
            answer = operation.handler(state, call)
    except Refusal as refusal:
        return refused(state, operation.name, refusal)
    return _checked(state, operation.name, answer)


def refused(state: State, operation: str, refusal: Refusal) -> Response:
    """The answer to a request that is refused."""
    return _checked(state, operation, Answer(refusal.body, refusal.status))


def _checked(state: State, operation: str, answer: Answer) -> Response:
    if state.contract:
        wrong = state.contract.wrong_answer(operation, answer.status, answer.headers, answer.body)
        if wrong:
            state.violated(f"answer of {operation}: {wrong}")
    if answer.body is None:
        return Response(status_code=answer.status, headers=dict(answer.headers))
    return _json(answer.body, answer.status, dict(answer.headers))


def _check_key(state: State, headers: Any) -> None:
    key = headers.get("ocp-apim-subscription-key")
    bearer = headers.get("authorization", "").partition("Bearer ")[2]
    given, wanted = (key, state.key) if key is not None else (bearer, state.options.token)
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Refusal("Unauthorized", "The request has no valid subscription key or token.")


def _check_version(call: Call) -> None:
    version = call.query.get("api-version")
    if version != API_VERSION:
        given = f"{version} is not supported" if version else "it is required"
        raise invalid(f"api-version: {given}; this emulator speaks {API_VERSION}.", "InvalidParameter", "api-version")


def _check_body(state: State, operation: Operation, call: Call) -> None:
    if operation.takes != "json" or not state.contract:
        return
    wrong = state.contract.wrong_request(operation.name, call.body)
    if wrong:
        state.violated(f"request of {operation.name}: {wrong}")
        raise invalid(f"The request is not as the contract says: {wrong}", "InvalidRequestBodyFormat")


def _json(body: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(content, status, headers, media_type="application/json")
