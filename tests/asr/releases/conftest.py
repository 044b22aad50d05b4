from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.asr.releases.hub_server import WRITES, Hub, serve


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub on this machine that the real client talks to, with a token that may write."""
    from huggingface_hub import constants
    from huggingface_hub.utils import _http

    with serve() as server:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # weights go through Git LFS
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, server.endpoint)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
        monkeypatch.setattr(_http, "time", SimpleNamespace(sleep=lambda _seconds: None))  # between its attempts
        monkeypatch.setenv("HF_TOKEN", WRITES)
        yield server
