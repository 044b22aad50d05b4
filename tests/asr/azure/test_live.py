"""The real Speech SDK, with its native code, against the websocket of the emulator."""

import base64
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asr.audio import SAMPLE_RATE, Samples, as_int16, write_flac
from asr.azure.azure_error import AzureError, TimedOut
from asr.azure.back_off import Patience
from asr.azure.credential import Credential, find_credential
from asr.azure.entities import Endpoint, EndpointLinks
from asr.azure.live import base_endpoint, recognize_live
from asr.azure.live_session import LiveAddress, phrases
from asr.azure.proxy import Proxy
from asr.errors import SettingsError
from tests.azure_emulator.faults import Fault
from tests.azure_emulator.options import Options
from tests.azure_emulator.phrase_splitter import as_wav
from tests.azure_emulator.recognizer import sha256_of_samples
from tests.azure_emulator.speech_socket import OPERATION, add_speech_socket
from tests.azure_emulator.state import State

KEY = "0123456789abcdef0123456789abcdef"
QUICK = Patience(attempts=3, seconds=20.0, first=0.01, longest=0.05, silence=5.0)


@dataclass
class Service:
    """The emulator with one endpoint, and what it recognizes."""

    state: State
    recognizer: "Listener"
    address: str
    endpoint: Endpoint
    wire: "Wire"

    def fails(self, kind: str, **facts: float) -> None:
        self.state.faults.add(Fault(kind, OPERATION, **facts))  # type: ignore[arg-type]

    @property
    def connections(self) -> int:
        return self.state.calls[OPERATION]


@dataclass
class Wire:
    """Between the SDK and the emulator: what is asked, and the text that is sent there."""

    app: ASGIApp
    asked: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def overhear() -> Message:
            message = await receive()
            self.texts.append(message.get("text") or "")
            return message

        if scope["type"] == "websocket":
            self.asked.append(f"{scope['path']}?{scope['query_string'].decode()}")
        await self.app(scope, overhear, send)

    @property
    def context(self) -> Any:
        """The settings of the last connection."""
        return json.loads([text for text in self.texts if "Path:speech.context" in text][-1].partition("\r\n\r\n")[2])


