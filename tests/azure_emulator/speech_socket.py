"""The websocket of the emulator: enough of the protocol of Microsoft's Speech SDK that the native SDK transcribes.

Assumption: the protocol is not documented; this is what the Python SDK 1.53 sends and takes. Text messages are headers,
an empty line and JSON. Binary messages are the length of their headers (2 bytes, big-endian), the headers, and audio:
the first one of a turn is a RIFF header, an empty one ends the audio. Every answer carries the request id of its turn.
Language, output format and profanity are in the query when the SDK is given a host; when it is given an endpoint's
address they are only in the message `speech.context`, before the audio.
"""

import asyncio
import contextlib
import json
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from tests.azure_emulator.errors import Refusal
from tests.azure_emulator.faults import Fault
from tests.azure_emulator.phrase_splitter import RATE, Phrase, PhraseSplitter
from tests.azure_emulator.state import State

PATHS = ("/speech/recognition/{mode}/cognitiveservices/v1", "/stt/speech/universal/v2")
"""Where the SDK connects when it is given a host, and when it is given an endpoint's address. A custom domain has the
second only: https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-private-link"""

_TICKS = 10_000_000 // RATE  # of 100 ns, in which the protocol counts, in a sample
_REFUSING = ("throttle", "error", "foreign", "html")
_FORMAT = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)  # PCM, mono, 16 kHz, 16 bit


MOST_OPEN = {"F0": 1, "S0": 100}
"""Live recognitions at once, by the tier of the resource."""
OPERATION = "Speech_Recognize"
"""The name of a connection for `Faults`. `throttle`, `error`, `foreign` and `html` refuse it with their status,
`drop_before` ends it at once, `drop_after` after so many `seconds` of audio, `slow` lets it wait."""


def add_speech_socket(app: FastAPI, state: State) -> None:
    """Let the native Speech SDK recognize audio with the models of the emulator: `cid` is an endpoint, none a base."""

    open_now = 0

    async def recognize(socket: WebSocket) -> None:
        nonlocal open_now
        state.calls[OPERATION] += 1
        fault = state.faults.for_call(OPERATION)
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        try:
            if fault and fault.kind in _REFUSING:
                raise _Refused(429 if fault.kind == "throttle" else fault.status)
            model = _model(socket, state)
            if open_now >= MOST_OPEN[state.options.tier]:
                raise _Refused(429)
        except _Refused as refused:
            await socket.send_denial_response(JSONResponse({"error": {"code": str(refused.status)}}, refused.status))
            return
        open_now += 1
        try:
            await _converse(socket, state, model, fault)
        finally:
            open_now -= 1

    for path in PATHS:
        app.add_api_websocket_route(path, recognize)


async def _converse(socket: WebSocket, state: State, model: str, fault: Fault | None) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        await socket.accept(subprotocol="USP" if "USP" in socket.scope["subprotocols"] else None)
        most = None
        if fault and fault.kind.startswith("drop"):
            most = round(fault.seconds * RATE) * 2 if fault.kind == "drop_after" else 0
        try:
            await _Conversation(socket, state, model, most).run()
        except _BadMessage as error:
            await socket.close(1007, str(error))
        except _Drop:
            await socket.close(1011)


def _model(socket: WebSocket, state: State) -> str:
    """The id of the model that is to answer; empty if it is the base of a language that is told later.

    Raises _Refused.
    """
    is_universal = socket.url.path == PATHS[1]
    if not is_universal and (socket.url.hostname or "").endswith(".cognitiveservices.azure.com"):
        raise _Refused(404)
    key = socket.headers.get("ocp-apim-subscription-key", "")
    # A token of Entra comes as `aad#<resource id>#<token>`.
    scheme, _, token = socket.headers.get("authorization", "").rpartition("#")
    is_entra = re.fullmatch(r"Bearer aad#[^#]+", scheme) and compare_digest(
        token.encode(), state.options.token.encode()
    )
    if not is_entra and not compare_digest(key.encode(), state.key.encode()):
        raise _Refused(401)
    endpoint = socket.query_params.get("cid")
    if is_universal and not endpoint:
        return ""
    try:
        model = (
            state.model_of_endpoint(endpoint)
            if endpoint
            else state.default_base(socket.query_params.get("language", "en-US")).id
        )
    except Refusal as refusal:
        raise _Refused(refusal.status) from None
    if model is None:
        raise _Refused(404)
    return model


