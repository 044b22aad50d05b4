"""One HTTP exchange: it ends with an answer or with what went wrong, never with an exception of the HTTP client.

Those hold the request, and the request holds the key.
"""

import json
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from asr.azure.clouds import LOOPBACK
from asr.errors import SettingsError, causes

if TYPE_CHECKING:
    import httpx2

_CHUNK = 1 << 18  # bytes between two looks at the clock
_REFUSAL = 1 << 18  # bytes that are read of what says why not
_QUERY = re.compile(r"\?[^\s\"']*")


@dataclass(frozen=True)
class Request:
    """What is asked: the body is in parts, so that a large one need not be copied."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parts: Sequence[bytes] = field(default=(), repr=False)


@dataclass(frozen=True)
class Answer:
    """What was answered; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @cached_property
    def content(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON, and all of it."""
        try:
            self.content  # noqa: B018  # kept for who reads it
        except ValueError:
            return False
        return True


@dataclass(frozen=True)
class Failure:
    """No answer, or half of one."""

    reason: str
    mend: str = "check the network and run again"
    may_have_worked: bool = True
    """The service may have done what was asked."""
    is_final: bool = False
    """The same again would fail the same."""
    is_unreachable: bool = False
    """There is nobody at this address, or nobody to be trusted."""


class _Cut(Exception):
    """The exchange is ended from this side."""


def open_client(connections: int) -> "httpx2.Client":
    """A client for so many connections at once, through the proxy of the environment; this machine is asked directly.

    No header of it says who asks: it also fetches files from other places.

    Raises:
        SettingsError: the address of a proxy is none.
    """
    import httpx2

    try:
        return httpx2.Client(
            headers={"User-Agent": "wergate"},
            limits=httpx2.Limits(max_connections=connections, keepalive_expiry=30),
            # What is not encrypted, a proxy can read, and a key with it.
            mounts={f"all://{f'[{host}]' if ':' in host else host}": None for host in LOOPBACK},
        )
    except (ImportError, ValueError, httpx2.InvalidURL):  # their text may hold a password
        pass
    raise SettingsError(
        "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY holds no address of a proxy that can be used; set it to http://HOST:PORT"
    )


def exchange(
    client: "httpx2.Client",
    request: Request,
    *,
    connect: float,
    silence: float,
    most: int,
    left: Callable[[], float],
    is_stopped: Callable[[], bool],
) -> Answer | Failure:
    """Send, and read at most `most` bytes of a success.

    `connect` and `silence` are seconds; `left` tells the seconds until the deadline, and ends the exchange at 0, as
    `is_stopped` does.
    """
    import httpx2

    def is_over() -> bool:
        return is_stopped() or left() <= 0

    silence = max(min(silence, left()), 0.01)
    timeout = httpx2.Timeout(silence, connect=max(min(connect, left()), 0.01))
    headers = {**request.headers}
    if request.parts:
        headers["Content-Length"] = str(sum(map(len, request.parts)))
    body = bytearray()
    try:
        content = _chunks(request.parts, is_over) if request.parts else None
        with client.stream(
            request.method, request.url, headers=headers, content=content, timeout=timeout, follow_redirects=False
        ) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if not response.is_success and len(body) > _REFUSAL:
                    break
                if response.is_success and len(body) > most:
                    return Failure(f"more than {most} bytes were answered", "run again", is_final=True)
                if is_over():
                    raise _Cut
            return Answer(
                response.status_code, {name.lower(): value for name, value in response.headers.items()}, bytes(body)
            )
    except _Cut:
        return Failure("too slow")
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError) as error:
        return _failure(error)


def hide_queries_in_logs() -> None:
    """Let the HTTP client log addresses without their query: in those of files it is the permission to read."""
    logger = logging.getLogger("httpx2")
    if not any(isinstance(one, _WithoutQueries) for one in logger.filters):
        logger.addFilter(_WithoutQueries())


class _WithoutQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub("", record.getMessage()), ()
        return True


def _chunks(parts: Sequence[bytes], is_over: Callable[[], bool]) -> Iterator[bytes]:
    for part in parts:
        for at in range(0, len(part), _CHUNK):
            if is_over():
                raise _Cut
            yield part[at : at + _CHUNK]


def _failure(error: Exception) -> Failure:
    import httpx2

    chain = list(causes(error))
    names = [one for one in chain if isinstance(one, socket.gaierror)]
    if names:
        # EAI_AGAIN says that the name server could not be asked, so nothing is known of the name.
        return Failure(
            "there is no such host",
            "check azure.region and azure.address, and the network",
            may_have_worked=False,
            is_unreachable=names[0].errno != socket.EAI_AGAIN,
        )
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in chain):
        return Failure(
            "this machine does not trust the certificate",
            "set the clock right; behind a proxy that reads along, set SSL_CERT_FILE to its certificate",
            may_have_worked=False,
            is_unreachable=True,
        )
    match error:
        case httpx2.ProxyError():
            return Failure(
                "the proxy refuses the connection",
                "check HTTPS_PROXY and NO_PROXY",
                may_have_worked=False,
                is_final=True,
            )
        case httpx2.InvalidURL() | httpx2.UnsupportedProtocol() | httpx2.LocalProtocolError():
            return Failure(
                f"it cannot be asked like this ({type(error).__name__})",
                "check azure.address",
                may_have_worked=False,
                is_final=True,
            )
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return Failure("no connection", "check the network, HTTPS_PROXY and azure.address", may_have_worked=False)
        case httpx2.TimeoutException():
            return Failure("no answer came")
        case _:
            return Failure(f"the connection broke ({type(error).__name__})")
