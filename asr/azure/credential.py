"""Who asks the Speech resource: a key, or whoever is signed in with Entra."""

import logging
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from asr.azure.azure_error import AzureError
from asr.azure.safe_text import safe_text
from asr.errors import SettingsError, UserError

log = logging.getLogger(__name__)

KEY, RESOURCE_ID = "AZURE_SPEECH_KEY", "AZURE_SPEECH_RESOURCE_ID"
SPARE = 300.0
"""Seconds before its end from which on a token is asked for anew."""

_AGAIN = 20.0  # seconds between two tries while the last token still holds

_WELL_FORMED = re.compile(r"[\x21-\x7e]{8,512}")
_CLOUDS = (".cognitiveservices.azure.com", ".cognitiveservices.azure.us", ".cognitiveservices.azure.cn")


class AccessToken(Protocol):
    """A token and when it ends, in seconds since 1970; as in azure-core."""

    @property
    def token(self) -> str:
        """What is sent."""

    @property
    def expires_on(self) -> int:
        """When it ends."""


class TokenSource(Protocol):
    """What azure-identity calls a credential."""

    def get_token(self, *scopes: str) -> AccessToken:
        """A token for these scopes."""


class _Tokens:
    """The last token, asked for anew before it ends; for several threads."""

    def __init__(self, source: TokenSource, scope: str, now: Callable[[], float]) -> None:
        self._source, self._scope, self._now = source, scope, now
        self._lock = threading.Lock()
        self.last = ""
        self._ends, self._next = 0.0, -math.inf

    def token(self) -> str:
        with self._lock:
            if self._now() > self._next:
                self._renew()
            return self.last

    def _renew(self) -> None:
        problem = ""
        try:
            got = self._source.get_token(self._scope)
        except UserError:
            raise
        except Exception as error:  # azure-identity has a dozen, and its parts more
            problem = safe_text(str(error).strip().partition("\n")[0] or type(error).__name__)
        # Not within `except`: what azure-identity raises holds its requests, and those hold secrets.
        if not problem:
            self.last, self._ends = got.token, float(got.expires_on)
            self._next = self._ends - SPARE
        elif self.last and self._now() < self._ends:
            log.info("signing in with Entra: %s; the sign-in before holds on, another try later", problem)
            self._next = min(self._now() + _AGAIN, self._ends)
        else:
            # Who was signed in once has only lost the connection, or will sign in again: a wait of days goes on.
            mend = f"sign in (`az login`), or set {KEY}"
            raise AzureError(problem, doing="signing in with Entra", mend=mend, passing=bool(self.last))


@dataclass(frozen=True)
class Credential:
    """A key, or an Entra sign-in that makes tokens; neither is ever shown."""

    key: str = field(default="", repr=False)
    resource_id: str = ""
    """The Speech resource's own id in Azure; the Speech SDK wants it beside a token."""
    tokens: _Tokens | None = field(default=None, repr=False)

    def token(self) -> str:
        """A token that holds for some minutes more; empty where a key is used.

        Raises:
            AzureError: nobody is signed in.
        """
        return self.tokens.token() if self.tokens else ""

    def headers(self) -> dict[str, str]:
        """What a call needs to say who asks."""
        if self.key:
            return {"Ocp-Apim-Subscription-Key": self.key}
        return {"Authorization": f"Bearer {self.token()}"}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What was sent and must never be shown; nobody is asked for it."""
        return tuple(filter(None, (self.key, self.tokens.last if self.tokens else "")))


def find_credential(
    environ: Mapping[str, str],
    address: str,
    *,
    entra: Callable[[], TokenSource] | None = None,
    now: Callable[[], float] = time.time,
) -> Credential:
    """The key of the environment (AZURE_SPEECH_KEY), else whoever azure-identity finds signed in.

    `address` is the one of the service; `entra` makes a source of tokens, by default `DefaultAzureCredential`.

    Raises:
        SettingsError: there is no way to sign in, the key cannot be one, or Entra cannot be used at this address.
    """
    resource = environ.get(RESOURCE_ID, "").strip()
    if key := environ.get(KEY, ""):
        if not _WELL_FORMED.fullmatch(key):
            raise SettingsError(
                f"{KEY} is no key: {_flaw(key)}; copy it again from Keys and Endpoint of the Speech resource"
            )
        return Credential(key=key, resource_id=resource)
    host = urlsplit(address).hostname or ""
    cloud = next((one for one in _CLOUDS if host.endswith(one) and host != one[1:]), None)
    source = entra or _default_credential()
    if source is None:
        raise SettingsError(
            f"nothing to sign in to Azure with: set {KEY} in the environment, or install wergate[entra] and sign in "
            "(az login)"
        )
    if cloud is None:
        raise SettingsError(
            f"{KEY} is not set, and signing in with Entra works at the resource's custom domain only: set {KEY} in the "
            f"environment, or azure.address to https://NAME{_CLOUDS[0]}"
        )
    return Credential(resource_id=resource, tokens=_Tokens(source(), f"https://{cloud[1:]}/.default", now))


def _default_credential() -> Callable[[], TokenSource] | None:
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError:
        return None
    return DefaultAzureCredential


def _flaw(key: str) -> str:
    if any(sign.isspace() for sign in key):
        return "it holds a space or an end of line"
    if not key.isascii() or not key.isprintable():
        return "it holds signs that no key has"
    return f"it has {len(key)} characters"