@dataclass
class Listener:
    """Hears what it was told that a sound says, and remembers which model was asked; can be told to take its time."""

    models: list[str] = field(default_factory=list)
    seconds: float = 0.0
    is_over: threading.Event = field(default_factory=threading.Event)
    at_once: int = 0
    most_at_once: int = 0
    _texts: dict[str, str] = field(default_factory=dict)

    def transcribe(self, model: str, wav: bytes) -> str:
        self.models.append(model)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.is_over.wait(self.seconds)
        self.at_once -= 1
        return self._texts[sha256_of_samples(wav)]

    def train(self, model: str, texts: Sequence[str]) -> None:
        raise AssertionError("nothing is trained here")

    def forget(self, model: str) -> None:
        raise AssertionError("nothing is trained here")

    def tell(self, samples: Samples, text: str) -> None:
        self._texts[sha256_of_samples(as_wav(as_int16(samples)))] = text

    def say(self, text: str, seconds: float = 1.0) -> Samples:
        """Noise that is another one each time, and is heard as this text."""
        sound = np.random.default_rng(len(self._texts)).uniform(-0.3, 0.3, round(seconds * SAMPLE_RATE))
        samples: Samples = sound.astype(np.float32)
        self.tell(samples, text)
        return samples


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    recognizer = Listener()
    state = State(Options(key=KEY, contract=None), tmp_path / "store", recognizer)
    app = FastAPI()
    add_speech_socket(app, state)
    wire = Wire(app)
    server = uvicorn.Server(uvicorn.Config(wire, log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        address = f"ws://127.0.0.1:{listening.getsockname()[1]}"
        hosted = state.store.add("endpoints", {"displayName": "hosted", "locale": "en-US"})
        hosted.hidden["live"] = f"{address}/speechtotext/models/base/{state.default_base('en-US').id}"
        url = f"{address}/speechtotext/endpoints/{hosted.id}?api-version=2025-10-15"
        links = EndpointLinks(web_socket=f"{address}/stt/speech/universal/v2?cid={hosted.id}")
        endpoint = Endpoint(self_url=url, display_name="hosted", locale="en-US", links=links)
        yield Service(state, recognizer, address, endpoint, wire)
        recognizer.is_over.set()
        server.should_exit = server.force_exit = True
        thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def credential() -> Credential:
    return find_credential({"AZURE_SPEECH_KEY": KEY}, "http://127.0.0.1")


SILENCE: Samples = np.zeros(SAMPLE_RATE, np.float32)


def test_text_comes_back_from_the_model_of_the_endpoint(service: Service, credential: Credential) -> None:
    [heard] = recognize_live(service.endpoint, credential, [service.recognizer.say("take me home")], patience=QUICK)
    assert heard.text == "take me home"
    assert 0 < heard.seconds < 5
    assert service.recognizer.models == [service.state.model_of_endpoint(service.endpoint.id)]


def with_pauses(recognizer: Listener, *texts: str) -> Samples:
    """Phrases with a second of silence between them; each of them is heard with 20 ms of it."""
    sounds = [recognizer.say(text) for text in texts]
    rest = SILENCE[: SAMPLE_RATE // 50]
    for number, (text, sound) in enumerate(zip(texts, sounds, strict=True)):
        before, after = [rest] * (number > 0), [rest] * (number < len(texts) - 1)
        recognizer.tell(np.concatenate([*before, sound, *after]), text)
    return np.concatenate([part for sound in sounds for part in (sound, SILENCE)][:-1])


def test_all_phrases_are_joined(service: Service, credential: Credential) -> None:
    audio = with_pauses(service.recognizer, "good day", "where is the red house", "thank you")
    [heard] = recognize_live(service.endpoint, credential, [audio], patience=QUICK)
    assert heard.text == "good day where is the red house thank you"
    assert len(service.recognizer.models) == 3


def test_files_and_samples_in_their_order(service: Service, credential: Credential, tmp_path: Path) -> None:
    texts = ["one", "two", "three", "four", "five", "six"]
    audio: list[Samples | Path] = [service.recognizer.say(text, 0.5) for text in texts]
    pcm = as_int16(audio[2])  # type: ignore[arg-type]
    write_flac(tmp_path / "three.flac", pcm.astype(np.float32) / np.float32(32768))
    audio[2] = tmp_path / "three.flac"
    service.recognizer.seconds = 0.2
    heard = recognize_live(service.endpoint, credential, audio, side_by_side=3, patience=QUICK)
    assert [one.text for one in heard] == texts
    assert 2 <= service.recognizer.most_at_once <= 3


def test_nothing_said_is_no_text(service: Service, credential: Credential) -> None:
    not_understood = service.recognizer.say("")
    heard = recognize_live(service.endpoint, credential, [SILENCE, not_understood, SILENCE[:0]], patience=QUICK)
    assert [one.text for one in heard] == ["", "", ""]
    assert service.connections == 2


def test_a_base_model_needs_no_endpoint(service: Service, credential: Credential) -> None:
    audio = service.recognizer.say("how are you")
    heard = recognize_live(base_endpoint(service.address, "en-US"), credential, [audio], patience=QUICK)
    assert [one.text for one in heard] == ["how are you"]
    assert service.recognizer.models == [service.state.default_base("en-US").id]
    assert service.wire.asked == ["/stt/speech/universal/v2?"], "a custom domain has no other path"


def test_the_whole_address_of_an_endpoint_is_asked_for_lexical_text(service: Service, credential: Credential) -> None:
    audio = service.recognizer.say("take me home")
    links = EndpointLinks(web_socket=f"{service.address}/stt/speech/universal/v2?cid={service.endpoint.id}&new=1")
    endpoint = service.endpoint.model_copy(update={"links": links})
    recognize_live(endpoint, credential, [audio], patience=QUICK)
    [asked] = service.wire.asked
    path, _, query = asked.partition("?")
    assert path == "/stt/speech/universal/v2"
    assert sorted(query.split("&")) == [f"cid={service.endpoint.id}", "new=1"]
    assert service.wire.context["phraseDetection"]["language"] == "en-US"
    assert service.wire.context["phraseDetection"]["enrichment"] == {"profanity": "raw"}
    assert service.wire.context["phraseOutput"]["format"] == "Detailed"


def test_a_base_of_a_language_that_is_not_there(service: Service, credential: Credential) -> None:
    error = failure(service, credential, base_endpoint(service.address, "tlh-KL"))
    assert "check that the service hears this language" in str(error)
    assert service.connections == 1, "it is not asked again"


class Token:
    token = "emulated-token"
    expires_on = 4_000_000_000

    def get_token(self, *scopes: str) -> "Token":
        return self


def entra(resource: str, token: str = "emulated-token") -> Credential:
    source = Token()
    source.token = token
    environment = {"AZURE_SPEECH_RESOURCE_ID": resource}
    return find_credential(environment, "https://name.cognitiveservices.azure.com", entra=lambda: source)


def test_an_entra_sign_in_with_the_id_of_the_resource(service: Service) -> None:
    audio = [service.recognizer.say("yes please")]
    [heard] = recognize_live(service.endpoint, entra("/subscriptions/1/speech"), audio, patience=QUICK)
    assert heard.text == "yes please"


def test_an_entra_sign_in_without_it_is_refused(service: Service) -> None:
    with pytest.raises(SettingsError, match="set AZURE_SPEECH_RESOURCE_ID in the environment"):
        recognize_live(service.endpoint, entra(""), [SILENCE])
    assert service.connections == 0


def failure(service: Service, credential: Credential, endpoint: Endpoint | None = None) -> AzureError:
    with pytest.raises(AzureError) as raised:
        recognize_live(endpoint or service.endpoint, credential, [service.recognizer.say("stop")], patience=QUICK)
    line = str(raised.value)
    assert "\n" not in line and "ws://127.0.0.1" in line
    assert not any(secret in line for secret in (KEY, "wrong", credential.key or "wrong"))
    return raised.value


@pytest.mark.parametrize("sign_in", ["key", "token"])
def test_who_may_not(service: Service, sign_in: str, capfd: pytest.CaptureFixture[str]) -> None:
    wrong = Credential(key="wrong-0123456789") if sign_in == "key" else entra("/speech", "wrong-0123456789")
    error = failure(service, wrong)
    assert "check that AZURE_SPEECH_KEY is a key of this resource and azure.region its region" in str(error)
    assert service.connections == 1, "it is not asked again"
    assert capfd.readouterr() == ("", ""), "the native code says nothing by itself"


def test_an_endpoint_that_is_not_there(service: Service, credential: Credential) -> None:
    links = EndpointLinks(web_socket=f"{service.address}/stt/speech/universal/v2?cid=gone")
    gone = service.endpoint.model_copy(update={"links": links})
    error = failure(service, credential, gone)
    assert "there is no such endpoint in this region" in str(error)
    assert service.connections == 1


@pytest.mark.parametrize("status", [429, 503])
def test_it_asks_again_when_it_is_put_off(service: Service, credential: Credential, status: int) -> None:
    service.fails("error", status=status, times=2)
    audio = [service.recognizer.say("once more")]
    [heard] = recognize_live(service.endpoint, credential, audio, patience=QUICK)
    assert heard.text == "once more"
    assert service.connections == 3, "two refusals, and the SDK adds no tries of its own"


@pytest.mark.parametrize(
    "status, mend", [(429, "too many live recognitions at once: tier F0 allows 1"), (503, "try again in some minutes")]
)
def test_it_gives_up_after_some_tries(service: Service, credential: Credential, status: int, mend: str) -> None:
    service.fails("error", status=status, times=-1)
    assert mend in str(failure(service, credential))
    assert service.connections == QUICK.attempts


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_dropped_connection_is_made_again(service: Service, credential: Credential, kind: str) -> None:
    service.fails(kind, seconds=0.5)
    audio = [service.recognizer.say("still there")]
    [heard] = recognize_live(service.endpoint, credential, audio, patience=QUICK)
    assert heard.text == "still there"
    assert service.connections == 2


def test_after_a_drop_it_goes_on_behind_the_last_phrase(service: Service, credential: Credential) -> None:
    service.fails("drop_after", seconds=2.5, times=1)
    audio = with_pauses(service.recognizer, "the first", "the second")
    service.recognizer.tell(audio[round(1.02 * SAMPLE_RATE) :], "the second")
    [heard] = recognize_live(service.endpoint, credential, [audio], patience=QUICK)
    assert heard.text == "the first the second"
    assert len(service.recognizer.models) == 2, "the first phrase is not recognized twice"
    assert service.connections == 2


def test_nobody_listens_there(service: Service, credential: Credential) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(service, credential, base_endpoint(f"ws://127.0.0.1:{port}", "en-US"))
    assert "no connection (ConnectionFailure); check the network, HTTPS_PROXY, NO_PROXY and azure.region" in str(error)


def test_a_service_that_says_nothing(service: Service, credential: Credential) -> None:
    service.recognizer.seconds = 60.0
    hasty = Patience(attempts=1, seconds=20.0, silence=-1.5)
    began = time.monotonic()
    with pytest.raises(TimedOut, match="did not answer in time; try again"):
        recognize_live(service.endpoint, credential, [service.recognizer.say("too slow")], patience=hasty)
    assert time.monotonic() - began < 10


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C counts, also in a job in the background, for which shells let it be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_it(service: Service, credential: Credential) -> None:
    service.recognizer.seconds = 60.0
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        recognize_live(service.endpoint, credential, [service.recognizer.say("no")] * 3)
    assert time.monotonic() - began < 10
    assert len(service.recognizer.models) == 1, "what was waiting is not begun"


@pytest.mark.parametrize(
    "address", ["", "ws://example.com", "https://example.com", "wss://", "wss://[1", "wss://x:port"]
)
def test_the_key_goes_nowhere_else(address: str, credential: Credential) -> None:
    with pytest.raises(AzureError, match="its address does not begin with wss://"):
        recognize_live(base_endpoint(address, "en-US"), credential, [SILENCE])


def test_without_the_sdk(service: Service, credential: Credential, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.cognitiveservices", None)
    assert "the Speech SDK cannot be loaded" in str(failure(service, credential))


def test_a_file_that_is_no_audio(service: Service, credential: Credential, tmp_path: Path) -> None:
    (tmp_path / "no.wav").write_bytes(b"no audio")
    with pytest.raises(Exception, match=r"no\.wav"):
        recognize_live(service.endpoint, credential, [tmp_path / "no.wav"])
    assert service.connections == 0


@dataclass
class Tunnel:
    """A proxy on this machine: notes what it is asked to connect to, and leads to `to` or answers with `refusal`."""

    listening: socket.socket
    to: tuple[str, int] | None = None
    refusal: bytes = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
    asked: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    def serve(self) -> None:
        with suppress(OSError):  # it ends when it is closed
            while True:
                client, _ = self.listening.accept()
                threading.Thread(target=self._lead, args=[client], daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            self.asked.append(head.decode())
            if not self.to:
                client.sendall(self.refusal)
                return
            with socket.create_connection(self.to) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pour, args=[server, client], daemon=True)
                back.start()
                _pour(client, server)
                back.join(10)


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def tunnel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunnel]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Tunnel(listening)
        threading.Thread(target=made.serve, daemon=True).start()
        yield made
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def test_text_comes_through_a_proxy(service: Service, tunnel: Tunnel) -> None:
    host, _, port = service.address.removeprefix("ws://").partition(":")
    tunnel.to = (host, int(port))
    assert service.endpoint.links and service.endpoint.links.web_socket
    proxy = Proxy("127.0.0.1", tunnel.port, "me", "p@ss:word")
    address = LiveAddress(service.endpoint.links.web_socket, service.endpoint.id, "en-US", key=KEY, proxy=proxy)
    said = phrases(address, service.recognizer.say("take me home"), seconds=20.0, is_stopped=lambda: False)
    with closing(said):
        assert [one.text for one in said if one.text] == ["take me home"]
    asked = tunnel.asked[0].splitlines()
    assert asked[0] == f"CONNECT {host}:{port} HTTP/1.1"
    sign_in = next(line for line in asked if line.lower().startswith("proxy-authorization: basic "))
    assert base64.b64decode(sign_in.rpartition(" ")[2]) == b"me:p@ss:word"
    assert KEY not in tunnel.asked[0]


@pytest.mark.parametrize("refusal", [502, 407], ids=["bad-gateway", "sign-in"])
def test_the_proxy_of_the_environment_is_asked(
    tunnel: Tunnel, credential: Credential, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    tunnel.refusal = f"HTTP/1.1 {refusal} No\r\nContent-Length: 0\r\n\r\n".encode()
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:secretword@127.0.0.1:{tunnel.port}")
    endpoint = base_endpoint("wss://speech.example.test", "en-US")
    once = replace(QUICK, attempts=1)
    with pytest.raises(AzureError, match=r"no connection .*check the network, HTTPS_PROXY, NO_PROXY") as raised:
        recognize_live(endpoint, credential, [SILENCE], patience=once)
    assert tunnel.asked[0].startswith("CONNECT speech.example.test:443 HTTP/1.1")
    assert raised.value.passing and "secretword" not in str(raised.value)
    tunnel.asked.clear()
    monkeypatch.setenv("NO_PROXY", ".example.test")
    with pytest.raises(AzureError, match="no connection"):
        recognize_live(endpoint, credential, [SILENCE], patience=once)
    assert tunnel.asked == []


def test_a_proxy_that_cannot_be_used_is_told_before_anything_is_decoded(
    credential: Credential, monkeypatch: pytest.MonkeyPatch, tunnel: Tunnel
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://127.0.0.1:{tunnel.port}")
    with pytest.raises(SettingsError, match=r"HTTPS_PROXY .*live recognition needs a proxy at http://HOST:PORT"):
        recognize_live(base_endpoint("wss://speech.example.test", "en-US"), credential, [Path("no.wav")])
    assert tunnel.asked == []
