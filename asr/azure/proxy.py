"""Which proxy stands between: that of the environment (HTTPS_PROXY, NO_PROXY), for what does not look there itself."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from asr.azure.clouds import LOOPBACK
from asr.errors import SettingsError

_PORT = 80
"""Where none is named, as for any other address of HTTP."""


@dataclass(frozen=True)
class Proxy:
    """Where a proxy listens, and who may use it."""

    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def find_proxy(url: str) -> Proxy | None:
    """The proxy for an encrypted address (`https://`, `wss://`); None for one of this machine, or of NO_PROXY.

    Where HTTPS_PROXY is not set, that of ALL_PROXY. On macOS and Windows the settings of the system count as well.

    Raises:
        SettingsError: it is no address of a proxy, or one that is not asked by plain HTTP.
    """
    asked = urlsplit(url)
    host = asked.hostname or ""
    found = getproxies()
    address = found.get("https") or found.get("all")
    if not address or host in LOOPBACK or proxy_bypass(f"{host}:{asked.port or 443}"):
        return None
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        port = parts.port or _PORT
    except ValueError:  # its text may hold the password
        parts, port = urlsplit(""), _PORT
    if parts.scheme.lower() != "http" or not parts.hostname:
        # The address itself is not shown: it may hold a password.
        raise SettingsError("HTTPS_PROXY (or ALL_PROXY): live recognition needs a proxy at http://HOST:PORT; set it so")
    return Proxy(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))