class _Refused(Exception):
    """There is to be no connection."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _BadMessage(Exception):
    """Something that the SDK would not send."""


class _Drop(Exception):
    """The connection is to break now."""


@dataclass
class _Turn:
    """The audio from one request id to its end."""

    id: str
    header: bytes | None = b""
    """What has come of the RIFF header; None when it is complete."""
    splitter: PhraseSplitter = field(default_factory=PhraseSplitter)
    bytes: int = 0
    phrases: int = 0


class _Conversation:
    """One connection: a turn, then perhaps more of them."""

    def __init__(self, socket: WebSocket, state: State, model: str, most: int | None) -> None:
        """`model`: empty until its language is told. `most`: bytes of audio after which the connection is to break."""
        self._socket = socket
        self._state = state
        self._model = model
        self._most = most
        self._turn: _Turn | None = None
        self._ended = ""

    async def run(self) -> None:
        """Until the other side goes.

        Raises:
            _BadMessage: it says what the SDK does not say.
            _Drop: there has been enough audio.
        """
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("bytes") is not None:
                await self._hear(message["bytes"])
            else:
                self._read(message.get("text") or "")

    def _read(self, message: str) -> None:
        head, parted, body = message.partition("\r\n\r\n")
        if not parted:
            raise _BadMessage("a text message without headers")
        if self._model or _headers(head.encode()).get("path") != "speech.context":
            return
        try:
            language = str(json.loads(body)["phraseDetection"]["language"])
            self._model = self._state.default_base(language).id
        except (ValueError, KeyError, TypeError):
            raise _BadMessage("a context without a language") from None
        except Refusal:
            raise _BadMessage(f"Specified language is not supported: {language[:20]}") from None

    async def _hear(self, message: bytes) -> None:
        length = int.from_bytes(message[:2], "big")
        headers = _headers(message[2 : 2 + length])
        audio = message[2 + length :]
        if headers.get("path") != "audio" or not headers.get("x-requestid"):
            raise _BadMessage("a binary message that is not audio")
        if not self._model:
            raise _BadMessage("audio before its language")
        turn = await self._turn_of(headers["x-requestid"])
        if turn is None:
            return
        pcm = _without_riff_header(turn, audio)
        turn.bytes += len(pcm)
        if self._most is not None and turn.bytes >= self._most:
            raise _Drop
        await self._say_phrases(turn, turn.splitter.add(pcm))
        if not audio:
            await self._end(turn)

    async def _turn_of(self, id: str) -> _Turn | None:
        if id == self._ended:
            return None  # audio that was under way when the turn ended
        if self._turn is None or self._turn.id != id:
            self._turn = _Turn(id)
            await self._send("turn.start", {"context": {"serviceTag": id}})
        return self._turn

    async def _say_phrases(self, turn: _Turn, phrases: Iterable[Phrase]) -> None:
        for phrase in phrases:
            offset, duration = phrase.start * _TICKS, len(phrase.pcm) * _TICKS
            await self._send("speech.startDetected", {"Offset": offset})
            # In a thread: the other connections go on meanwhile.
            text = await asyncio.to_thread(self._state.recognizer.transcribe, self._model, phrase.wav())
            turn.phrases += 1
            await self._send("speech.phrase", _phrase(f"{turn.id}-{turn.phrases}", text, offset, duration))

    async def _end(self, turn: _Turn) -> None:
        await self._say_phrases(turn, turn.splitter.end())
        end = turn.bytes // 2 * _TICKS
        await self._send("speech.endDetected", {"Offset": end})
        await self._send("speech.phrase", {"RecognitionStatus": "EndOfDictation", "Offset": end, "Duration": 0})
        await self._send("turn.end", {})
        self._turn, self._ended = None, turn.id

    async def _send(self, path: str, body: dict[str, Any]) -> None:
        if self._turn is None:
            return
        headers = f"X-RequestId:{self._turn.id}\r\nPath:{path}\r\nContent-Type:application/json; charset=utf-8\r\n\r\n"
        await self._socket.send_text(headers + json.dumps(body))


def _headers(block: bytes) -> dict[str, str]:
    lines = [line.partition(":") for line in block.decode("ascii", "replace").split("\r\n")]
    return {name.strip().lower(): value.strip() for name, _, value in lines if value}


def _without_riff_header(turn: _Turn, audio: bytes) -> bytes:
    if turn.header is None:
        return audio
    turn.header += audio
    start = turn.header.find(b"data")
    if start < 0 or len(turn.header) < start + 8:
        if len(turn.header) > 1000:
            raise _BadMessage("audio without a RIFF header")
        return b""
    if _FORMAT not in turn.header[:start]:
        raise _BadMessage("audio that is not 16-bit PCM, 16 kHz, mono")
    pcm = turn.header[start + 8 :]
    turn.header = None
    return pcm


def _phrase(id: str, text: str, offset: int, duration: int) -> dict[str, Any]:
    place = {"Id": id, "Offset": offset, "Duration": duration}
    if not text:
        return {**place, "RecognitionStatus": "NoMatch"}
    shown = f"{text[:1].upper()}{text[1:]}."
    best = {"Confidence": 0.9, "Lexical": text, "ITN": text, "MaskedITN": text, "Display": shown}
    return {**place, "RecognitionStatus": "Success", "DisplayText": shown, "NBest": [best]}
