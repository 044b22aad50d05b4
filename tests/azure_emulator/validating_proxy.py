"""Everything between a client and the emulator through Prism, an OpenAPI validator that knows nothing of either.

Prism (npm: @stoplight/prism-cli) reads bodies as text, so that the blocks of an upload cannot pass through it unharmed:
they go to the emulator as they are, and the same request with a body of text goes to a Prism that answers by itself.
"""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.azure_emulator.options import CONTRACT

PRISM = "@stoplight/prism-cli@5"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_START = 60.0
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "host"}


class NoPrism(Exception):
    """It cannot be installed here."""


@dataclass
class Proxied:
    """What went through."""

    address: str
    calls: int = 0
    violations: list[str] = field(default_factory=list)


def install_prism(folder: Path) -> Path:
    """The command of Prism, installed into `folder` by npm.

    Raises:
        NoPrism: there is no npm, or no registry.
    """
    command = folder / "node_modules" / ".bin" / "prism"
    if command.is_file():
        return command
    npm = shutil.which("npm")
    if npm is None:
        raise NoPrism("npm is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), PRISM]
    done = subprocess.run(install, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode or not command.is_file():
        raise NoPrism((done.stderr.strip().splitlines() or ["npm failed"])[-1])
    return command


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def validating_proxy(prism: Path, emulator: str, port: int, folder: Path) -> Iterator[Proxied]:
    """A proxy on `port` that lets through to the emulator what fits the contract, and notes what does not."""
    contract = folder / "contract.json"
    contract.write_text(json.dumps(_without_examples(json.loads(CONTRACT.read_text(encoding="utf-8")))))
    proxied = Proxied(f"http://127.0.0.1:{port}")
    with ExitStack() as stack:
        through = stack.enter_context(
            _prism([str(prism), "proxy", str(contract), emulator, "--errors"], folder, "through")
        )
        alone = stack.enter_context(_prism([str(prism), "mock", str(contract), "--errors"], folder, "alone"))
        client = stack.enter_context(httpx2.Client(timeout=120))
        forward = _forward(proxied, client, through, alone, emulator)
        app = Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)])
        stack.enter_context(_served(app, port))
        yield proxied


def _forward(proxied: Proxied, client: httpx2.Client, through: str, alone: str, emulator: str) -> Any:
    def forward(request: Request, body: bytes) -> Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        proxied.calls += 1

        def ask(address: str, content: bytes) -> httpx2.Response:
            return client.request(request.method, address + path, headers=headers, content=content)

        if request.method == "PUT" and request.url.path.endswith("/blocks"):
            judged, answer = ask(alone, b"text"), ask(emulator, body)
        else:
            judged = answer = ask(through, body)
        if b"stoplight.io/prism/errors" in judged.content or "sl-violations" in judged.headers:
            said = judged.headers.get("sl-violations", "") or judged.text
            proxied.violations.append(f"{request.method} {path}: {said[:2000]}")
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
        return Response(answer.content, answer.status_code, kept)

    async def endpoint(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        return await run_in_threadpool(forward, request, await request.body())

    return endpoint


def _without_examples(value: Any) -> Any:
    """The contract without examples, which lie in files that are not there, and with `/speechtotext` in its paths."""
    if isinstance(value, dict):
        kept = {name: _without_examples(part) for name, part in value.items() if name != "x-ms-examples"}
        if "swagger" in kept:
            kept["paths"] = {f"/speechtotext{path}": part for path, part in kept["paths"].items()}
            kept |= {"host": "127.0.0.1", "schemes": ["http"]}
        return kept
    return [_without_examples(part) for part in value] if isinstance(value, list) else value


@contextmanager
def _prism(command: list[str], folder: Path, name: str) -> Iterator[str]:
    port = free_port()
    with (folder / f"prism-{name}.txt").open("w") as log:
        process = subprocess.Popen([*command, "--port", str(port)], stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise NoPrism("Prism does not start")


@contextmanager
def _served(app: Starlette, port: int) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
