"""What the service writes is read into few fields; what is asked for holds nothing that only the service fills in."""

import json
from pathlib import Path

import pytest

from asr.azure.entities import Dataset, Endpoint, ServiceBase, ServiceEvaluation, Transcription, id_of
from asr.azure.fields import as_request


@pytest.mark.parametrize(
    ("address", "id"),
    [
        ("https://x/speechtotext/models/base/1?api-version=2025-10-15", "1"),
        ("https://x/speechtotext/endpoints/2/", "2"),
        ("https://x/speechtotext/endpoints/2/?api-version=a/b", "2"),
        ("", ""),
    ],
    ids=["query", "slash", "slash-in-query", "empty"],
)
def test_the_id_is_the_last_part_of_the_address(address: str, id: str) -> None:
    assert id_of(address) == id


def answers(material: Path, name: str) -> dict[str, object]:
    """The body of the only successful answer of an example of the contract that has an address of its own."""
    path = material / "azure" / "examples" / name
    if not path.is_file():
        pytest.skip(f"nothing at {path}")
    found = json.loads(path.read_text(encoding="utf-8"))["responses"]
    return next(answer["body"] for status, answer in found.items() if status.startswith("2"))


def test_a_base_model_of_the_contract(material: Path) -> None:
    base = ServiceBase.model_validate(answers(material, "get_base_model.json"))
    assert base.id and base.status == "Succeeded" and base.expires is not None
    assert "Language" in base.features.supports_adaptations_with


def test_an_evaluation_of_the_contract(material: Path) -> None:
    found = ServiceEvaluation.model_validate(answers(material, "get_evaluation.json")).properties
    assert found is not None
    assert (found.word_count1, found.correct_word_count1, found.word_substitution_count1) == (46, 43, 3)


def test_a_dataset_an_endpoint_and_a_batch_of_the_contract(material: Path) -> None:
    dataset = Dataset.model_validate(answers(material, "create_dataset_with_blocks.json"))
    assert dataset.id and "?" not in dataset.id and dataset.status == "NotStarted"
    endpoint = Endpoint.model_validate(answers(material, "create_endpoint.json"))
    assert endpoint.model is not None and endpoint.model.id
    assert endpoint.links is not None and str(endpoint.links.web_socket).startswith("wss://")
    batch = Transcription.model_validate(answers(material, "create_uri_transcription.json"))
    assert batch.properties is not None and batch.properties.time_to_live_hours > 0


def test_why_it_failed() -> None:
    body = {"displayName": "d", "locale": "en-US", "kind": "Language", "status": "Failed"}
    assert Dataset.model_validate(body).why == ""
    error = {"code": "DataImportFailed", "message": "No line."}
    assert Dataset.model_validate(body | {"properties": {"error": error}}).why == "DataImportFailed: No line."
    assert Dataset.model_validate(body | {"properties": {"error": {"message": "No."}}}).why == "No."


def test_what_is_asked_for_again_holds_no_answers() -> None:
    body = {
        "self": "https://x/speechtotext/endpoints/1",
        "displayName": "e",
        "locale": "en-US",
        "status": "Running",
        "createdDateTime": "2026-01-01T00:00:00Z",
        "links": {"webSocket": "wss://x"},
        "properties": {"loggingEnabled": False, "error": {"code": "x"}},
        "customProperties": {"a": "b"},
        "new": 1,
    }
    assert as_request(Endpoint.model_validate(body)) == {
        "displayName": "e",
        "locale": "en-US",
        "customProperties": {"a": "b"},
        "properties": {"loggingEnabled": False},
    }
