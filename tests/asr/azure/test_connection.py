import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from asr.azure.azure_error import AzureError, Expired, InUse, NotThere, Stopped, TimedOut
from asr.azure.back_off import LONGEST_WISH, Patience, wished
from asr.azure.connection import Connection
from asr.azure.credential import Credential, find_credential
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Dataset
from asr.azure.exchange import Answer
from asr.azure.rate_budget import RateBudget, shared_budget
from asr.azure.service_address import ServiceAddress
from asr.errors import SettingsError

FINE = {"ok": True}


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.seconds += seconds
        return False


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slow(connect: Callable[..., Connection], clock: Clock) -> Connection:
    """A connection that waits as long as it should, by a clock that does not."""
    return connect(patience=Patience(), clock=clock, wait=clock.wait, uniform=lambda low, high: high)


def test_a_call_has_the_key_the_version_and_its_query(server: Any, connect: Any, reply: Any, key: str) -> None:
    server.replies(reply(200, FINE))
    answer = connect().call("GET", "datasets", query={"filter": "displayName eq 'a+b/é'", "top": 5})
    (asked,) = server.asked
    assert asked.path == "/speechtotext/datasets"
    assert asked.query == {"filter": "displayName eq 'a+b/é'", "top": "5", "api-version": "2025-10-15"}
    assert asked.headers["ocp-apim-subscription-key"] == key
    assert answer.status == 200 and answer.content == FINE


def test_a_body_is_json_and_content_goes_as_it_is(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(201, FINE))
    connection = connect()
    connection.call("POST", "models", body={"name": "é"})
    connection.call("PUT", "x", content=(b"a" * 300_000, b"", b"b"), content_type="application/octet-stream")
    first, second = server.asked
    assert first.content == {"name": "é"} and first.headers["content-type"] == "application/json"
    assert second.body == b"a" * 300_000 + b"b" and second.headers["content-length"] == "300001"
    assert second.headers["content-type"] == "application/octet-stream"


def test_a_link_of_this_service_is_followed_and_of_another_is_not(
    server: Any, connect: Any, reply: Any, key: str
) -> None:
    server.replies(reply(200, FINE))
    connection = connect()
    connection.call("GET", f"{server.address}/speechtotext/datasets?skip=100&api-version=2024-11-15")
    assert server.asked[0].query == {"skip": "100", "api-version": "2025-10-15"}
    for link in (
        "https://evil.example/speechtotext/datasets",
        server.address.replace("127.0.0.1", "localhost") + "/speechtotext/datasets",
        server.address.replace("http://", "http://x@evil.example:1/"),
        f"{server.address}/other/datasets",
        "//evil.example/speechtotext/datasets",
        "http://[",
        "http://127.0.0.1:99999999/speechtotext/",
    ):
        with pytest.raises(AzureError, match="links to another place"):
            connection.call("GET", link)
    assert len(server.asked) == 1


def test_a_resource_may_answer_with_the_name_of_its_region() -> None:
    own = Connection("https://mine.cognitiveservices.azure.com", Credential(key="k" * 32))
    region = "https://eastus.api.cognitive.microsoft.com/speechtotext/datasets?skip=1"
    assert own.address.url(region, {}) == (
        "https://mine.cognitiveservices.azure.com/speechtotext/datasets?skip=1&api-version=2025-10-15"
    )
    for link in (
        region.replace("https", "http"),
        region.replace(".com/", ".com:8443/"),
        region.replace(".com/", ".com.x/"),
    ):
        with pytest.raises(AzureError, match="links to another place"):
            own.address.url(link, {})


@pytest.mark.parametrize("cloud", [("us", "microsoft.us"), ("cn", "azure.cn")], ids=["government", "china"])
def test_so_may_one_of_another_cloud_but_not_with_that_of_a_third(cloud: tuple[str, str]) -> None:
    address = ServiceAddress(f"https://mine.cognitiveservices.azure.{cloud[0]}", "2025-10-15")
    link = f"https://region.api.cognitive.{cloud[1]}/speechtotext/datasets"
    assert address.url(link, {}).startswith(f"{address.origin}/speechtotext/datasets?")
    with pytest.raises(AzureError, match="links to another place"):
        address.url(link.replace(cloud[1], "microsoft.com"), {})


@pytest.mark.parametrize("address", ["", "http://example.com", "ftp://127.0.0.1", "westeurope"])
def test_a_key_is_never_sent_in_the_clear(address: str) -> None:
    with pytest.raises(SettingsError, match=r"azure\.region"):
        Connection(address, Credential(key="k" * 32))


