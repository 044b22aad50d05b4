"""The protocol of the socket, with no SDK, and how audio becomes phrases; `asr/azure/test_live.py` has the real SDK."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tests.azure_emulator.faults import Fault
from tests.azure_emulator.options import Options
from tests.azure_emulator.phrase_splitter import LONGEST, RATE, Phrase, PhraseSplitter, as_wav
from tests.azure_emulator.recognizer import ScriptedRecognizer
from tests.azure_emulator.speech_socket import OPERATION, add_speech_socket
from tests.azure_emulator.state import State

PATH = "/speech/recognition/conversation/cognitiveservices/v1"
UNIVERSAL = "/stt/speech/universal/v2"
KEY = {"Ocp-Apim-Subscription-Key": "emulated-key"}


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(Options(contract=None), tmp_path, ScriptedRecognizer())


@pytest.fixture
def client(state: State) -> Iterator[TestClient]:
    app = FastAPI()
    add_speech_socket(app, state)
    with TestClient(app) as client:
        yield client


def noise(seconds: float, loud: float = 0.3) -> "np.ndarray[Any, np.dtype[np.int16]]":
    sound = np.random.default_rng(1).uniform(-loud, loud, round(seconds * RATE))
    return (sound * 32767).astype(np.int16)


def split(*parts: "np.ndarray[Any, np.dtype[np.int16]]", piece: int = 3_200) -> list[Phrase]:
    content = np.concatenate(parts).astype("<i2").tobytes()
    splitter = PhraseSplitter()
    found = [phrase for at in range(0, len(content), piece) for phrase in splitter.add(content[at : at + piece])]
    return [*found, *splitter.end()]


@pytest.mark.parametrize("piece", [3_200, 999, 10_000_000])
def test_audio_without_a_pause_is_one_phrase_to_the_sample(piece: int) -> None:
    quiet = noise(0.75, 0.001)
    audio = np.concatenate([quiet, noise(1.0), quiet, noise(0.333), quiet, quiet])[:-5]
    [phrase] = split(audio, piece=piece)
    assert phrase.start == 0
    assert (phrase.pcm == audio).all()


def test_a_pause_parts_phrases_and_is_left_out() -> None:
    phrases = split(noise(1.0), noise(1.0, 0.001), noise(0.5), noise(2.0, 0.0), noise(0.5), noise(3.0, 0.0))
    assert [phrase.start / RATE for phrase in phrases] == [0, 1.98, 4.48]
    assert [len(phrase.pcm) / RATE for phrase in phrases] == [1.02, 0.54, 3.52]


def test_silence_is_no_phrase() -> None:
    assert split(noise(70.0, 0.0)) == []
    [phrase] = split(noise(65.0, 0.0), noise(1.0))
    assert phrase.start == 2 * LONGEST * RATE


def test_a_click_is_no_phrase() -> None:
    assert split(noise(0.08)) == []
    [phrase] = split(noise(0.05), noise(1.0, 0.0), noise(0.5))
    assert phrase.start == 0, "but it is heard with what follows"


def test_no_phrase_is_longer_than_that() -> None:
    assert [len(phrase.pcm) / RATE for phrase in split(noise(65.0))] == [LONGEST, LONGEST, 5.0]


def message(audio: bytes, id: str = "1", path: str = "audio") -> bytes:
    headers = f"Path:{path}\r\nX-RequestId:{id}\r\nX-StreamId:1\r\n".encode()
    return len(headers).to_bytes(2, "big") + headers + audio


def answers(socket: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and body, to the end of a turn."""
    path = ""
    while path != "turn.end":
        head, _, body = socket.receive_text().partition("\r\n\r\n")
        headers = dict(line.split(":", 1) for line in head.split("\r\n"))
        path = headers["Path"]
        assert headers["X-RequestId"]
        yield path, json.loads(body)


def test_two_turns_of_a_conversation(client: TestClient, state: State) -> None:
    assert isinstance(state.recognizer, ScriptedRecognizer)
    said = as_wav(noise(1.0))
    state.recognizer.tell(said, "where is the house")
    with client.websocket_connect(f"{PATH}?language=en-US", headers=KEY, subprotocols=["USP"]) as socket:
        assert socket.accepted_subprotocol == "USP"
        socket.send_text("Path:speech.config\r\n\r\n{}")
        socket.send_bytes(message(said[:20]))
        socket.send_bytes(message(said[20:]))
        socket.send_bytes(message(b""))
        first = dict(answers(socket))
        socket.send_bytes(message(b"", "1"))  # audio of a turn that is over
        socket.send_bytes(message(said[:44] + bytes(3_200), "2"))
        socket.send_bytes(message(b"", "2"))
        second = list(answers(socket))
    assert list(first) == ["turn.start", "speech.startDetected", "speech.phrase", "speech.endDetected", "turn.end"]
    assert first["speech.phrase"] == {"RecognitionStatus": "EndOfDictation", "Offset": 10_000_000, "Duration": 0}
    assert [path for path, _ in second] == ["turn.start", "speech.endDetected", "speech.phrase", "turn.end"]


