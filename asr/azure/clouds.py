"""Azure's clouds: where a region of each is asked, by name alone, and which names belong to the same one."""

from dataclasses import dataclass

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""This machine, the only one that is asked without encryption."""


@dataclass(frozen=True)
class _Cloud:
    regions: str
    """What their names begin with."""
    api: str
    live: str
    custom: str
    """What the names of custom domains end with."""


_CLOUDS = (
    _Cloud("usgov", "api.cognitive.microsoft.us", "stt.speech.azure.us", "cognitiveservices.azure.us"),
    _Cloud("china", "api.cognitive.azure.cn", "stt.speech.azure.cn", "cognitiveservices.azure.cn"),
    _Cloud("", "api.cognitive.microsoft.com", "stt.speech.microsoft.com", "cognitiveservices.azure.com"),
)


def api_host(region: str) -> str:
    """Where a region is asked."""
    return f"{region}.{_cloud(region).api}"


def live_host(region: str) -> str:
    """Where a region takes live audio."""
    return f"{region}.{_cloud(region).live}"


def is_one_cloud(*hosts: str) -> bool:
    """Whether all of them are names of Speech resources, and of the same cloud."""
    return any(all(host.endswith((f".{cloud.api}", f".{cloud.custom}")) for host in hosts) for cloud in _CLOUDS)


def _cloud(region: str) -> _Cloud:
    return next(cloud for cloud in _CLOUDS if region.startswith(cloud.regions))
