"""Where the service is asked: its own address and no other, whatever a link of an answer says."""

from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from asr.azure.azure_error import AzureError
from asr.azure.clouds import LOOPBACK, is_one_cloud
from asr.errors import SettingsError

_PREFIX = "/speechtotext/"


class ServiceAddress:
    """The address of one Speech resource, and what its calls are called.

    Raises:
        SettingsError: it would send the key in the clear, or is no address.
    """

    def __init__(self, address: str, api_version: str) -> None:
        self._parts = _split(address)
        self.host = self._parts.hostname or ""
        self.is_this_machine = self.host in LOOPBACK
        if not self.host or not (
            self._parts.scheme == "https" or (self._parts.scheme == "http" and self.is_this_machine)
        ):
            raise SettingsError("no address of the service: set azure.region, or azure.address to https://…")
        self.origin = f"{self._parts.scheme}://{self._parts.netloc.rpartition('@')[2]}"
        self._api_version = api_version

    def url(self, path: str, query: Mapping[str, str | int]) -> str:
        """Where a path below `/speechtotext/`, or a link of this service, is asked; with the version always.

        Raises:
            AzureError: the link leads to another place.
        """
        asked = dict(query)
        if "://" in path or path.startswith("/"):
            link = self._link(path)
            path, asked = link.path.removeprefix(_PREFIX), {**dict(parse_qsl(link.query)), **asked}
        return f"{self.origin}{_PREFIX}{path}?{urlencode({**asked, 'api-version': self._api_version})}"

    def may_be_fetched(self, url: str) -> bool:
        """Whether a file may be fetched from an address: encrypted, or from this machine if the service is there."""
        parts = _split(url)
        return parts.scheme == "https" or (
            parts.scheme == "http" and self.is_this_machine and parts.hostname in LOOPBACK
        )

    def _link(self, url: str) -> SplitResult:
        link = _split(url)
        if not (self._is_ours(link) and link.path.startswith(_PREFIX)):
            raise AzureError(
                f"the service links to another place ({(link.hostname or 'no address')[:100]}), which is not asked",
                mend=f"check azure.address ({self.origin})",
            )
        return link

    def _is_ours(self, link: SplitResult) -> bool:
        if _origin(link) == _origin(self._parts):
            return True
        # A resource that is asked by its own name may answer with the name of its region. It is asked at its own name
        # in any case.
        origins = [_origin(one) for one in (link, self._parts)]
        return is_one_cloud(*(host or "" for _, host, _ in origins)) and all(
            (scheme, port) == ("https", 443) for scheme, _, port in origins
        )


def _split(address: str) -> SplitResult:
    """The parts of an address; of one that is none, nothing."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # it is read, and can be wrong, only now
    except ValueError:
        return urlsplit("")
    return parts


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