def test_no_proxy_sees_a_key_that_is_not_encrypted(
    server: Any, connect: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.replies(reply(200, FINE))
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.5)
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        connection = connect()
        assert connection.call("GET", "models").content == FINE
        assert connection.download(f"{server.address.replace('127.0.0.1', 'localhost')}/blob", 100)
        with pytest.raises(TimeoutError):
            proxy.accept()
        assert len(server.asked) == 2
        asked: list[bytes] = []
        threading.Thread(target=lambda: asked.append(_one_request(proxy)), daemon=True).start()
        away = Connection("https://speech.example.test", Credential(key="k" * 32), patience=Patience(attempts=1))
        with away, pytest.raises(AzureError):
            away.call("GET", "models")
        assert asked[0].startswith(b"CONNECT speech.example.test:443"), "others are asked through it, and encrypted"


def _one_request(listening: socket.socket) -> bytes:
    client, _ = listening.accept()
    with client:
        return client.recv(2000)


@pytest.mark.parametrize("address", ["ftp://me:secret@x:1", "http://me:secret@x:y"], ids=["scheme", "port"])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_the_address_of_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch, name: str, address: str) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(SettingsError, match=f"{name}.*set it to http://HOST:PORT") as raised:
        Connection("https://speech.example.test", Credential(key="k" * 32))
    assert "secret" not in str(raised.value) and raised.value.__context__ is None


def test_a_wait_outlasts_a_sign_in_that_fails(server: Any, connect: Any, reply: Any, clock: Clock) -> None:
    """The name of the sign-in server is not found for some minutes; the token has run out meanwhile."""
    made = {
        "self": f"{server.address}/speechtotext/datasets/1",
        "displayName": "d",
        "locale": "en-US",
        "kind": "Language",
    }
    server.replies(reply(200, made | {"status": "Running"}), reply(200, made | {"status": "Succeeded"}))
    asked: list[float] = []

    class Source:
        def get_token(self, *_scopes: str) -> Any:
            asked.append(clock.seconds)
            if 2 <= len(asked) <= 5:
                raise OSError("temporary failure in name resolution")
            return SimpleNamespace(token=f"token-{len(asked)}", expires_on=int(clock.seconds) + 1)

    own = "https://mine.cognitiveservices.azure.com"
    credential = find_credential({}, own, entra=Source, now=clock)
    connection = connect(clock=clock, wait=clock.wait)
    connection.credential = credential
    found = CustomSpeech(connection).wait(Dataset, "1", deadline=3600.0)
    assert found.status == "Succeeded" and len(asked) == 6
    assert [one.headers["authorization"] for one in server.asked] == ["Bearer token-1", "Bearer token-6"]


def test_a_storm_of_429_is_waited_out(server: Any, slow: Connection, reply: Any, clock: Clock) -> None:
    server.replies(*[reply(429, {"code": "TooManyRequests"}, {"Retry-After": "7"})] * 4, reply(200, FINE))
    assert slow.call("GET", "models").content == FINE
    assert clock.waits == [7.0, 7.0, 7.0, 7.0]


def test_waits_grow_with_full_jitter_and_tries_end(server: Any, connect: Any, reply: Any, clock: Clock) -> None:
    server.replies(reply(503, {"code": "ServiceUnavailable", "message": "Busy."}))
    drawn: list[tuple[float, float]] = []
    connection = connect(
        patience=Patience(attempts=10, seconds=1e6, first=0.5, longest=30.0),
        clock=clock,
        wait=clock.wait,
        uniform=lambda low, high: (drawn.append((low, high)), high / 2)[1],
    )
    with pytest.raises(AzureError, match="GET models: Busy") as raised:
        connection.call("GET", "models")
    assert raised.value.passing
    assert len(server.asked) == 10
    assert drawn == [(0, high) for high in (0.5, 1, 2, 4, 8, 16, 30, 30, 30)]
    assert clock.waits == [high / 2 for _, high in drawn]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422, 501])
def test_what_is_refused_for_good_is_asked_once(server: Any, connect: Any, reply: Any, status: int) -> None:
    server.replies(reply(status, {"code": "X", "message": "No."}))
    with pytest.raises(AzureError, match=f"No. \\({status} X\\)") as raised:
        connect().call("GET", "models/1")
    assert len(server.asked) == 1
    assert type(raised.value) is {404: NotThere, 409: InUse}.get(status, AzureError)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("fault", [{"dropped": True}, {"cut": 5}, {"status": 500}, {"status": 504}])
def test_calls_that_may_be_repeated_are(
    server: Any, connect: Any, reply: Any, method: str, fault: dict[str, Any]
) -> None:
    server.replies(reply(**{"body": FINE, **fault}), reply(200, FINE))
    assert connect().call(method, "models/1").content == FINE
    assert len(server.asked) == 2


def test_json_that_ends_early_is_asked_for_again(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(200, b'{"values": [', {"Content-Type": "application/json"}), reply(200, FINE))
    assert connect().call("GET", "models").content == FINE


