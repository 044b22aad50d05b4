"""One session of Microsoft's Speech SDK: audio in, its phrases out, until the end of the audio or of the connection.

The SDK is native code with threads of its own. What they say is put in a queue; nothing else happens on them.
"""

import re
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from asr.audio import SAMPLE_RATE, Samples, as_int16
from asr.azure.azure_error import AzureError, Stopped, TimedOut, something_else
from asr.azure.error_body import Said
from asr.azure.error_mends import mend_for
from asr.azure.proxy import Proxy
from asr.azure.safe_text import safe_text

_TICKS = 10_000_000 // SAMPLE_RATE
"""Of 100 ns, in which the SDK counts, in a sample."""
_BLOCK = SAMPLE_RATE  # samples that are handed over at once
_GLANCE = 0.1  # seconds between two looks whether to stop
_LAST_WORD = 2.0  # seconds that the SDK may take to say why a session has ended
_FAREWELL = 2.0  # seconds that its end is waited for: with a service that has fallen silent it takes 11
_STATUS = re.compile(r"\((\d{3})\)")
_PASSING = {408, 429, 500, 502, 503, 504}
_NO_STATUS = {
    "BadRequest": 400,
    "AuthenticationFailure": 401,
    "Forbidden": 403,
    "TooManyRequests": 429,
    "ServiceUnavailable": 503,
}
"""What the SDK calls these, in case that it does not say the status."""
_BROKEN = {"ConnectionFailure", "ServiceTimeout", "ServiceError", "ServiceUnavailable"}


@dataclass(frozen=True)
class LiveAddress:
    """Where audio is sent to, by which way, and who sends it."""

    url: str
    """The whole of it, such as `wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?cid=…`.

    With a host alone the SDK would ask a path that regions have and custom domains do not have.
    """
    endpoint_id: str
    """Of the hosted model; empty for the base model of the language."""
    language: str
    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    """As the SDK wants one of Entra: `aad#<resource id>#<token>`."""
    proxy: Proxy | None = None
    """The SDK by itself asks the environment for none."""


@dataclass(frozen=True)
class LivePhrase:
    """What was said between two pauses."""

    text: str
    """In lexical form; empty when it was not understood."""
    end: int
    """Samples from the start of the audio to the end of the phrase."""


class _Best(BaseModel):
    lexical: str = Field(alias="Lexical")


class _Detailed(BaseModel):
    best: list[_Best] = Field(alias="NBest", min_length=1)


class _AllHeard(Exception):
    """The service has answered to all of the audio."""


_Event = LivePhrase | BaseException | None


def phrases(
    address: LiveAddress, samples: Samples, *, seconds: float, is_stopped: Callable[[], bool]
) -> Generator[LivePhrase, None, None]:
    """What the service hears in 16 kHz mono samples, phrase by phrase, as it comes; for a `closing`.

    Raises:
        TimedOut: it has not heard all of it after so many `seconds`.
        Stopped: `is_stopped` says so; it is asked often.
        AzureError: the service refused it, or the connection failed; `passing` when it may work the next time.
    """
    doing = f"live recognition at {address.url.partition('?')[0]}"
    until = time.monotonic() + seconds
    events: SimpleQueue[_Event] = SimpleQueue()
    held: list[Any] = []
    over = threading.Event()
    try:
        try:
            held.extend(_start(address, samples, events, over, doing))
        except (ImportError, OSError) as error:
            message = f"the Speech SDK cannot be loaded ({_first_line(str(error), address)})"
            mend = "install azure-cognitiveservices-speech and the system libraries that it names"
            raise AzureError(message, doing=doing, mend=mend) from None
        except (RuntimeError, ValueError) as error:  # what the SDK raises, with its call stack
            raise AzureError(_first_line(str(error), address), doing=doing, mend="check azure.address") from None
        while True:
            event = _next_event(events, until, is_stopped, doing)
            if event is None:
                # It says that the session is over, and why it is: not always in this order.
                event = _next_event(events, min(until, time.monotonic() + _LAST_WORD), is_stopped, doing)
            if isinstance(event, _AllHeard):
                # The SDK says so before it says that the session is over. A process that ends in between is aborted:
                # Python ends the thread that calls it by unwinding through the SDK, which does not stand that.
                over.wait(_LAST_WORD)
                return
            if isinstance(event, BaseException):
                raise event
            if event is not None:
                yield event
    finally:
        _let_go(held)


