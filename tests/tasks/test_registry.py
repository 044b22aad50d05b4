import shutil
from pathlib import Path

import pytest

from asr.errors import ModelError
from asr.models.checkpoint import EMBEDDED_DIRECTORY, fingerprint
from tasks.model_list import list_models
from tasks.registry import (
    CHALLENGER,
    CHAMPION,
    champion,
    crown_base,
    move_alias,
    register,
    registered,
    version_by_alias,
)
from tasks.starting_point import try_base


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A directory that the registry takes for a model."""
    folder = tmp_path / "model é"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_text("weights")
    return folder


def test_an_empty_registry(stored) -> None:
    settings = stored()
    assert champion(settings) is None
    assert list_models(settings) == []
    assert version_by_alias(settings, CHALLENGER) is None


def test_the_base_is_crowned_once(stored, model: Path) -> None:
    settings = stored(name="a name with spaces")
    first = crown_base(settings, model)
    assert crown_base(settings, model) == first == champion(settings)
    assert (first.version, first.name, first.fingerprint) == (1, "a name with spaces v1", fingerprint(model))
    assert (first.directory / "model.safetensors").read_text() == "weights"
    assert [line.aliases for line in list_models(settings)] == [("champion",)]


def test_the_same_files_keep_their_version(stored, model: Path) -> None:
    settings = stored()
    content = fingerprint(model)
    one = register(settings, model, content, base="b", outcome="candidate", wer=0.5, testing="0a1b2c3d")
    assert register(settings, model, content, base="b", outcome="candidate") == one
    (model / "model.safetensors").write_text("other weights")
    other = register(settings, model, fingerprint(model), base="b", outcome="candidate")
    assert (one.version, other.version) == (1, 2)
    assert [(line.wer, line.testing) for line in list_models(settings)] == [(None, ""), (0.5, "0a1b2c3d")]
    assert registered(settings, 1) == one


def test_aliases_move_and_go(stored, model: Path) -> None:
    settings = stored()
    version = register(settings, model, "f", base="b", outcome="candidate").version
    move_alias(settings, CHALLENGER, version)
    move_alias(settings, CHALLENGER, None)
    move_alias(settings, CHALLENGER, None)  # it is gone already
    assert version_by_alias(settings, CHALLENGER) is None


def test_files_that_are_gone(stored, model: Path) -> None:
    settings = stored()
    found = crown_base(settings, model)
    shutil.rmtree(found.directory)
    with pytest.raises(ModelError, match=r"wergate v1: its files cannot be fetched from the MLflow store") as raised:
        champion(settings)
    assert len(str(raised.value).splitlines()) == 1
    assert CHAMPION in str(raised.value)


def test_a_base_is_tried(stored, model: Path) -> None:
    try_base.fn(stored(), EMBEDDED_DIRECTORY)
    with pytest.raises(ModelError, match=r"config\.json"):
        try_base.fn(stored(), model)