def test_a_phrase_says_where_and_what(client: TestClient, state: State) -> None:
    assert isinstance(state.recognizer, ScriptedRecognizer)
    said, unknown = noise(1.0), noise(0.5)
    state.recognizer.tell(as_wav(np.concatenate([said, np.zeros(320, np.int16)])), "where is the house")
    audio = as_wav(np.concatenate([said, np.zeros(2 * RATE, np.int16), unknown]))
    with client.websocket_connect(PATH, headers=KEY) as socket:
        socket.send_bytes(message(audio))
        socket.send_bytes(message(b""))
        phrases = [body for path, body in answers(socket) if path == "speech.phrase"]
    text, shown = "where is the house", "Where is the house."
    best = {"Confidence": 0.9, "Lexical": text, "ITN": text, "MaskedITN": text, "Display": shown}
    place = {"Id": "1-1", "Offset": 0, "Duration": 10_200_000}
    assert phrases[0] == {**place, "RecognitionStatus": "Success", "DisplayText": shown, "NBest": [best]}
    nothing = {"Id": "1-2", "Offset": 29_800_000, "Duration": 5_200_000, "RecognitionStatus": "NoMatch"}
    assert phrases[1] == nothing
    assert phrases[2]["RecognitionStatus"] == "EndOfDictation"


@pytest.mark.parametrize(
    "headers, query, status",
    [
        ({}, "", 401),
        ({"Ocp-Apim-Subscription-Key": "emulated-keY"}, "", 401),
        ({"Authorization": "Bearer emulated-token"}, "", 401),
        ({"Authorization": "Bearer aad##emulated-token"}, "", 401),
        (KEY, "?cid=4e2e6e9c-0000-4000-8000-000000000001", 404),
        (KEY, "?language=tlh-KL", 400),
    ],
    ids=["nobody", "wrong key", "bare token", "no resource", "no endpoint", "no such language"],
)
def test_who_is_refused(client: TestClient, headers: dict[str, str], query: str, status: int) -> None:
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(PATH + query, headers=headers):
        pass
    assert refused.value.status_code == status


def test_a_custom_domain_has_the_path_of_endpoints_only(client: TestClient) -> None:
    headers = KEY | {"Host": "mine.cognitiveservices.azure.com"}
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(PATH, headers=headers):
        pass
    assert refused.value.status_code == 404
    with client.websocket_connect(UNIVERSAL, headers=headers):
        pass


def test_the_language_may_be_told_before_the_audio(client: TestClient, state: State) -> None:
    assert isinstance(state.recognizer, ScriptedRecognizer)
    said = as_wav(noise(1.0))
    state.recognizer.tell(said, "where is the house")
    with client.websocket_connect(UNIVERSAL, headers=KEY) as socket:
        socket.send_text('Path:speech.context\r\n\r\n{"phraseDetection":{"language":"en-US"}}')
        socket.send_bytes(message(said))
        socket.send_bytes(message(b""))
        assert any(body.get("RecognitionStatus") == "Success" for _, body in answers(socket))


@pytest.mark.parametrize("context", ["", "{", "{}", "[]", '{"phraseDetection":{"language":"tlh-KL"}}'])
def test_without_a_language_that_it_has_no_base_listens(client: TestClient, context: str) -> None:
    with client.websocket_connect(UNIVERSAL, headers=KEY) as socket:
        if context:
            socket.send_text(f"Path:speech.context\r\n\r\n{context}")
        socket.send_bytes(message(b""))
        with pytest.raises(WebSocketDisconnect) as ended:
            list(answers(socket))
    assert ended.value.code == 1007


def test_an_ordered_refusal(client: TestClient, state: State) -> None:
    state.faults.add(Fault("throttle", OPERATION))
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(PATH, headers=KEY):
        pass
    assert refused.value.status_code == 429
    with client.websocket_connect(UNIVERSAL, headers={"Authorization": "Bearer aad#1#emulated-token"}):
        pass
    assert state.calls[OPERATION] == 2


def test_the_free_tier_hears_one_at_a_time(tmp_path: Path) -> None:
    app = FastAPI()
    add_speech_socket(app, State(Options(tier="F0", contract=None), tmp_path, ScriptedRecognizer()))
    with TestClient(app) as client:
        with client.websocket_connect(PATH, headers=KEY) as first:
            with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(PATH, headers=KEY):
                pass
            assert refused.value.status_code == 429
            first.send_bytes(message(b""))
            assert dict(answers(first))
        with client.websocket_connect(PATH, headers=KEY):
            pass


STEREO = as_wav(noise(0.1)).replace(b"\x01\x00\x01\x00", b"\x01\x00\x02\x00", 1)


@pytest.mark.parametrize(
    "wrong",
    ["no headers", message(b"RIFF", path="video"), message(bytes(2_000)), message(STEREO), b"", b"\xff\xff"],
    ids=["text", "video", "no RIFF", "stereo", "empty", "short"],
)
def test_what_the_sdk_would_not_say_ends_the_conversation(client: TestClient, wrong: str | bytes) -> None:
    with client.websocket_connect(PATH, headers=KEY) as socket:
        if isinstance(wrong, str):
            socket.send_text(wrong)
        else:
            socket.send_bytes(wrong)
        with pytest.raises(WebSocketDisconnect) as ended:
            list(answers(socket))
    assert ended.value.code == 1007