def _start(
    address: LiveAddress, samples: Samples, events: "SimpleQueue[_Event]", over: threading.Event, doing: str
) -> list[Any]:
    """Begin a session; it ends when what is returned is forgotten. `over` is set when the SDK has ended it."""
    from azure.cognitiveservices import speech as sdk

    config = sdk.SpeechConfig(endpoint=address.url, subscription=address.key or None)
    if address.token:
        config.authorization_token = address.token
    if address.endpoint_id:
        config.endpoint_id = address.endpoint_id
    if address.proxy:
        proxy = address.proxy
        config.set_proxy(proxy.host, proxy.port, proxy.user or None, proxy.password or None)
    config.speech_recognition_language = address.language
    config.output_format = sdk.OutputFormat.Detailed
    config.set_profanity(sdk.ProfanityOption.Raw)
    # By itself it connects five times within a second, also when it is told that it asks too often.
    config.set_property_by_name("SPEECH-Error-MaxRetryCount", "0")
    stream = sdk.audio.PushAudioInputStream(sdk.audio.AudioStreamFormat(SAMPLE_RATE, 16, 1))
    recognizer = sdk.SpeechRecognizer(config, sdk.audio.AudioConfig(stream=stream))

    def forward(read: Callable[[Any], _Event]) -> Callable[[Any], None]:
        def callback(event: Any) -> None:
            try:
                events.put(read(event))
            except BaseException as error:  # on a thread of the SDK it would be printed and forgotten
                events.put(error)

        return callback

    def ended(_event: Any) -> None:
        events.put(None)
        over.set()

    recognizer.recognized.connect(forward(lambda event: _phrase(event, doing)))
    recognizer.canceled.connect(forward(lambda event: _end(event, address, doing)))
    recognizer.session_stopped.connect(ended)
    held = [recognizer, stream]
    recognizer.start_continuous_recognition()
    for start in range(0, len(samples), _BLOCK):
        stream.write(as_int16(samples[start : start + _BLOCK]).tobytes())
    stream.close()
    return held


def _next_event(events: "SimpleQueue[_Event]", until: float, is_stopped: Callable[[], bool], doing: str) -> _Event:
    while not is_stopped():
        left = until - time.monotonic()
        with suppress(Empty):
            return events.get(timeout=max(0.0, min(left, _GLANCE)))
        if left <= 0:
            raise TimedOut(
                "the service did not answer in time", doing=doing, mend="try again in some minutes", passing=True
            )
    raise Stopped("stopped", doing=doing)


def _phrase(event: Any, doing: str) -> LivePhrase:
    from azure.cognitiveservices import speech as sdk

    result = event.result
    end = (result.offset + result.duration) // _TICKS
    if result.reason != sdk.ResultReason.RecognizedSpeech:
        return LivePhrase("", end)
    try:
        detailed = _Detailed.model_validate_json(result.json)
    except ValidationError:
        raise something_else("a text in lexical form (NBest)", doing=doing) from None
    return LivePhrase(detailed.best[0].lexical.strip(), end)


def _end(event: Any, address: LiveAddress, doing: str) -> BaseException:
    from azure.cognitiveservices import speech as sdk

    details = event.cancellation_details
    if details.reason == sdk.CancellationReason.EndOfStream:
        return _AllHeard()
    return _failure(details.code.name, details.error_details or "", address, doing)


def _failure(code: str, said: str, address: LiveAddress, doing: str) -> AzureError:
    """The error for what the SDK calls `code` and explains as `said`."""
    found = _STATUS.search(said)
    status = int(found[1]) if found else _NO_STATUS.get(code)
    message = _first_line(said, address) or code
    if status:
        return AzureError(
            message,
            doing=doing,
            code=code,
            mend=_MENDS.get(status) or mend_for(Said(), status),
            passing=status in _PASSING,
        )
    if code == "ConnectionFailure":
        mend = "check the network, HTTPS_PROXY, NO_PROXY and azure.region"
        return AzureError("no connection", doing=doing, code=code, mend=mend, passing=True)
    return AzureError(message, doing=doing, code=code, mend=mend_for(Said(), 500), passing=code in _BROKEN)


_MENDS = {
    400: "check that the service hears this language: not every locale that can be trained is heard live",
    404: "there is no such endpoint in this region: check azure.region; was it deleted meanwhile? Run again",
    429: "too many live recognitions at once: tier F0 allows 1, S0 100; wait, or recognize fewer side by side",
}


def _first_line(said: str, address: LiveAddress) -> str:
    # What follows is a session id, an address with its query, a call stack.
    line = said.partition("\n")[0].partition(" SessionId:")[0].partition(" Error details:")[0]
    secrets = (address.key, address.token, address.proxy.password if address.proxy else "")
    return safe_text(line.strip().rstrip("."), secrets)


def _let_go(held: list[Any]) -> None:
    # Forgetting the recognizer ends its session and closes the connection. On another thread, as that may take long.
    def end() -> None:
        if held:
            for events in (held[0].recognized, held[0].canceled, held[0].session_stopped):
                events.disconnect_all()  # from here on the SDK has nobody to call
        held.clear()

    thread = threading.Thread(target=end, name="end of a live session", daemon=True)
    thread.start()
    thread.join(_FAREWELL)
