import json
from pathlib import Path

import pytest

from tests.azure_emulator.contract import Contract, contract_at
from tests.azure_emulator.operations import OPERATIONS
from tests.azure_emulator.options import CONTRACT

pytestmark = pytest.mark.skipif(not CONTRACT.is_file(), reason="the OpenAPI file is not here")

EXAMPLES = {
    "create_dataset_with_blocks": ("Datasets_Create", "dataset"),
    "create_endpoint": ("Endpoints_Create", "endpoint"),
    "create_project_with_foundry": ("Projects_Create", "project"),
    "create_uri_transcription": ("Transcriptions_Submit", "transcription"),
    "get_base_model": ("Models_GetBaseModel", None),
    "get_evaluation": ("Evaluations_Get", None),
    "get_supported_dataset_locales": ("Datasets_ListSupportedLocales", None),
    "transcribe_enhanced_model_options": ("Transcriptions_Transcribe", None),
    "transcribe_file": ("Transcriptions_Transcribe", None),
}


@pytest.fixture
def contract() -> Contract:
    return contract_at(CONTRACT)


@pytest.mark.parametrize("name", EXAMPLES)
def test_microsofts_examples_keep_the_contract(contract: Contract, name: str) -> None:
    operation, parameter = EXAMPLES[name]
    example = json.loads((CONTRACT.parent / "examples" / f"{name}.json").read_text(encoding="utf-8"))

    for status, answer in example["responses"].items():
        # The examples leave out the header Location, which the contract asks for.
        assert contract.wrong_answer(operation, int(status), {"Location": "x"}, answer["body"]) is None
    if parameter:
        assert contract.wrong_request(operation, example["parameters"][parameter]) is None


def test_there_is_no_other_example() -> None:
    assert {path.stem for path in (CONTRACT.parent / "examples").iterdir()} == set(EXAMPLES)


def test_every_operation_is_in_the_contract_at_its_place() -> None:
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    known = {
        operation["operationId"]: (method.upper(), path.replace("{fileId}", "{file_id}"))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    left_out = {"Models_Copy", "Models_AuthorizeCopy", "Operations_GetModelCopy", "WebHooks_Test"}
    left_out |= {"Models_GetCustomModelManifest", "Models_GetBaseModelManifest"}

    assert {each.name: (each.method, each.path) for each in OPERATIONS} == {
        name: place for name, place in known.items() if name not in left_out
    }


@pytest.mark.parametrize(
    ("operation", "body", "why"),
    [
        ("Datasets_Create", {"displayName": "x", "locale": "en-US"}, "'kind' is a required property"),
        ("Datasets_Create", {"displayName": "x", "locale": "en-US", "kind": "Audio"}, "kind: 'Audio' is not one of"),
        ("Datasets_Create", {"displayName": "", "locale": "en-US", "kind": "Language"}, "displayName: "),
        ("Datasets_Create", {"displayName": "x", "locale": "en-US", "kind": "Language", "Kind": 1}, "'Kind'"),
        (
            "Datasets_Create",
            {"displayName": "x", "locale": "en-US", "kind": "Language", "contentUrl": "here"},
            "contentUrl: 'here' is not a 'uri'",
        ),
        (
            "Datasets_Create",
            {"displayName": "x", "locale": "en-US", "kind": "Language", "self": "http://h/x"},
            "'self' was unexpected",
        ),
        ("Models_Create", {"displayName": "x", "locale": "en-US", "datasets": [{}]}, "datasets/0: 'self' is a"),
        ("Transcriptions_Submit", {"displayName": "x", "locale": "en-US", "properties": {}}, "timeToLiveHours"),
        ("Endpoints_Update", {"properties": {"loggingEnabled": True}}, "loggingEnabled"),
        ("Datasets_CommitBlocks", [{"kind": "All", "id": "x"}], "0/kind: 'All'"),
        ("Datasets_CommitBlocks", {"kind": "Latest"}, "is not of type 'array'"),
    ],
    ids=range(11),
)
def test_a_wrong_request_is_named(contract: Contract, operation: str, body: object, why: str) -> None:
    wrong = contract.wrong_request(operation, body)

    assert wrong is not None
    assert why in wrong


def test_a_wrong_answer_is_named(contract: Contract) -> None:
    right = {"displayName": "x", "locale": "en-US", "kind": "Language", "status": "Running", "self": "http://h/x"}

    assert contract.wrong_answer("Datasets_Get", 200, {}, right) is None
    assert "Running!" in str(contract.wrong_answer("Datasets_Get", 200, {}, {**right, "status": "Running!"}))
    assert "lines" in str(contract.wrong_answer("Datasets_Get", 200, {}, {**right, "properties": {"lines": 3}}))
    assert "Location" in str(contract.wrong_answer("Datasets_Create", 201, {}, right))
    assert "no answer 202" in str(contract.wrong_answer("Datasets_Get", 202, {}, right))
    assert "no body" in str(contract.wrong_answer("Datasets_Delete", 204, {}, {}))
    assert "code" in str(contract.wrong_answer("Datasets_Get", 404, {}, {"code": "Missing", "message": "x"}))
    late = {**right, "createdDateTime": "2024-13-01T00:00:00Z"}
    assert "date-time" in str(contract.wrong_answer("Datasets_Get", 200, {}, late))
    many = {**right, "properties": {"acceptedLineCount": 2**31}}
    assert "int32" in str(contract.wrong_answer("Datasets_Get", 200, {}, many))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        contract_at(tmp_path / "none.json")
