from collections.abc import Callable

import pytest

from tests.azure_emulator.conftest import Client, place, ref


def names(client: Client, path: str = "projects", **query: str) -> list[str]:
    found: list[str] = []
    url, answer = path, client.call("GET", path, query=query).json()
    while True:
        found += [each["displayName"] for each in answer["values"]]
        if "@nextLink" not in answer:
            return found
        assert answer["@nextLink"] != url
        url = answer["@nextLink"]
        answer = client.http.get(url, headers={"Ocp-Apim-Subscription-Key": client.emulator.key}).json()


def test_pages_of_a_hundred_the_oldest_first(client: Client) -> None:
    for number in range(103):
        client.emulator.state.store.add("projects", {"displayName": str(number), "locale": "en-US"})

    assert len(client.call("GET", "projects").json()["values"]) == 100
    assert len(client.call("GET", "projects", query={"top": "500"}).json()["values"]) == 100
    assert names(client) == [str(number) for number in range(103)]
    assert names(client, skip="101") == ["101", "102"]
    assert names(client, skip="99", top="2") == ["99", "100", "101", "102"]
    assert names(client, skip="200") == []
    assert names(client, filter="displayName eq '7' or displayName eq '102'") == ["7", "102"]
    assert names(client, filter="not displayName eq '7'", top="50")[5:8] == ["5", "6", "8"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"skip": "-1"}, "UnsupportedPagination"),
        ({"top": "0"}, "UnsupportedPagination"),
        ({"top": "many"}, "InvalidParameterValue"),
        ({"filter": "status eq 'Succeeded'"}, "UnsupportedFilter"),
        ({"filter": "customProperties eq 'x'"}, "UnsupportedFilter"),
    ],
    ids=range(5),
)
def test_wrong_pages_and_filters(client: Client, query: dict[str, str], code: str) -> None:
    answer = client.call("GET", "projects", query=query)

    assert (answer.status_code, answer.json()["innerError"]["code"]) == (400, code)


def test_each_kind_has_its_list(client: Client) -> None:
    project = client.made("projects", foundryProjectName="f")
    dataset = client.dataset("Language", b"zebra", project=ref(project), description="d")
    client.dataset("Language", b"zebra", displayName="other")
    wanted = "kind eq 'Language' and status eq 'Succeeded' and description eq 'd'"

    assert names(client, "datasets", filter=wanted) == [dataset["displayName"]]
    assert names(client, "projects", filter="foundryProjectName eq 'f'") == ["x"]
    assert names(client, f"{place(project)}/datasets") == ["x"]
    for kind in ("models", "evaluations", "endpoints", "transcriptions"):
        assert names(client, kind) == []
        assert names(client, f"{place(project)}/{kind}") == []
        assert client.call("GET", f"{kind}/locales").status_code == 200
    assert names(client, "webhooks") == []
    assert client.call("GET", "projects/none/models").status_code == 404
    assert "en-US" in client.call("GET", "datasets/locales").json()["AudioFiles"]
    assert "af-ZA" not in client.call("GET", "datasets/locales").json()["Acoustic"]


def test_entities_survive_a_restart_and_work_goes_on(start: Callable[..., Client], tmp_path: object) -> None:
    first = start(folder=tmp_path, pace=60)
    waiting = first.made("datasets", kind="Language")
    first.upload(waiting, b"the zebra")
    first.emulator.state.jobs.stop()

    second = start(folder=tmp_path)

    again = {"self": str(waiting["self"]).replace(first.emulator.address, second.emulator.address)}
    assert second.ended(again)["properties"]["acceptedLineCount"] == 1
    model = second.model(again)
    third = start(folder=tmp_path)
    assert third.emulator.counts()["created"] == second.emulator.counts()["created"]
    recognizer = third.emulator.state.recognizer
    recognizer.tell(b"sound", "zebra")  # type: ignore[attr-defined]
    assert recognizer.transcribe(place(model).rpartition("/")[2], b"sound") == "zebra"
