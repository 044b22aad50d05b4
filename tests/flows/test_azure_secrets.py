"""What signs in to Azure is in the headers of the calls and nowhere else, whatever a command does, and how it ends."""

import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from asr.azure.credential import Credential, _Tokens
from tasks.azure.service import _service, _studio
from tasks.settings import Settings
from tests.azure_emulator import running
from tests.azure_emulator.app import Connections
from tests.azure_emulator.faults import Fault
from tests.azure_emulator.recognizer import ScriptedRecognizer
from tests.azure_emulator.running import RunningEmulator, running_emulator
from tests.flows.azure_runs import hurried, retold, said

KEY = "5ec2e7f00d5ec2e7f00d5ec2e7f00d42"
TOKEN = "eyJ0eXAiOiJKV1QifQ.eyJzZWNyZXQiOiJ5ZXMifQ.c2lnbmF0dXJlLW9mLXRva2Vu"
SIGNED_IN = {b"ocp-apim-subscription-key", b"authorization"}
Make = Callable[..., Any]


@dataclass
class Heard:
    """What the emulator was asked: all but the headers that sign in."""

    calls: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    """What these headers said."""


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    found = Heard()

    class Listening(Connections):
        def __init__(self, app: Any) -> None:
            async def listen(scope: Any, receive: Any, send: Any) -> None:
                headers = scope.get("headers", ())
                others = [header for header in headers if header[0].lower() not in SIGNED_IN]
                found.calls.append(f"{scope.get('path')}?{scope.get('query_string')!r} {others!r}")
                found.signed += [value.decode() for name, value in headers if name.lower() in SIGNED_IN]

                async def read() -> Any:
                    message = await receive()
                    found.calls.append(repr(message.get("text") or message.get("body", b"")[:100_000]))
                    return message

                await app(scope, read, send)

            super().__init__(listen)

    monkeypatch.setattr(running, "Connections", Listening)
    return found


@pytest.fixture
def emulator(speech: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningEmulator]:
    truth = said(speech / "training", speech / "more_testing", speech / "testing" / "guards" / "general")
    for name, value in hurried().items():
        monkeypatch.setattr(name.replace(":", "."), value)
    for cache in (_service, _studio):
        cache.cache_clear()
    with running_emulator(key=KEY, token=TOKEN, pace=0, recognizer=ScriptedRecognizer(truth)) as started:
        yield started
    for cache in (_service, _studio):
        cache.cache_clear()


@pytest.fixture
def settings(emulator: RunningEmulator, quick: Make, tmp_path: Path) -> Settings:
    options = {"address": emulator.address, "allow_charged_training": True}
    made: Settings = quick(tmp_path / "data", backend="azure", language="en-US", azure=options)
    return made


@pytest.fixture(params=["key", "token"])
def secret(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What signs in: a key of the environment, or what Entra gives."""
    if request.param == "key":
        monkeypatch.setenv("AZURE_SPEECH_KEY", KEY)
        return KEY

    class Token:
        token, expires_on = TOKEN, int(time.time()) + 3600

    class Entra:
        def get_token(self, *scopes: str) -> Token:
            return Token()

    def sign_in(*_: Any, **__: Any) -> Credential:
        return Credential(resource_id="/subscriptions/1", tokens=_Tokens(Entra(), "scope", time.time))

    monkeypatch.delenv("AZURE_SPEECH_KEY", raising=False)
    monkeypatch.setattr("tasks.azure.service.find_credential", sign_in)
    return TOKEN


def commands(settings: Settings, flags: list[str], worse: Path) -> list[tuple[str, list[str], int]]:
    """What a person does with Azure: before which the emulator is told to fail in some way, and how it ends."""
    file = str(settings.testing_data / "audio" / "00000.flac")
    who = ["--by=Ada", "--reason=To see"]
    return [
        ("", ["azure", "plan", *flags], 0),
        ("", ["run", *flags, "--json"], 0),
        ("models", ["run", *flags, f"--training-data={worse}"], 1),
        ("", ["run", *flags, f"--training-data={worse}"], 0),
        ("", ["rollback", *who, *flags], 0),
        ("", ["rollback", *who, *flags], 0),
        ("", ["transcribe", file, *flags], 0),
        ("", ["azure", "status", *flags], 0),
        ("", ["azure", "expiry", *flags], 0),
        ("", ["azure", "clean", *flags], 0),
        ("calls", ["azure", "status", *flags], 1),
        ("", ["history", *flags], 0),
        ("", ["doctor", *flags], 0),
    ]


def order(emulator: RunningEmulator, fails: str, secret: str) -> None:
    """Let it fail next, with the secret in what it says."""
    faults = emulator.state.faults
    faults.clear()
    if fails == "models":
        faults.add(Fault("fail", "models", message="The training said no."))
    elif fails == "calls":
        faults.add(Fault("error", times=-1, status=400, message=f"No, {secret}, and ?sig=ABCDEFGH&se=1."))


SIGNED = re.compile(rb"sig=[0-9a-f]{16}")
"""What a link to a file is signed with."""


def telling(secret: str, *folders: Path) -> list[Path]:
    """Files that hold the secret, or a link that is signed, as they lie there: text, SQLite, anything."""
    return [
        path
        for folder in folders for path in folder.rglob("*")
        if path.is_file() and (secret.encode() in (content := path.read_bytes()) or SIGNED.search(content))
    ]  # fmt: skip


class Kept(logging.Handler):
    """Keeps what is logged, in the loggers of the HTTP client to the last detail."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {record.args}")


