import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from asr.azure.azure_error import AzureError
from asr.azure.credential import SPARE, find_credential
from asr.errors import SettingsError

REGION = "https://westeurope.api.cognitive.microsoft.com"
OWN = "https://mine.cognitiveservices.azure.com"
KEY = "0123456789abcdef0123456789abcdef"


@dataclass
class SignedIn:
    """What azure-identity gives: tokens that hold for an hour."""

    clock: list[float]
    scopes: list[str] = field(default_factory=list)
    failure: Exception | None = None
    asked: int = 0

    def get_token(self, *scopes: str) -> Any:
        self.asked += 1
        if self.failure:
            raise self.failure
        time.sleep(0.02)  # long enough for other threads to ask as well
        self.scopes += scopes
        return type("Token", (), {"token": f"token-{len(self.scopes)}", "expires_on": int(self.clock[0]) + 3600})()


def entra(source: SignedIn, address: str = OWN, **environ: str) -> Any:
    return find_credential(environ, address, entra=lambda: source, now=lambda: source.clock[0])


def test_a_key_comes_before_entra() -> None:
    source = SignedIn([0.0])
    credential = entra(source, REGION, AZURE_SPEECH_KEY=KEY, AZURE_SPEECH_RESOURCE_ID="/subscriptions/1 ")
    assert credential.headers() == {"Ocp-Apim-Subscription-Key": KEY}
    assert (credential.key, credential.token(), credential.resource_id) == (KEY, "", "/subscriptions/1")
    assert source.scopes == []


@pytest.mark.parametrize(
    ("key", "flaw"),
    [
        (f"{KEY}\n", "end of line"),
        (f" {KEY}", "a space"),
        ("0123456789abcde\u00a00123456789abcdef", "a space"),
        (f"{KEY[:-1]}\u0456", "signs that no key has"),
        (f"{KEY}\x07", "signs that no key has"),
        ("short", "5 characters"),
        ("k" * 513, "513 characters"),
    ],
    ids=["newline", "space", "hard space", "cyrillic", "bell", "short", "long"],
)
def test_what_cannot_be_a_key_is_refused_and_not_shown(key: str, flaw: str) -> None:
    with pytest.raises(SettingsError, match=f"AZURE_SPEECH_KEY is no key: .*{flaw}") as raised:
        find_credential({"AZURE_SPEECH_KEY": key}, REGION)
    assert key.strip() not in str(raised.value) and "\n" not in str(raised.value)


def test_a_key_is_in_no_text() -> None:
    credential = find_credential({"AZURE_SPEECH_KEY": KEY}, REGION)
    assert KEY not in f"{credential!r} {credential}"


def test_entra_asks_for_a_token_and_keeps_it_until_shortly_before_its_end() -> None:
    source = SignedIn([1000.0])
    credential = entra(source)
    assert credential.headers() == {"Authorization": "Bearer token-1"}
    source.clock[0] += 3600 - SPARE
    assert credential.token() == "token-1"
    source.clock[0] += 1
    assert credential.token() == "token-2"
    assert source.scopes == ["https://cognitiveservices.azure.com/.default"] * 2
    assert "token-" not in repr(credential)


def test_many_threads_ask_for_one_token() -> None:
    source = SignedIn([1000.0])
    credential = entra(source)
    threads = [threading.Thread(target=credential.token) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(source.scopes) == 1


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("https://mine.cognitiveservices.azure.us", "https://cognitiveservices.azure.us/.default"),
        ("https://mine.cognitiveservices.azure.cn", "https://cognitiveservices.azure.cn/.default"),
    ],
)
def test_other_clouds_have_tokens_of_their_own(address: str, scope: str) -> None:
    source = SignedIn([0.0])
    entra(source, address).token()
    assert source.scopes == [scope]


@pytest.mark.parametrize(
    "address", [REGION, "http://127.0.0.1:8000", "https://cognitiveservices.azure.com", "https://x.azure.com.evil.net"]
)
def test_entra_needs_a_custom_domain(address: str) -> None:
    with pytest.raises(SettingsError, match=r"custom domain only: set AZURE_SPEECH_KEY .*or azure\.address"):
        entra(SignedIn([0.0]), address)


def test_nothing_to_sign_in_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(SettingsError, match=r"set AZURE_SPEECH_KEY .*wergate\[entra\].*az login") as raised:
        find_credential({"AZURE_SPEECH_KEY": ""}, OWN)
    assert "\n" not in str(raised.value)


def test_a_failed_sign_in_is_one_line_with_a_mend() -> None:
    source = SignedIn([0.0], failure=RuntimeError("DefaultAzureCredential failed.\nAttempted: eyJsecretsecret.a.b"))
    with pytest.raises(
        AzureError, match=r"signing in with Entra: DefaultAzureCredential failed\.; .*az login"
    ) as raised:
        entra(source).headers()
    assert "\n" not in str(raised.value) and "eyJ" not in str(raised.value)
    assert raised.value.__context__ is None, "what azure-identity raises holds its requests"


def test_a_sign_in_that_fails_once_ends_nothing_while_the_last_one_holds() -> None:
    source = SignedIn([1000.0])
    credential = entra(source)
    assert credential.token() == "token-1"
    source.failure = OSError("login.microsoftonline.com: temporary failure in name resolution")
    source.clock[0] += 3600 - SPARE + 1
    asked = source.asked
    assert [credential.token() for _ in range(50)] == ["token-1"] * 50
    assert source.asked == asked + 1, "who is away is not asked fifty times at once"
    source.clock[0] += 60
    assert credential.token() == "token-1" and source.asked == asked + 2
    source.failure = None
    source.clock[0] += 60
    assert credential.token() == "token-2"


def test_after_its_end_the_failure_passes_for_who_was_signed_in_before() -> None:
    source = SignedIn([1000.0], failure=OSError("no network"))
    credential = entra(source)
    with pytest.raises(AzureError, match="no network") as first:
        credential.token()
    assert not first.value.passing
    source.failure = None
    credential.token()
    source.failure = OSError("no network")
    source.clock[0] += 3600
    with pytest.raises(AzureError, match=r"signing in with Entra: no network; sign in \(`az login`\)") as later:
        credential.headers()
    assert later.value.passing
    assert credential.secrets == ("token-1",), "what was sent is still not shown"
    source.failure = None
    assert credential.token() == "token-2"


def test_the_real_azure_identity_finds_nobody_here(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("azure.identity")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    with pytest.raises(AzureError, match=r"signing in with Entra: .*az login"):
        find_credential({}, OWN).token()
