"""Calls to one Speech resource: signed in, within its limits, repeated where that is safe, and never made twice."""

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from asr.azure.azure_error import AzureError, Expired, Stopped, TimedOut, refused
from asr.azure.back_off import Patience, skew, wished
from asr.azure.credential import Credential
from asr.azure.error_body import is_page
from asr.azure.exchange import Answer, Failure, Request, exchange, hide_queries_in_logs, open_client
from asr.azure.options import API_VERSION
from asr.azure.rate_budget import RateBudget, shared_budget
from asr.azure.service_address import ServiceAddress

log = logging.getLogger(__name__)

_LARGEST = 64 << 20  # bytes of an answer
_LOOKS = 3  # whether a call took effect that was not answered: the service may still be at it
_AT_ONCE = 32  # connections


class Connection:
    """A way to the resource at `address`, for several threads; a context manager.

    The key goes to this address and nowhere else: redirects are not followed, links to other places are refused.
    `stop` ends every wait at once when it is set; so does Ctrl-C in the main thread. `clock` tells the seconds of
    waits, `now` those since 1970, and `wait` waits so many and says whether to stop.

    Raises:
        SettingsError: the address would send the key in the clear, or is none; or that of a proxy is none.
    """

    def __init__(
        self,
        address: str,
        credential: Credential,
        *,
        api_version: str = API_VERSION,
        stop: threading.Event | None = None,
        patience: Patience | None = None,
        budget: RateBudget | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        wait: Callable[[float], bool] | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.address = ServiceAddress(address, api_version)
        self.credential = credential
        self.stop = stop or threading.Event()
        self.patience = patience or Patience()
        self.clock, self.now = clock, now
        self._budget = budget or shared_budget(self.address.origin)
        self._wait_for = wait
        self._uniform = uniform
        self._was_reached = False
        hide_queries_in_logs()
        self._client = open_client(_AT_ONCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open to the service."""
        self._client.close()

    def branch(self) -> "Connection":
        """The same way with a `stop` of its own, which is set when this one's is, but not the other way round."""
        other = copy(self)
        other.stop = _Branch(self.stop)
        return other

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Any = None,
        content: bytes | Sequence[bytes] | None = None,
        content_type: str = "application/json",
        deadline: float | None = None,
        silence: float | None = None,
        found: Callable[[], Answer | None] | None = None,
    ) -> Answer:
        """Ask `{address}/speechtotext/{path}`, or the address of a link of this service, until there is an answer.

        `body` becomes JSON, `content` goes as it is. `deadline` and `silence` (without a byte) are seconds; by default
        those of `patience`. A POST that was not answered clearly is repeated only if `found` is given and finds
        nothing; what it finds is the answer.

        Raises:
            NotThere, InUse: the service says so.
            TimedOut: the deadline has passed.
            Stopped: `stop` was set.
            AzureError: any other failure; also an answer that is a web page, or no JSON where it says JSON.
        """
        url = self.address.url(path, query or {})
        doing = f"{method} {urlsplit(url).path.removeprefix('/speechtotext/')}"
        parts = [content] if isinstance(content, bytes) else list(content or ())
        if body is not None:
            parts = [json.dumps(body, ensure_ascii=False).encode()]
        typed = {"Content-Type": content_type} if parts else {}
        until = self._until(deadline)

        def attempt() -> Answer | Failure:
            self._wait(self._budget.reserve(), until, doing, "too many calls at once")
            headers = {"Accept": "application/json", **typed, **self.credential.headers()}
            return self._exchange(Request(method, url, headers, parts), until, _LARGEST, silence)

        def again() -> Answer | None:
            if method != "POST" or found is None:
                return None
            for look in range(_LOOKS):
                if look:
                    self._wait(self.patience.ceiling(look), until, doing, "it is not clear whether it was done")
                if there := found():
                    return there
            return None

        return self._until_answered(attempt, again, method != "POST" or found is not None, doing, until)

    def download(self, url: str, most: int, *, deadline: float | None = None) -> bytes:
        """The file at an address that is itself the permission to read it; the key is not sent.

        `most`: bytes; a file that has more is refused.

        Raises:
            Expired: the permission has run out.
            AzureError: as `call`.
        """
        doing = "download of a file"
        if not self.address.may_be_fetched(url):
            raise AzureError("its address does not begin with https://", doing=doing, mend="check azure.address")
        until = self._until(deadline)

        def attempt() -> Answer | Failure:
            return self._exchange(Request("GET", url), until, most, None)

        return self._until_answered(attempt, lambda: None, True, doing, until, is_file=True).body

    def pause(self, seconds: float, doing: str) -> None:
        """Wait. Raises Stopped."""
        if self.stop.is_set() or (seconds > 0 and (self._wait_for or self.stop.wait)(seconds)):
            raise Stopped("stopped", doing=doing)

    def _until_answered(
        self,
        attempt: Callable[[], Answer | Failure],
        again: Callable[[], Answer | None],
        may_repeat: bool,
        doing: str,
        until: float,
        is_file: bool = False,
    ) -> Answer:
        tries = 0
        while True:
            tries += 1
            self.pause(0, doing)
            outcome = attempt()
            problem = self._problem(outcome, doing, is_file)
            if problem is None:
                assert isinstance(outcome, Answer)
                return outcome
            self.pause(0, doing)  # an exchange that was stopped is a failure, and not the one to tell
            if not problem.passing:
                raise problem
            is_unclear = outcome.may_have_worked if isinstance(outcome, Failure) else outcome.status != 429
            if is_unclear and not may_repeat:
                raise _unclear(problem)
            if tries >= self.patience.attempts:
                raise problem
            wish = wished(outcome.headers, self.now()) if isinstance(outcome, Answer) else None
            seconds = max(wish or 0.0, self._uniform(0, self.patience.ceiling(tries)))
            log.info("%s; trying again in %.1f s", problem, seconds)
            self._wait(seconds, until, doing, problem.message)
            if is_unclear and (there := again()):
                return there

    def _until(self, deadline: float | None) -> float:
        return self.clock() + (self.patience.seconds if deadline is None else deadline)

    def _wait(self, seconds: float, until: float, doing: str, why: str) -> None:
        left = until - self.clock()
        if seconds > left or left <= 0:
            raise TimedOut(f"not done in the time given ({why})", doing=doing, mend="run again later", passing=True)
        self.pause(seconds, doing)

    def _exchange(self, request: Request, until: float, most: int, silence: float | None) -> Answer | Failure:
        outcome = exchange(
            self._client,
            request,
            connect=self.patience.connect,
            silence=silence or self.patience.silence,
            most=most,
            left=lambda: until - self.clock(),
            is_stopped=self.stop.is_set,
        )
        if isinstance(outcome, Answer):
            self._was_reached = True
        return outcome

    def _problem(self, outcome: Answer | Failure, doing: str, is_file: bool) -> AzureError | None:
        """What is wrong with it; `passing` says whether it is worth another try."""
        if isinstance(outcome, Failure):
            is_final = outcome.is_final or (outcome.is_unreachable and not self._was_reached)
            where = f" ({self.address.host})" if outcome.is_unreachable and not is_file else ""
            return AzureError(outcome.reason + where, doing=doing, mend=outcome.mend, passing=not is_final)
        kind = outcome.headers.get("content-type", "")
        if 200 <= outcome.status < 300 and not is_page(b"" if is_file else outcome.body, kind):
            is_whole = is_file or "json" not in kind or not outcome.body or outcome.is_json
            return None if is_whole else AzureError("half an answer came", doing=doing, mend="run again", passing=True)
        off = skew(outcome.headers, self.now())
        error = refused(outcome.status, outcome.body, kind, doing=doing, secrets=self.credential.secrets, skew=off)
        if is_file and outcome.status in (401, 403):
            return Expired(error.message, doing=doing, status=outcome.status, code=error.code, mend="run again")
        return error


class _Branch(threading.Event):
    """Set when it is set, or when the one it branches from is."""

    _STEP = 0.1  # seconds between two looks at the other

    def __init__(self, trunk: threading.Event) -> None:
        super().__init__()
        self._trunk = trunk

    def is_set(self) -> bool:
        return super().is_set() or self._trunk.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        end = None if timeout is None else time.monotonic() + timeout
        while not self.is_set() and (end is None or time.monotonic() < end):
            super().wait(self._STEP if end is None else min(self._STEP, max(end - time.monotonic(), 0)))
        return self.is_set()


def _unclear(problem: AzureError) -> AzureError:
    return AzureError(
        f"{problem.message}; it may have been done all the same",
        doing=problem.doing,
        status=problem.status,
        code=problem.code,
        mend="look in Speech Studio, then run again",
        passing=True,
    )