@pytest.fixture
def logged() -> Iterator[Kept]:
    """What is logged, whatever Prefect makes of the loggers."""
    kept = Kept()
    loggers = [logging.getLogger(name) for name in ("httpx2", "httpcore2", "asr", "tasks", "flows", "prefect")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(kept)
        logger.setLevel(logging.DEBUG)
    yield kept
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(kept)
        logger.setLevel(level)


@pytest.mark.slow
@pytest.mark.long
def test_nothing_tells_what_signs_in(
    secret: str,
    settings: Settings,
    emulator: RunningEmulator,
    heard: Heard,
    wergate: Make,
    as_flags: Make,
    speech: Path,
    tmp_path: Path,
    logged: Kept,
) -> None:
    worse = retold(speech / "training", tmp_path / "worse", lambda text: " ".join(["banana"] * len(text.split())))
    texts = []
    for fails, arguments, code in commands(settings, as_flags(settings), worse):
        if arguments[0] == "doctor":
            continue  # it looks at this machine in other processes
        order(emulator, fails, secret)
        ran = wergate(*arguments)
        assert ran.code == code, ran.message
        texts += [ran.out, ran.err]
    texts += [*logged.lines, *heard.calls]
    with get_client(sync_client=True) as server:
        texts += [str(run) for run in server.read_flow_runs()]
        texts += [str(run) for run in server.read_task_runs()]
        texts += [line.message for line in server.read_logs(limit=200)]
    assert any(secret in one for one in heard.signed), "it was signed in with"
    assert "HTTP Request: GET" in "".join(logged.lines), "the log of the HTTP client was looked at"
    assert not [one for one in texts if secret in one]
    assert not [one for one in logged.lines if SIGNED.search(one.encode())]
    assert not telling(secret, settings.data, Path(os.environ["HOME"]))


@pytest.mark.long
def test_nothing_tells_the_key_in_processes_of_their_own(
    settings: Settings,
    emulator: RunningEmulator,
    heard: Heard,
    as_flags: Make,
    speech: Path,
    tmp_path: Path,
    repository: Path,
) -> None:
    """With the stores of Prefect and MLflow that a laptop has, all that is logged, and tracebacks."""
    told = ("run", "rollback", "doctor")
    home = tmp_path / "home"
    home.mkdir()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_"))}
    environ |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "PYTHONPATH": str(repository),
        "AZURE_SPEECH_KEY": KEY,
        "PREFECT_LOGGING_LEVEL": "DEBUG",
        "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "WERGATE_TRACEBACK": "1",
    }
    worse = retold(speech / "training", tmp_path / "worse", lambda text: " ".join(["banana"] * len(text.split())))
    for fails, arguments, code in commands(settings, as_flags(settings), worse):
        if not (fails or arguments[0] in told):
            continue
        order(emulator, fails, KEY)
        command = [sys.executable, "-m", "flows.cli", *arguments]
        ran = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300)
        assert ran.returncode == code, ran.stderr[-2000:]
        assert KEY not in ran.stdout + ran.stderr
        assert not SIGNED.search((ran.stdout + ran.stderr).encode()), arguments
    assert KEY in heard.signed
    assert not [one for one in heard.calls if KEY in one]
    assert (settings.data / "prefect" / "prefect.db").is_file()
    assert not telling(KEY, tmp_path)