def test_no_answer_in_time_is_asked_again(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(200, FINE, after=1.0), reply(200, FINE))
    assert connect().call("GET", "models", silence=0.1).content == FINE
    assert len(server.asked) == 2


@pytest.mark.parametrize("fault", [{"dropped": True}, {"cut": 5}, {"status": 500}, {"status": 503}])
def test_an_unclear_post_is_not_repeated_blindly(server: Any, connect: Any, reply: Any, fault: dict[str, Any]) -> None:
    server.replies(reply(**{"body": FINE, **fault}))
    with pytest.raises(AzureError, match="it may have been done all the same"):
        connect().call("POST", "models", body={})
    assert len(server.asked) == 1


def test_a_post_that_was_refused_for_the_rate_is_repeated(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(429, b""), reply(201, FINE))
    assert connect().call("POST", "models", body={}).status == 201


def test_an_unclear_post_is_what_is_found_of_it(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(dropped=True))
    looks = iter([None, Answer(201, {}, b"there")])
    assert connect().call("POST", "models", body={}, found=lambda: next(looks)).body == b"there"
    assert len(server.asked) == 1


def test_an_unclear_post_is_repeated_when_nothing_is_found(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(dropped=True), reply(201, FINE))
    looks: list[int] = []
    assert connect().call("POST", "models", body={}, found=lambda: looks.append(1)).status == 201
    assert len(server.asked) == 2 and len(looks) == 3


def test_a_web_page_with_200_is_a_proxy(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(200, b"<html><title>Please sign in</title></html>", {"Content-Type": "text/html"}))
    with pytest.raises(AzureError, match=r"a web page answered, 'Please sign in', not the service .*HTTPS_PROXY"):
        connect().call("GET", "models")
    assert len(server.asked) == 1


def test_a_redirect_is_not_followed(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(307, b"", {"Location": f"{server.address}/elsewhere"}))
    with pytest.raises(AzureError, match="307"):
        connect().call("GET", "models")
    assert len(server.asked) == 1


def test_the_deadline_says_what_was_being_done(server: Any, slow: Connection, reply: Any, clock: Clock) -> None:
    server.replies(reply(503, {"message": "Busy."}, {"Retry-After": "20"}))
    with pytest.raises(TimedOut, match=r"PATCH models/1: not done in the time given \(Busy\.\)"):
        slow.call("PATCH", "models/1", body={}, deadline=50)
    assert clock.seconds <= 1050 and len(server.asked) == 3
    with pytest.raises(TimedOut):
        slow.call("GET", "models", deadline=0)
    assert len(server.asked) == 3


def test_a_trickle_of_bytes_does_not_outlast_the_deadline(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(200, FINE, after=3.0))
    begin = time.monotonic()
    with pytest.raises(TimedOut):
        connect().call("GET", "models", deadline=0.3)
    assert time.monotonic() - begin < 1.5


def test_somebody_stops_a_long_wait(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(429, b"", {"Retry-After": "60"}))
    stop = threading.Event()
    connection = connect(stop=stop, patience=Patience())
    threading.Timer(0.2, stop.set).start()
    begin = time.monotonic()
    with pytest.raises(Stopped, match="GET models: stopped"):
        connection.call("GET", "models")
    assert 0.15 < time.monotonic() - begin < 0.7
    with pytest.raises(Stopped):
        connection.call("GET", "models")
    assert len(server.asked) == 1


def test_ctrl_c_ends_a_long_wait(server: Any, connect: Any, reply: Any) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    server.replies(reply(429, b"", {"Retry-After": "60"}))
    connection = connect(patience=Patience())
    before = signal.signal(signal.SIGALRM, interrupt)
    begin = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            connection.call("GET", "models")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - begin < 0.7


