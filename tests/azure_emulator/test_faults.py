import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import pytest

from tests.azure_emulator.conftest import Client, place, ref
from tests.azure_emulator.faults import CALL_FAULTS, Faults, fault_from
from tests.azure_emulator.options import CONTRACT


def order(client: Client, body: Any) -> int:
    return client.http.post(f"{client.emulator.address}/emulator/faults", json=body).status_code


def test_throttling_says_how_long_to_wait(client: Client) -> None:
    order(client, {"kind": "throttle", "operation": "Projects_List", "times": 2, "seconds": 7})

    first, second, third = (client.call("GET", "projects") for _ in range(3))

    assert (first.status_code, first.headers["Retry-After"]) == (429, "7")
    assert first.json()["code"] == "TooManyRequests"
    assert (second.status_code, third.status_code) == (429, 200)
    assert client.emulator.counts()["faults"] == {"throttle": 2}


def test_other_bodies_than_those_of_the_contract(client: Client) -> None:
    order(client, [{"kind": "error", "status": 503}, {"kind": "foreign", "status": 502}, {"kind": "html"}])

    ours, foreign, page = (client.call("GET", "projects") for _ in range(3))

    assert (ours.status_code, ours.json()["code"]) == (503, "ServiceUnavailable")
    assert (foreign.status_code, set(foreign.json())) == (502, {"error"})
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (502, "text/html")
    assert page.text.startswith("<!DOCTYPE html>")


def test_connections_end_before_and_after_the_call_took_effect(client: Client) -> None:
    order(client, [{"kind": "drop_before", "operation": "Projects_Create"}])
    with pytest.raises(httpx2.TransportError):
        client.made("projects")
    assert client.emulator.counts()["created"]["projects"] == 0

    order(client, [{"kind": "drop_after", "operation": "Projects_Create"}])
    with pytest.raises(httpx2.TransportError):
        client.made("projects")
    assert client.emulator.counts()["created"]["projects"] == 1
    assert client.made("projects")["displayName"] == "x"


def test_slow_answers(client: Client) -> None:
    order(client, {"kind": "slow", "seconds": 0.3})
    began = time.monotonic()

    assert client.call("GET", "projects").status_code == 200
    assert time.monotonic() - began >= 0.3
    order(client, {"kind": "slow", "seconds": 5})
    with pytest.raises(httpx2.TimeoutException):
        client.call("GET", "projects", timeout=0.1)


def test_jobs_get_stuck_fail_and_reject_lines(client: Client) -> None:
    order(
        client,
        [
            {"kind": "reject", "operation": "datasets", "lines": 2},
            {"kind": "fail", "operation": "models", "code": "PipelineError", "message": "no power"},
            {"kind": "stuck", "operation": "models"},
        ],
    )

    dataset = client.dataset("Language", b"one\ntwo\nthree\n")
    failed = client.model(dataset)
    stuck = client.made("models", datasets=[ref(dataset)])
    time.sleep(0.2)

    assert (dataset["properties"]["acceptedLineCount"], dataset["properties"]["rejectedLineCount"]) == (1, 2)
    assert (failed["status"], failed["properties"]["error"]["message"]) == ("Failed", "no power")
    assert client.call("GET", place(stuck)).json()["status"] == "Running"
    assert client.call("DELETE", place(stuck)).status_code == 409
    assert client.call("DELETE", place(dataset)).status_code == 409
    assert client.model(client.dataset("Language", b"x"))["status"] == "Succeeded"


def test_the_clock_can_be_wrong_and_the_quota_used_up(start: Callable[..., Client]) -> None:
    client = start(clock_off_hours=-5.0, calls_per_10_seconds=3)

    answers = [client.call("GET", "projects") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    told = parsedate_to_datetime(answers[0].headers["Date"]).timestamp()
    assert told == pytest.approx(time.time() - 5 * 3600, abs=60)


def test_a_fault_can_wait_for_its_turn_and_come_for_ever() -> None:
    faults = Faults()
    faults.add(fault_from({"kind": "slow", "operation": "A_*", "after": 2, "times": 1}))
    faults.add(fault_from({"kind": "html", "operation": "B_Get", "times": -1}))

    slow = [faults.for_call(name) for name in ("A_Get", "B_List", "A_List", "A_Get", "A_Get")]

    assert [fault and fault.kind for fault in slow] == [None, None, None, "slow", None]
    assert all(faults.for_call("B_Get") for _ in range(5))


def test_chaos_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[str]:
        faults = Faults(seed, 0.3)
        return [fault.kind if (fault := faults.for_call("x")) else "" for _ in range(300)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert set(drawn(1)) == {*CALL_FAULTS, ""}
    assert 50 < sum(map(bool, drawn(1))) < 140


def test_chaos_can_be_ordered_and_ended(client: Client) -> None:
    order(client, {"chaos": {"seed": 3, "rate": 1.0}})
    statuses = set()
    for _ in range(20):
        try:
            statuses.add(client.call("GET", "projects").status_code)
        except httpx2.TransportError:
            statuses.add(0)
    assert statuses & {0, 429, 500, 502, 503, 504}

    order(client, {"clear": True})
    assert {client.call("GET", "projects").status_code for _ in range(20)} == {200}


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        [],
        {"kind": "none"},
        {"kind": "slow", "seconds": "long"},
        {"kind": "slow", "often": 3},
        {"kind": "error", "status": 1.5},
    ],
    ids=range(6),
)
def test_what_is_no_fault(wanted: object) -> None:
    with pytest.raises(Exception, match="A fault has"):
        fault_from(wanted)


def test_wrong_orders_are_refused(client: Client) -> None:
    assert order(client, {"kind": "none"}) == 400
    assert order(client, {"chaos": {"rate": 2}}) == 400
    address = client.emulator.address
    assert client.http.post(f"{address}/emulator/faults", content=b"{").status_code == 400
    assert client.http.post(f"{address}/emulator/expire", json={"model": "none", "days": 1}).status_code == 404
    assert client.http.post(f"{address}/emulator/expire", json={"model": "none"}).status_code == 400


def test_everything_begins_anew(client: Client) -> None:
    client.dataset("Language", b"zebra")
    order(client, {"kind": "error", "times": -1})
    client.http.post(f"{client.emulator.address}/emulator/reset")

    counts = client.http.get(f"{client.emulator.address}/emulator/counts").json()
    assert set(counts["now"].values()) == set(counts["created"].values()) == {0}
    assert counts["calls"] == {}
    assert client.call("GET", "datasets").json() == {"values": []}


@pytest.mark.skipif(not CONTRACT.is_file(), reason="the OpenAPI file is not here")
def test_violations_of_the_contract_are_listed(client: Client) -> None:
    assert client.refused("datasets", kind="Text")[0] == 400
    assert client.refused("datasets", kind="Language", locales=["en-US"])[0] == 400

    counts = client.http.get(f"{client.emulator.address}/emulator/counts").json()
    assert counts["violationCount"] == 2
    assert "request of Datasets_Create: kind: 'Text' is not one of" in counts["violations"][0]
    assert "'locales' was unexpected" in counts["violations"][1]


def test_without_the_contract_less_is_checked(start: Callable[..., Client]) -> None:
    client = start(contract=None)

    assert client.made("projects", unknown=1)["displayName"] == "x"
    assert client.refused("projects", displayName="")[0] == 400
    assert client.refused("datasets", kind="Text") == (400, "InvalidLocale")
    assert client.emulator.counts()["violations"] == []
