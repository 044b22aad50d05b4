"""Starts the emulator: in a thread of this process, or as a process of its own."""

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from tests.azure_emulator.app import Connections, build_app
from tests.azure_emulator.operations import resume
from tests.azure_emulator.options import Options
from tests.azure_emulator.recognizer import Recognizer, ScriptedRecognizer
from tests.azure_emulator.state import State
from tests.azure_emulator.webhooks import tell_webhooks

START_SECONDS = 120.0
"""How long a start may take; a recognizer may have to learn again."""
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class RunningEmulator:
    """An emulator that answers."""

    address: str
    key: str
    state: State

    def counts(self) -> dict[str, Any]:
        """What there is and ever was, by kind; calls by operation; faults; violations of the contract."""
        return self.state.counts()


@contextmanager
def running_emulator(
    *, folder: Path | None = None, recognizer: Recognizer | None = None, port: int = 0, **options: Any
) -> Iterator[RunningEmulator]:
    """An emulator in a thread of this process, on a free port unless one is given.

    `options` are the fields of Options. With a `folder` what it holds is still there the next time.
    """
    with tempfile.TemporaryDirectory(prefix="azure-emulator-") as spare:
        state = State(Options(**options), folder or Path(spare), recognizer or ScriptedRecognizer())
        state.jobs.on_change = lambda entity, event: tell_webhooks(state, entity, event)
        resume(state)
        server = _server(state)
        listening = _listen(port)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True, name="azure-emulator")
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            while not server.started:
                if not thread.is_alive():
                    raise RuntimeError("the emulator did not start")
                time.sleep(0.005)
            yield RunningEmulator(address, state.key, state)
        finally:
            state.jobs.stop()
            server.should_exit = server.force_exit = True
            thread.join(10)
            listening.close()


def serve_forever(state: State, port: int, address_known: Any) -> None:
    """Serves in this thread until it is interrupted; tells `address_known` the address before."""
    state.jobs.on_change = lambda entity, event: tell_webhooks(state, entity, event)
    resume(state)
    listening = _listen(port)
    address_known(f"http://127.0.0.1:{listening.getsockname()[1]}")
    try:
        _server(state).run([listening])
    finally:
        state.jobs.stop()


@dataclass
class EmulatorProcess:
    """An emulator in a process of its own."""

    address: str
    key: str
    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)
    """What it has printed until it answered."""

    def counts(self) -> dict[str, Any]:
        """What there is and ever was, by kind; calls by operation; faults; violations of the contract."""
        with urllib.request.urlopen(f"{self.address}/emulator/counts", timeout=30) as answer:
            counts: dict[str, Any] = json.load(answer)
            return counts

    def control(self, what: str, body: Any) -> None:
        """Orders `faults`, `expire` or `reset`."""
        content = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/emulator/{what}", content)
        urllib.request.urlopen(request, timeout=30).close()

    def kill(self) -> None:
        """Ends it at once, in the middle of whatever it does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def emulator_process(folder: Path, *, key: str = "emulated-key", **options: Any) -> Iterator[EmulatorProcess]:
    """An emulator as a process of its own that keeps what it holds in a folder.

    `options` are the flags of `python -m tests.azure_emulator`, such as `pace=0.1` or `recognizer="local"`; the port is
    a free one unless `port` says which.

    Raises:
        RuntimeError: it ended before it answered; the message is what it said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    given = {"port": 0, **options, "key": key, "folder": folder}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    command = [sys.executable, "-m", "tests.azure_emulator", *flags]
    log = folder / "emulator.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert process.stdout is not None
            running = EmulatorProcess("", key, process)
            for line in process.stdout:
                running.lines.append(line.rstrip())
                if line.startswith("Address: "):
                    running.address = line.removeprefix("Address: ").strip()
                if not line.strip():
                    break
            _wait(running, log)
            yield running
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                running.kill()
            if process.stdout:
                process.stdout.close()


def _wait(running: EmulatorProcess, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while running.process.poll() is None and running.address and time.monotonic() < until:
        try:
            running.counts()
        except (OSError, urllib.error.URLError):
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"the emulator did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def _server(state: State) -> uvicorn.Server:
    config = uvicorn.Config(
        Connections(build_app(state)),
        log_level="warning",
        lifespan="off",
        access_log=False,
        date_header=False,  # the clock may be wrong on purpose
        server_header=False,
        timeout_graceful_shutdown=1,
        ws_max_size=16 * 1024**2,
    )
    return uvicorn.Server(config)


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio sends small answers at once (TCP_NODELAY) only if it is: 2 ms instead of 45.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    return listening
