"""Which proxy an encrypted address is reached by, as the environment says."""

import os

import pytest

from asr.azure.proxy import Proxy, find_proxy
from asr.errors import SettingsError

LIVE = "wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?cid=1"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that runs the tests may have one."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.test:8080"}, Proxy("proxy.test", 8080)),
        ({"https_proxy": "proxy.test:3128"}, Proxy("proxy.test", 3128)),
        ({"HTTPS_PROXY": "HTTP://proxy.test"}, Proxy("proxy.test", 80)),
        ({"ALL_PROXY": "http://[::2]:8080/"}, Proxy("::2", 8080)),
        ({"HTTP_PROXY": "http://proxy.test:8080"}, None),
        ({"HTTPS_PROXY": "http://me:p%40ss%3A@proxy.test:8080"}, Proxy("proxy.test", 8080, "me", "p@ss:")),
        ({"HTTPS_PROXY": "http://proxy.test:8080", "NO_PROXY": "other.com, .microsoft.com"}, None),
        ({"HTTPS_PROXY": "http://proxy.test:8080", "NO_PROXY": "westeurope.stt.speech.microsoft.com:443"}, None),
        ({"HTTPS_PROXY": "http://proxy.test:8080", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy.test:8080", "NO_PROXY": "soft.com"}, Proxy("proxy.test", 8080)),
    ],
    ids=[
        "none",
        "https",
        "small-letters",
        "no-port",
        "all",
        "http-only",
        "user",
        "no-proxy-domain",
        "no-proxy-port",
        "no-proxy-at-all",
        "no-proxy-other",
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], proxy: Proxy | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert find_proxy(LIVE) == proxy


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_is_asked_directly(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:8080")
    assert find_proxy(f"ws://{host}:8765/stt") is None
    assert find_proxy(LIVE) is not None


@pytest.mark.parametrize(
    "address",
    ["https://me:secret@proxy.test:1", "socks5://me:secret@proxy.test:1", "http://me:secret@", "http://me:secret@x:y"],
    ids=["https", "socks", "no-host", "no-port"],
)
def test_what_the_speech_sdk_cannot_use_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(SettingsError, match=r"^HTTPS_PROXY .*http://HOST:PORT") as raised:
        find_proxy(LIVE)
    assert "secret" not in str(raised.value) and "\n" not in str(raised.value)
    assert raised.value.__context__ is None


def test_a_password_is_in_no_text() -> None:
    assert "secret" not in f"{Proxy('proxy.test', 1, 'me', 'secret')!r}"
