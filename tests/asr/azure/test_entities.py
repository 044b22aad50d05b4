"""What the service writes is read into few fields; what is asked for holds nothing that only the service fills in."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from asr.azure.base_models import why_not
from asr.azure.entities import (
    Block,
    CustomModel,
    Dataset,
    Endpoint,
    Features,
    File,
    ServiceBase,
    ServiceEvaluation,
    Transcription,
    UploadedBlocks,
    id_of,
)
from asr.azure.fields import as_request
from asr.azure.safe_text import LONGEST


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
    assert (found.word_count1, found.word_substitution_count1, found.word_insertion_count2) == (46, 3, 0)


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
        "properties": {"timeToLiveHours": 6, "durationMilliseconds": 1, "error": {"code": "x"}},
        "customProperties": {"a": "b"},
        "new": 1,
    }
    assert as_request(Transcription.model_validate(body)) == {
        "displayName": "e",
        "locale": "en-US",
        "customProperties": {"a": "b"},
        "properties": {"timeToLiveHours": 6},
    }


def test_why_it_failed_is_one_line_with_no_secrets() -> None:
    error = {
        "code": "Bad\x1b[31m",
        "message": "one\ntwo https://a.blob.core.windows.net/x.wav?sv=1&sig=SECRETSIG \x1b[31mred " + "z" * 5000,
    }
    body = {
        "displayName": "d",
        "locale": "en-US",
        "kind": "Language",
        "status": "Failed",
        "properties": {"error": error},
    }
    why = Dataset.model_validate(body).why
    assert why.startswith("Bad [31m: one two https://a.blob.core.windows.net/x.wav [31mred zzz")
    assert "SECRETSIG" not in why and len(why) == LONGEST and why.isprintable()


def test_a_date_without_a_zone_is_one_of_utc() -> None:
    dates = {"adaptationDateTime": "2027-01-01T00:00:00", "transcriptionDateTime": "2020-01-01T02:00:00+02:00"}
    body = {"displayName": "b", "locale": "en-US", "status": "Succeeded", "properties": {"deprecationDates": dates}}
    base = ServiceBase.model_validate(body | {"createdDateTime": "2026-01-01T00:00:00.1234567"})
    assert base.created_date_time == datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    assert base.expires == datetime(2020, 1, 1, tzinfo=UTC) and base.has_expired
    assert why_not(base, datetime(2026, 12, 31, tzinfo=UTC)) == ""
    assert why_not(base, datetime(2027, 1, 1, tzinfo=UTC)) == "it cannot be trained from since 2027-01-01"
    later = body | {"properties": {"deprecationDates": {"transcriptionDateTime": "2999-01-01T00:00:00"}}}
    assert not ServiceBase.model_validate(later).has_expired


def test_null_is_as_good_as_not_there() -> None:
    names = {"self": "https://x/models/1", "displayName": "m", "locale": "en-US"}
    model = CustomModel.model_validate(
        names | {"datasets": None, "customProperties": None, "properties": {"error": {"code": "X", "message": None}}}
    )
    assert (model.why, model.custom_properties, model.datasets) == ("X", {}, None)
    features = {"supportsAdaptationsWith": None, "supportedOutputFormats": None}
    base = ServiceBase.model_validate(names | {"properties": {"features": features, "deprecationDates": None}})
    assert base.features == Features() and base.expires is None
    blocks = UploadedBlocks.model_validate(
        {"committedBlocks": None, "uncommittedBlocks": [{"name": "A", "size": None}]}
    )
    assert (blocks.committed_blocks, blocks.uncommitted_blocks) == ((), (Block(name="A"),))
    assert File.model_validate({"name": None, "kind": "Transcription", "links": {"contentUrl": None}}).name == ""
    with pytest.raises(ValidationError):
        Block.model_validate({"name": None})
