"""The web application: the management API, the content of files, the emulator's own control, and the speech socket."""

from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.azure_emulator.control import add_control
from tests.azure_emulator.errors import Refusal
from tests.azure_emulator.files import find_content
from tests.azure_emulator.operations import OPERATIONS, Operation
from tests.azure_emulator.serving import serve, with_faults
from tests.azure_emulator.state import State


class Connections:
    """Gives each call its connection, so that it can be cut: ASGI has no way to do that. The outermost application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on."""
        # uvicorn's `receive` belongs to the object that holds the connection.
        scope["transport"] = getattr(getattr(receive, "__self__", None), "transport", None)
        await self._app(scope, receive, send)


def build_app(state: State) -> FastAPI:
    """The application of an emulator."""
    app = FastAPI(title="Emulator of Azure Custom Speech", openapi_url=None)
    for operation in OPERATIONS:
        _add(app, state, operation)
    _add_files(app, state)
    add_control(app, state)
    if find_spec("tests.azure_emulator.speech_socket"):
        from tests.azure_emulator.speech_socket import add_speech_socket

        add_speech_socket(app, state)

    @app.exception_handler(404)
    @app.exception_handler(405)
    async def unknown(request: Request, error: Any) -> Response:
        refusal = Refusal("NotFound", f"There is no {request.method} {request.url.path} in this emulator.")
        return JSONResponse(refusal.body, error.status_code)

    return app


def _add(app: FastAPI, state: State, operation: Operation) -> None:
    async def answer(request: Request) -> Response:
        return await serve(state, operation, request)

    app.add_api_route(f"/speechtotext{operation.path}", answer, methods=[operation.method], response_model=None)


def _add_files(app: FastAPI, state: State) -> None:
    @app.get("/emulator/files/{file_id}/{name}", response_model=None)
    async def content(request: Request, file_id: str, se: str = "", sig: str = "") -> Response:
        async def answer() -> Response:
            found = find_content(state, file_id, se, sig)
            if found is None:
                # As blob storage answers, which knows nothing of the Error of the contract.
                page = '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code></Error>'
                return Response(page, 403, media_type="application/xml")
            # Bytes, whatever the name says: nothing here is meant for a browser.
            return FileResponse(found.path, media_type="application/octet-stream", filename=found.name)

        return await with_faults(state, "Files_GetContent", request, answer)
