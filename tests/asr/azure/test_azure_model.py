"""A model of the service as a directory: the same model is the same bytes, a strange file is refused in one line."""

from pathlib import Path
from typing import Any

import pytest

from asr.azure.azure_model import FILE, AzureModel, azure_model, is_azure_model, read_azure_model, write_azure_model
from asr.azure.entities import CustomModel, Reference
from asr.errors import ModelError
from asr.models.checkpoint import fingerprint

MODEL = AzureModel(id="11111111-2222-3333-4444-555555555555", is_base=False, locale="en-US", base="b")


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert not is_azure_model(tmp_path)
    folder = write_azure_model(MODEL, tmp_path / "new" / "model")
    assert is_azure_model(folder) and read_azure_model(folder) == MODEL
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_the_same_model_has_the_same_fingerprint(tmp_path: Path) -> None:
    one, two = (write_azure_model(MODEL, tmp_path / name) for name in ("one", "two"))
    assert fingerprint(one) == fingerprint(two)
    other = write_azure_model(MODEL.model_copy(update={"id": "x"}), tmp_path / "other")
    assert fingerprint(other) != fingerprint(one)
    write_azure_model(MODEL, other)
    assert fingerprint(other) == fingerprint(one)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"id": 3}', b"\xff", b"[" * 9000, b'{"id":"a","is_base":true,"locale":"e","x":1}'],
    ids=["empty", "nothing", "list", "number", "bytes", "deep", "more"],
)  # fmt: skip
def test_a_file_that_names_no_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ModelError, match="it does not name a model of Azure; register the model again") as raised:
        read_azure_model(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="it does not name a model of Azure"):
        read_azure_model(tmp_path)
    (tmp_path / FILE).write_bytes(b" " * 65_537)
    with pytest.raises(ModelError, match="larger than 65,536 bytes; this names no model of Azure"):
        read_azure_model(tmp_path)


def test_base_and_custom_models_are_looked_up(azure: Any) -> None:
    base = azure.base("charged")
    named = azure_model(base)
    assert named == AzureModel(id=base.id, is_base=True, locale="en-US")
    assert named.look_up(azure.service) == base
    gone = named.model_copy(update={"is_base": False})
    with pytest.raises(ModelError, match=f"the service has no model {base.id} any more; wergate run --force"):
        gone.look_up(azure.service)


def test_of_a_custom_model_its_base_is_known() -> None:
    custom = CustomModel(
        self_url="https://x/speechtotext/models/1?api-version=2",
        display_name="m",
        locale="en-US",
        base_model=Reference(self_url="https://x/speechtotext/models/base/2?api-version=2"),
    )
    assert azure_model(custom) == AzureModel(id="1", is_base=False, locale="en-US", base="2")
    assert azure_model(custom.model_copy(update={"base_model": None})).base == ""