def test_a_branch_is_stopped_by_its_own_and_by_the_trunk(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(200, FINE))
    trunk = connect()
    first, second = trunk.branch(), trunk.branch()
    first.stop.set()
    with pytest.raises(Stopped):
        first.call("GET", "models")
    assert second.call("GET", "models").content == trunk.call("GET", "models").content == FINE
    threading.Timer(0.2, trunk.stop.set).start()
    begin = time.monotonic()
    with pytest.raises(Stopped):
        second.pause(60, "wait")
    assert time.monotonic() - begin < 0.7


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("99999999999999", LONGEST_WISH),
        ("Wed, 21 Oct 2026 07:28:10 GMT", 10.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0.0),
        ("Wed, 21 Oct 2099 07:27:00 GMT", LONGEST_WISH),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("٣", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(text: str, seconds: float | None) -> None:
    assert wished({"retry-after": text, "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, now=0.0) == seconds


def test_retry_after_without_a_date_goes_by_this_clock() -> None:
    assert wished({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, now=50.0) == 10.0
    assert wished({}, now=0.0) is None


def test_a_hundred_calls_in_ten_seconds_and_no_more(clock: Clock) -> None:
    budget = RateBudget(clock=clock)
    times = []
    for _ in range(350):
        clock.wait(budget.reserve())
        times.append(clock.seconds)
    assert all(times[at + 100] - times[at] >= 10 for at in range(250))
    assert times[-1] - times[0] == 30, "and none of it is wasted"


def test_all_threads_share_the_budget_and_calls_wait_for_it(
    server: Any, connect: Any, reply: Any, clock: Clock
) -> None:
    server.replies(reply(200, FINE))
    connection = connect(budget=RateBudget(3, 10.0, clock), clock=clock, wait=clock.wait)
    threads = [threading.Thread(target=connection.call, args=("GET", "models")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.waits == []
    connection.call("GET", "models")
    assert clock.waits == [10.0]


def test_connections_to_one_resource_share_a_budget() -> None:
    assert shared_budget("https://a.example") is shared_budget("https://a.example")
    assert shared_budget("https://a.example") is not shared_budget("https://b.example")


def test_a_wrong_region_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests have no network: the name of a foreign host is unknown, as that of a wrong region is.
    with Connection("https://nowhere.api.cognitive.microsoft.com", Credential(key="k" * 32)) as connection:
        begin = time.monotonic()
        with pytest.raises(AzureError, match=r"no such host \(nowhere.api.*azure\.region"):
            connection.call("GET", "models")
        assert time.monotonic() - begin < 1


def test_nobody_listens(connect: Any, server: Any) -> None:
    connection = connect()
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(AzureError, match="GET models: no connection; check the network"):
        connection.call("GET", "models")


def test_a_post_that_never_left_is_repeated(connect: Any, server: Any) -> None:
    connection = connect()
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(AzureError) as raised:
        connection.call("POST", "models", body={})
    assert "may have been done" not in str(raised.value)


def test_a_download_has_no_key(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(500, b""), reply(200, b"x" * 10, cut=3), reply(200, b"0123456789"))
    assert connect().download(f"{server.address}/blob?sig=S", 10) == b"0123456789"
    for asked in server.asked:
        assert "ocp-apim-subscription-key" not in asked.headers and "authorization" not in asked.headers
        assert asked.query == {"sig": "S"}


def test_a_download_is_bounded(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(200, b"0123456789"))
    with pytest.raises(AzureError, match="more than 9 bytes"):
        connect().download(f"{server.address}/blob", 9)
    assert len(server.asked) == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://169.254.169.254/x", "", "blob"])
def test_a_download_is_encrypted(connect: Any, url: str) -> None:
    with pytest.raises(AzureError, match="does not begin with https://"):
        connect().download(url, 9)


@pytest.mark.parametrize("status", [401, 403])
def test_a_download_that_is_not_allowed_any_more(server: Any, connect: Any, reply: Any, status: int) -> None:
    server.replies(reply(status, b"<Error><Code>AuthenticationFailed</Code><Message>Ended.</Message></Error>"))
    with pytest.raises(Expired, match="Ended"):
        connect().download(f"{server.address}/blob?sig=SECRET", 9)


def test_the_key_is_in_no_message_and_no_log(
    server: Any, connect: Any, reply: Any, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sas = f"{server.address}/blob?sv=1&sig=SIGNATURE"
    faults = [
        reply(403, {"code": "Forbidden", "message": f"not with {key} at {sas}"}),
        reply(500, f"key={key} {sas}".encode()),
        reply(200, b"<html><title>" + key.encode() + b"</title>", {"Content-Type": "text/html"}),
        reply(dropped=True),
        reply(200, FINE, cut=2),
    ]
    connection = connect()
    texts = [repr(connection), repr(connection.credential)]
    for fault in faults:
        server.replies(fault)
        for ask in (lambda: connection.call("GET", "models"), lambda: connection.download(sas, 5)):
            with pytest.raises(AzureError) as raised:
                ask()
            error: BaseException | None = raised.value
            while error:
                texts += [str(error), repr(error), repr(error.__dict__)]
                error = error.__cause__ or error.__context__
    assert len(server.asked) > 10
    text = "\n".join([*texts, *(f"{one.getMessage()} {one.args}" for one in caplog.records), caplog.text])
    assert "HTTP Request: GET" in text, "the log of the HTTP client was looked at"
    assert key not in text and "SIGNATURE" not in text


def test_a_wrong_clock_is_noticed(server: Any, connect: Any, reply: Any) -> None:
    server.replies(reply(401, {"code": "Unauthorized"}, {"Date": "Wed, 21 Oct 2026 07:28:00 GMT"}))
    noon = 1792567680.0 + 1200  # 20 minutes later than that
    with pytest.raises(AzureError, match="clock of this machine is 20 min ahead"):
        connect(now=lambda: noon).call("GET", "models")
