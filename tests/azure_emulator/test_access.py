import time
from collections.abc import Callable

import pytest

from tests.azure_emulator.conftest import Client, place

KEY = "Ocp-Apim-Subscription-Key"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({KEY: ""}, 401),
        ({KEY: "wrong"}, 401),
        ({KEY: "secret-key"}, 200),
        ({"Authorization": "Bearer secret-token"}, 200),
        ({"Authorization": "Bearer secret-key"}, 401),
        ({"Authorization": "Basic secret-token"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({KEY: "wrong", "Authorization": "Bearer secret-token"}, 401),
    ],
    ids=range(9),
)
def test_who_may_ask(start: Callable[..., Client], headers: dict[str, str], status: int) -> None:
    client = start(key="secret-key", token="secret-token")

    url = f"{client.emulator.address}/speechtotext/projects?api-version=2025-10-15"
    answer = client.http.get(url, headers=headers)

    assert answer.status_code == status
    if status == 401:
        assert answer.json()["code"] == "Unauthorized"
        assert "secret" not in answer.text


def test_the_version_is_needed(client: Client) -> None:
    headers = {KEY: client.emulator.key}
    address = f"{client.emulator.address}/speechtotext/projects"

    for query in ("", "?api-version=", "?api-version=2019-01-01"):
        answer = client.http.get(f"{address}{query}", headers=headers)
        assert (answer.status_code, answer.json()["target"]) == (400, "api-version")


def test_unknown_places_and_bodies(client: Client) -> None:
    for path in ("nothing", "models/none", "models/none/files", "datasets/none/files/none", "webhooks/none"):
        answer = client.call("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")
    assert client.call("PUT", "projects").status_code == 405
    assert (
        client.call("POST", "projects", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    )
    deep = b"[" * 200_000
    assert (
        client.call("POST", "projects", content=deep, headers={"Content-Type": "application/json"}).status_code == 400
    )
    assert client.call("POST", "projects", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    large = b'"' + b"x" * 2 * 1024**2 + b'"'
    assert (
        client.call("POST", "projects", content=large, headers={"Content-Type": "application/json"}).status_code == 400
    )


def test_the_content_of_a_file_needs_its_signature_and_no_key(client: Client) -> None:
    dataset = client.dataset("Language", b"zebra")
    files = client.call("GET", f"{place(dataset)}/files", query={"sasLifetimeMinutes": "1"}).json()["values"]
    report = next(file for file in files if file["kind"] == "DatasetReport")
    link = report["links"]["contentUrl"]
    path, _, query = link.partition("?")
    expires = query.partition("&")[0].removeprefix("se=")
    other = next(file for file in files if file is not report)["links"]["contentUrl"]

    assert client.http.get(link).status_code == 200
    assert int(expires) == pytest.approx(time.time() + 60, abs=10)
    for wrong in (
        path,
        f"{path}?se={expires}",
        f"{path}?se={expires}&sig=",
        f"{path}?se={expires}&sig=\u00e4",
        f"{link}0",
        link.replace(f"se={expires}", f"se={int(expires) + 60}"),
        f"{path}?{other.partition('?')[2]}",
    ):
        assert client.http.get(wrong, headers={KEY: client.emulator.key}).status_code == 403, wrong
    one = client.http.get(report["self"], headers={KEY: client.emulator.key}).json()
    assert one["name"] == "report.json"
    client.call("DELETE", place(dataset))
    assert client.http.get(link).status_code == 403


def test_a_link_expires(client: Client) -> None:
    dataset = client.dataset("Language", b"zebra")
    file = client.emulator.state.store.all("datasets")[0].files[0]
    past = str(int(time.time()) - 1)
    signature = client.emulator.state.signature(file.id, past)

    link = f"{client.emulator.address}/emulator/files/{file.id}/report.json?se={past}&sig={signature}"

    assert client.http.get(link).status_code == 403
    assert client.content(dataset, "report.json")["acceptedLineCount"] == 1
