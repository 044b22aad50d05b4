"""A running emulator, a client that knows nothing but HTTP, and data of each kind."""

import base64
import io
import math
import struct
import time
import wave
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.azure_emulator.control import reset_all
from tests.azure_emulator.running import RunningEmulator, running_emulator

VERSION = "2025-10-15"
TEXTS = {"one.wav": "the zebra went to the city", "two.wav": "we saw a pangolin by the water"}
"""What is said in the usual recordings: a base model knows all words but zebra, saw … and pangolin."""


@dataclass
class Client:
    """Calls the emulator, with its key."""

    emulator: RunningEmulator
    http: httpx2.Client

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        """One call below `/speechtotext/`."""
        query = {"api-version": VERSION, **more.pop("query", {})}
        if body is not None:
            more["json"] = body
        headers = {"Ocp-Apim-Subscription-Key": self.emulator.key, **more.pop("headers", {})}
        url = path if path.startswith("http") else f"{self.emulator.address}/speechtotext/{path}"
        return self.http.request(method, url, params=query, headers=headers, **more)

    def made(self, path: str, **body: Any) -> dict[str, Any]:
        """What was created."""
        answer = self.call("POST", path, {"displayName": "x", "locale": "en-US", **body})
        assert answer.status_code == 201, answer.text
        entity: dict[str, Any] = answer.json()
        return entity

    def refused(self, path: str, **body: Any) -> tuple[int, str]:
        """The status and the detailed code of a refusal."""
        answer = self.call("POST", path, {"displayName": "x", "locale": "en-US", **body})
        return answer.status_code, answer.json().get("innerError", {}).get("code", "")

    def ended(self, entity: Mapping[str, Any], seconds: float = 20.0) -> dict[str, Any]:
        """The entity once no job is at work on it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            answer = self.http.get(str(entity["self"]), headers={"Ocp-Apim-Subscription-Key": self.emulator.key})
            now: dict[str, Any] = answer.json()
            if now["status"] in ("Succeeded", "Failed"):
                return now
            time.sleep(0.01)
        raise AssertionError(f"still {now['status']}")

    def dataset(self, kind: str, content: bytes, **body: Any) -> dict[str, Any]:
        """A data set from one block, imported."""
        dataset = self.made("datasets", kind=kind, **body)
        self.upload(dataset, content)
        return self.ended(dataset)

    def upload(self, dataset: Mapping[str, Any], content: bytes) -> None:
        """A file in one block."""
        block = base64.b64encode(b"0001").decode()
        path = f"datasets/{id_of(dataset)}/blocks"
        assert self.call("PUT", path, content=content, query={"blockid": block}, headers=BYTES).status_code == 201
        assert self.call("POST", f"{path}:commit", [{"kind": "Uncommitted", "id": block}]).status_code == 200

    def base(self, name: str, locale: str = "en-US") -> dict[str, str]:
        """The reference of a base model whose name ends so."""
        values = []
        for skip in (0, 100):
            values += self.call("GET", "models/base", query={"skip": str(skip)}).json()["values"]
        return next({"self": m["self"]} for m in values if m["locale"] == locale and m["displayName"].endswith(name))

    def model(self, *datasets: Mapping[str, Any], **body: Any) -> dict[str, Any]:
        """A custom model, trained."""
        return self.ended(self.made("models", datasets=[ref(each) for each in datasets], **body))

    def content(self, entity: Mapping[str, Any], name: str) -> Any:
        """What a JSON file of an entity holds."""
        files = self.call("GET", f"{place(entity)}/files").json()["values"]
        link = next(file["links"]["contentUrl"] for file in files if file["name"] == name)
        return self.http.get(link).json()


BYTES = {"Content-Type": "application/octet-stream"}


def ref(entity: Mapping[str, Any]) -> dict[str, str]:
    """How other entities name it."""
    return {"self": str(entity["self"])}


def id_of(entity: Mapping[str, Any]) -> str:
    """Its id."""
    return place(entity).rpartition("/")[2]


def place(entity: Mapping[str, Any]) -> str:
    """Its path below `/speechtotext/`."""
    return str(entity["self"]).partition("?")[0].partition("/speechtotext/")[2]


def tone(seconds: float = 0.1, pitch: float = 440.0, rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    """A WAV that is different for each pitch."""
    out = io.BytesIO()
    with wave.open(out, "wb") as audio:
        audio.setnchannels(channels)
        audio.setsampwidth(width)
        audio.setframerate(rate)
        period = [int(9000 * math.sin(2 * math.pi * pitch * n / rate)) for n in range(min(rate, int(seconds * rate)))]
        frames = b"".join(struct.pack("<h", sample)[:width] * channels for sample in period)
        audio.writeframes(frames * max(1, round(seconds)))
    return out.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def spoken(texts: Mapping[str, str] = TEXTS, seconds: float = 0.1) -> bytes:
    """A zip of recordings and their transcript."""
    lines = "".join(f"{name}\t{text}\n" for name, text in texts.items())
    audio = {name: tone(seconds, 300 + 50 * number) for number, name in enumerate(texts)}
    return zipped({"trans.txt": lines.encode(), **audio})


@pytest.fixture
def start() -> Iterator[Callable[..., Client]]:
    """Starts emulators with options of their own."""
    open_ones = []

    def start_one(**options: Any) -> Client:
        context = started(**options)
        open_ones.append(context)
        return context.__enter__()

    yield start_one
    for context in open_ones:
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def shared_client() -> Iterator[Client]:
    """One emulator for all tests that need no options of their own."""
    with started() as client:
        yield client


@pytest.fixture
def client(shared_client: Client) -> Iterator[Client]:
    """A client of an emulator in which nothing takes time and nothing is there yet."""
    reset_all(shared_client.emulator.state)
    yield shared_client
    check_answers(shared_client)


@contextmanager
def started(**options: Any) -> Iterator[Client]:
    """A running emulator and its client."""
    options = {"pace": 0.01, **options}
    with running_emulator(**options) as emulator, httpx2.Client(timeout=20) as http:
        client = Client(emulator, http)
        yield client
        check_answers(client)


def check_answers(client: Client) -> None:
    """Fails when the emulator itself broke the contract."""
    bad = [each for each in client.emulator.counts()["violations"] if each.startswith("answer")]
    assert not bad, bad
