from collections.abc import Callable

from tests.azure_emulator.conftest import Client, id_of, place, ref


def test_an_endpoint_keeps_its_id_when_its_model_changes(start: Callable[..., Client]) -> None:
    client = start(pace=0.3)
    first, second = (client.model(client.dataset("Language", text)) for text in (b"zebra", b"pangolin"))
    hosted = client.emulator.state.model_of_endpoint

    endpoint = client.made("endpoints", model=ref(first))

    assert endpoint["status"] == "NotStarted"
    host = client.emulator.address.removeprefix("http://")
    assert endpoint["links"]["webSocket"] == f"ws://{host}/stt/speech/universal/v2?cid={id_of(endpoint)}"
    assert hosted(id_of(endpoint)) is None
    client.ended(endpoint)
    assert hosted(id_of(endpoint)) == id_of(first)
    changing = client.call("PATCH", place(endpoint), {"model": ref(second)}).json()
    assert (changing["status"], changing["self"]) == ("Running", endpoint["self"])
    assert hosted(id_of(endpoint)) == id_of(first)
    again = client.call("PATCH", place(endpoint), {"model": ref(first)})
    assert (again.status_code, again.json()["innerError"]["code"]) == (409, "EndpointNotUpdatable")
    assert client.ended(endpoint)["model"] == ref(second)
    assert hosted(id_of(endpoint)) == id_of(second)
    assert client.call("DELETE", place(second)).json()["innerError"]["code"] == "InUseViolation"
    assert client.call("DELETE", place(first)).status_code == 204
    assert client.call("DELETE", place(endpoint)).status_code == 204
    assert client.call("DELETE", place(endpoint)).status_code == 404
    assert client.call("DELETE", place(second)).status_code == 204
    assert hosted(id_of(endpoint)) is None


def test_a_failed_change_leaves_the_former_model(client: Client) -> None:
    first, second = (client.model(client.dataset("Language", text)) for text in (b"zebra", b"pangolin"))
    endpoint = client.ended(client.made("endpoints", model=ref(first)))
    fault = {"kind": "fail", "operation": "endpoints", "code": "DeployingFailedModel"}
    client.http.post(f"{client.emulator.address}/emulator/faults", json=fault)

    client.call("PATCH", place(endpoint), {"model": ref(second)})

    assert client.ended(endpoint)["properties"]["error"]["code"] == "DeployingFailedModel"
    assert client.emulator.state.model_of_endpoint(id_of(endpoint)) == id_of(first)
    assert client.call("DELETE", place(first)).status_code == 409
    client.call("PATCH", place(endpoint), {"model": ref(first)})
    back = client.ended(endpoint)
    assert back["status"] == "Succeeded"
    assert "error" not in back["properties"]


def test_an_expired_model_is_silently_replaced_by_the_newest_base(client: Client) -> None:
    model = client.model(client.dataset("Language", b"zebra"))
    endpoint = client.ended(client.made("endpoints", model=ref(model)))

    client.http.post(f"{client.emulator.address}/emulator/expire", json={"model": id_of(model), "days": -1})

    assert client.call("GET", place(endpoint)).json()["status"] == "Succeeded"
    assert client.emulator.state.model_of_endpoint(id_of(endpoint)) == id_of(client.base(" charged"))
    assert client.refused("endpoints", model=ref(model)) == (400, "ModelDeprecated")


def test_what_cannot_be_hosted(client: Client) -> None:
    failing = {"kind": "fail", "operation": "models"}
    client.http.post(f"{client.emulator.address}/emulator/faults", json=failing)
    failed = client.model(client.dataset("Language", b"zebra"))
    client.http.post(f"{client.emulator.address}/emulator/faults", json={"kind": "stuck", "operation": "models"})
    running = client.made("models", datasets=[ref(client.dataset("Language", b"zebra"))])

    assert client.refused("endpoints") == (400, "InvalidModel")
    assert client.refused("endpoints", model=ref(failed)) == (400, "DeployingFailedModel")
    assert client.refused("endpoints", model=ref(running)) == (400, "ModelNotDeployable")
    assert client.refused("endpoints", model=client.base("Whisper Large V2")) == (400, "ModelNotDeployable")
    assert client.refused("endpoints", model=client.base(" charged", "de-DE")) == (400, "InvalidLocale")
    logging = {"model": client.base(" charged"), "properties": {"loggingEnabled": True}}
    assert client.refused("endpoints", **logging) == (400, "EndpointLoggingNotSupported")


def test_the_quota_of_endpoints(start: Callable[..., Client]) -> None:
    client = start(most_endpoints=1)
    base = client.base(" charged")
    client.ended(client.made("endpoints", model=base))

    assert client.refused("endpoints", model=base) == (403, "QuotaViolation")
