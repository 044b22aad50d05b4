"""Live audio to text through an endpoint of the service, with another try where the service fails for a moment."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from asr.audio import SAMPLE_RATE, Samples, decode
from asr.azure.azure_error import AzureError, Stopped
from asr.azure.back_off import Patience
from asr.azure.clouds import LOOPBACK
from asr.azure.credential import KEY, RESOURCE_ID, Credential
from asr.azure.entities import Endpoint, EndpointLinks
from asr.azure.live_session import LiveAddress, phrases
from asr.azure.proxy import find_proxy
from asr.azure.safe_text import safe_text
from asr.errors import SettingsError

log = logging.getLogger(__name__)

PATIENCE = Patience(attempts=6)
"""How often and how long the service may fail while it hears one audio; all times are added to twice its length."""

_PACE = 2.0
"""Seconds that a second of audio may take; the SDK sends what is not live at twice the speed of live audio."""
_GLANCE = 0.1  # seconds between two looks whether to stop
_PATH = "/stt/speech/universal/v2"


@dataclass(frozen=True)
class LiveText:
    """What was heard in one audio."""

    text: str
    """All phrases in lexical form; empty when nothing was said."""
    seconds: float
    """From the connection to the last answer."""


def base_endpoint(host: str, locale: str) -> Endpoint:
    """The base model of a locale, which every resource hosts by itself.

    `host` such as `wss://westeurope.stt.speech.microsoft.com`, or `wss://` and the custom domain.
    """
    return Endpoint(display_name="base model", locale=locale, links=EndpointLinks(web_socket=host + _PATH))


def recognize_live(
    endpoint: Endpoint,
    credential: Credential,
    audio: Sequence[Samples | Path],
    *,
    side_by_side: int = 1,
    patience: Patience = PATIENCE,
) -> list[LiveText]:
    """What an endpoint hears in each of some audio, in their order; 16 kHz mono samples or files of any format.

    `side_by_side`: how many connections; the service allows 1 in tier F0 and 100 in S0. The first failure ends all. A
    connection that fails for a moment is made again, and goes on behind the last phrase.

    Raises:
        SettingsError: the sign-in or the proxy is not fit for live recognition.
        TimedOut: the service does not answer.
        AudioError: a file cannot be decoded.
        AzureError: the service refuses it, or fails again and again.
    """
    _address(endpoint, credential)  # what is wrong with it is said before anything is decoded
    ended = threading.Event()

    def hear(one: Samples | Path) -> LiveText:
        samples = decode(one) if isinstance(one, Path) else one
        started = time.monotonic()
        text = _hear(samples, lambda: _address(endpoint, credential), patience, ended.is_set)
        return LiveText(text, time.monotonic() - started)

    with ThreadPoolExecutor(side_by_side, thread_name_prefix="live") as threads:
        waiting = [threads.submit(hear, one) for one in audio]
        try:
            for future in as_completed(waiting):
                future.result()
        finally:
            ended.set()
            for future in waiting:
                future.cancel()
    return [future.result() for future in waiting]


def _hear(
    samples: Samples, address: Callable[[], LiveAddress], patience: Patience, is_stopped: Callable[[], bool]
) -> str:
    """The text of one audio. A connection that broke is made again, and gets what was not answered yet."""
    heard: list[str] = []
    done = tries = 0
    until = time.monotonic() + patience.seconds + _PACE * len(samples) / SAMPLE_RATE
    while done < len(samples):
        rest = samples[done:]
        seconds = min(until - time.monotonic(), patience.silence + _PACE * len(rest) / SAMPLE_RATE)
        before = done
        try:
            with closing(phrases(address(), rest, seconds=seconds, is_stopped=is_stopped)) as said:
                for phrase in said:
                    heard.append(phrase.text)
                    if before + phrase.end > done:
                        done, tries = before + phrase.end, 0
            break
        except AzureError as error:
            tries += 1
            wait = random.uniform(0.0, patience.ceiling(tries))
            if not error.passing or tries >= patience.attempts or time.monotonic() + wait > until:
                raise
            log.info("%s; another try in %.1f s", error, wait)
            _wait(wait, is_stopped)
    return " ".join(filter(None, heard))


def _wait(seconds: float, is_stopped: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if is_stopped():
            raise Stopped("stopped", doing="live recognition")
        time.sleep(min(left, _GLANCE))


def _address(endpoint: Endpoint, credential: Credential) -> LiveAddress:
    url = (endpoint.links.web_socket if endpoint.links else None) or ""
    try:
        parts = urlsplit(url)
        host, netloc = parts.hostname or "", parts.netloc.rpartition("@")[2]
        parts.port  # noqa: B018  # it is read, and can be wrong, only now
    except ValueError:
        host = ""
    if not host or not (parts.scheme == "wss" or (parts.scheme == "ws" and host in LOOPBACK)):
        raise AzureError(
            f"its address does not begin with wss:// ({safe_text(url) or 'none'})",
            doing=f"live recognition by endpoint {endpoint.id or endpoint.display_name}",
            mend="wait until the endpoint has been deployed, and check azure.address",
        )
    url = parts._replace(netloc=netloc, fragment="").geturl()
    address = LiveAddress(url, endpoint.id, endpoint.locale, proxy=find_proxy(url))
    if credential.key:
        return replace(address, key=credential.key)
    if not credential.resource_id:
        raise SettingsError(
            f"live recognition with an Entra sign-in needs the id of the Speech resource: set {RESOURCE_ID} in the "
            f"environment (/subscriptions/…, see Properties in the portal), or set {KEY}"
        )
    return replace(address, token=f"aad#{credential.resource_id}#{credential.token()}")
