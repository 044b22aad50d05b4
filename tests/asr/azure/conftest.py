"""Two services to ask: a server that answers what a test tells it to, and the emulator; and corpora for them."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE, Samples, write_flac
from asr.azure.back_off import Patience
from asr.azure.connection import Connection
from asr.azure.credential import Credential
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Entity, ServiceBase
from asr.azure.marks import Maker
from asr.azure.parts import Parts, write_parts
from asr.azure.rate_budget import RateBudget
from asr.corpus.azure_checks import azure_limits
from asr.corpus.rules import Purpose
from asr.corpus.utterance import Corpus
from asr.corpus.validate import format_problems, load_corpus
from asr.synthesis.espeak import Voice, speak
from tests.azure_emulator.base_models import base_models
from tests.azure_emulator.control import reset_all
from tests.azure_emulator.faults import Fault
from tests.azure_emulator.recognizer import ScriptedRecognizer
from tests.azure_emulator.running import RunningEmulator, running_emulator

KEY = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Asked:
    """One call, as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered: bytes as they are, anything else as JSON."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Only so many bytes of the body are sent, then the connection is closed."""
    dropped: bool = False
    """The connection is closed with no answer at all."""
    after: float = 0.0


class ScriptedServer:
    """Answers by `script`, in as many threads as are asking."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: Callable[[Asked], Reply] = lambda asked: Reply(404)
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"

    def replies(self, *replies: Reply) -> None:
        """These, one after the other; the last one for ever."""
        waiting = list(replies)
        self.script = lambda asked: waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def calls(self, method: str) -> list[Asked]:
        return [one for one in self.asked if one.method == method]


def _handler(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
            server.asked.append(asked)
            reply = server.script(asked)
            time.sleep(reply.after)
            if reply.dropped:
                self.close_connection = True
                return
            is_raw = isinstance(reply.body, bytes)
            content = reply.body if is_raw else json.dumps(reply.body).encode()
            named = {name.lower() for name in reply.headers}
            self.send_response_only(reply.status)
            if not is_raw and "content-type" not in named:
                self.send_header("Content-Type", "application/json; charset=utf-8")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: reply.cut])
            if reply.cut is not None:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    thread = threading.Thread(target=scripted.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield scripted
    scripted.http.shutdown()
    scripted.http.server_close()
    thread.join()


@pytest.fixture
def connect(server: ScriptedServer) -> Iterator[Callable[..., Connection]]:
    """Makes connections to the server that lose no time between tries."""
    made: list[Connection] = []

    def connection(**options: Any) -> Connection:
        options.setdefault("patience", Patience(attempts=5, seconds=20, first=0.001, longest=0.005))
        options.setdefault("budget", RateBudget(100_000))
        made.append(Connection(server.address, Credential(key=KEY), **options))
        return made[-1]

    yield connection
    for one in made:
        one.close()


@pytest.fixture
def service(connect: Callable[..., Connection]) -> CustomSpeech:
    return CustomSpeech(connect())


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def key() -> str:
    return KEY


SAID = {"one.flac": "the zebra went to the city", "two.flac": "we saw a pangolin by the water"}
"""A base model of the emulator hears all but zebra, saw and pangolin or so."""


@dataclass
class Emulated:
    """The emulator, and what Wergate asks it."""

    emulator: RunningEmulator
    service: CustomSpeech

    def calls(self, operation: str) -> int:
        """How often an operation of the contract was asked for."""
        return int(self.emulator.state.calls[operation])

    def fails(self, kind: str, operation: str, **facts: Any) -> None:
        """Something goes wrong from now on."""
        self.emulator.state.faults.add(Fault(kind, operation, **facts))

    def all(self, kind: type[Entity]) -> list[Any]:
        """What there is of a kind."""
        return list(self.service.all(kind))

    def base(self, name: str, locale: str = "en-US") -> ServiceBase:
        """The base model that is called so, behind its date."""
        found = self.service.all(ServiceBase, f"locale eq '{locale}'")
        return next(one for one in found if one.display_name.partition(" ")[2] == name)

    def change_base(self, name: str, locale: str = "en-US", **features: Any) -> None:
        """Let a base model say something else about what it can be used for."""
        body = self.emulator.state.base_models[self.base(name, locale).id]
        body["properties"]["features"] |= features


@pytest.fixture
def emulate() -> Iterator[Callable[..., Emulated]]:
    """Starts emulators with options of their own, each with a client that loses no time."""
    with ExitStack() as open_ones:

        def start(**options: Any) -> Emulated:
            emulator = open_ones.enter_context(running_emulator(**{"pace": 0.01, **options}))
            return open_ones.enter_context(_asked(emulator))

        yield start


@pytest.fixture(scope="session")
def usual_emulator() -> Iterator[RunningEmulator]:
    """One for all tests that ask for no options: to start and to stop one takes a quarter of a second."""
    with running_emulator(pace=0.01) as emulator:
        yield emulator


@pytest.fixture
def azure(usual_emulator: RunningEmulator) -> Iterator[Emulated]:
    """The emulator with nothing in it."""
    state = usual_emulator.state
    reset_all(state)
    state.base_models, state.recognizer = base_models(), ScriptedRecognizer()
    with _asked(usual_emulator) as emulated:
        yield emulated


@pytest.fixture
def maker() -> Maker:
    """A project, and its first run."""
    return Maker("wergate", "run-1", "c0ffee")


@pytest.fixture
def write_corpus(tmp_path: Path) -> Callable[..., Corpus]:
    """Makes corpora of spoken sentences and text, read as a run reads them."""

    def write(
        said: Mapping[str, str] = SAID,
        *,
        name: str = "training",
        files: Mapping[str, str] | None = None,
        long: Mapping[str, float] | None = None,
        locale: str = "en-US",
    ) -> Corpus:
        """`said` is the text by the name of the audio, `files` are others by their names, `long` lets audio last."""
        folder = tmp_path / "corpora" / name
        folder.mkdir(parents=True)
        for file, text in said.items():
            write_flac(folder / file, spoken(text, (long or {}).get(file, 0.0)))
            (folder / file).with_suffix(".txt").write_text(text, encoding="utf-8")
        for file, text in (files or {}).items():
            (folder / file).write_text(text, encoding="utf-8")
        purpose: Purpose = "training" if name.startswith("training") else "testing"
        limits = azure_limits(locale, "basic", 0.0)
        report = load_corpus(folder, name, work=tmp_path / "work", purpose=purpose, limits=limits)
        assert report.corpus, format_problems(report.errors)
        return report.corpus

    return write


@pytest.fixture
def parts_of(tmp_path: Path) -> Callable[..., Parts]:
    """Writes the files of a corpus."""

    def write(corpus: Corpus, kinds: frozenset[Any] | None = None, *, locale: str = "en-US", folder: str = "") -> Parts:
        purpose: Purpose = "training" if corpus.name.startswith("training") else "testing"
        into = tmp_path / "parts" / (folder or corpus.name)
        return write_parts(corpus, into, locale, purpose, kinds or frozenset({"Acoustic"}))

    return write


@cache
def spoken(text: str, seconds: float = 0.0) -> Samples:
    """A sentence, again and again until it lasts so long."""
    samples = speak(text, Voice("en-us+m3", speed=200))
    return np.resize(samples, max(len(samples), round(seconds * SAMPLE_RATE)))


@contextmanager
def _asked(emulator: RunningEmulator) -> Iterator[Emulated]:
    """A client of an emulator; what it asked and was answered was as the contract says."""
    connection = Connection(
        emulator.address,
        Credential(key=emulator.key),
        patience=Patience(attempts=4, seconds=20, first=0.001, longest=0.005),
        budget=RateBudget(100_000),
        wait=_briefly,
    )
    with connection:
        yield Emulated(emulator, CustomSpeech(connection))
    assert emulator.counts()["violations"] == []


def _briefly(seconds: float) -> bool:
    time.sleep(min(seconds, 0.02))
    return False
