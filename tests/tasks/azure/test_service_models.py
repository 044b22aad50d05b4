"""Models of the service as directories: the base that is found, and those that people name as azure:ID."""

import re
from collections.abc import Callable

import pytest

from asr.azure.azure_model import read_azure_model
from asr.errors import DataError, ModelError, SettingsError
from asr.models.checkpoint import fingerprint
from tasks.azure.service_models import find_azure_base, service_base
from tasks.corpus import Corpora
from tasks.registry import base_name, find_model
from tasks.settings import Settings
from tests.azure_stock import Stock

Make = Callable[..., Corpora]


def with_options(settings: Settings, **options: object) -> Settings:
    return settings.model_copy(update={"azure": settings.azure.model_copy(update=options)})


def test_the_base_of_a_training(at_work: Settings, make_corpora: Make, stock: Stock) -> None:
    corpora = make_corpora()
    directory = find_azure_base.fn(at_work, corpora)
    assert read_azure_model(directory).id == stock.base("charged")
    assert service_base(at_work, directory).id == stock.base("charged")
    assert base_name(at_work, directory) == f"azure:{stock.base('charged')}"
    pinned = find_azure_base.fn(with_options(at_work, base_model=stock.base("uncharged")), corpora)
    assert read_azure_model(pinned).id == stock.base("uncharged")


def test_a_base_that_does_not_learn_from_the_data(at_work: Settings, make_corpora: Make) -> None:
    settings = at_work.model_copy(update={"language": "ar-EG"})
    corpora = make_corpora(settings=settings, files={"pronunciation.txt": "zebra\tzee bra\n"})
    with pytest.raises(DataError, match="training_data: ar-EG does not learn from pronunciations; remove them, or"):
        find_azure_base.fn(settings, corpora)
    found = find_azure_base.fn(with_options(settings, unsupported_data="drop"), corpora)
    assert read_azure_model(found).locale == "ar-EG"


def test_people_name_models(at_work: Settings, stock: Stock) -> None:
    base, custom = stock.base("uncharged"), stock.model()
    for name, id, is_base in (
        (f"azure:{base}", base, True),
        (f"azure:{custom}", custom, False),
        ("azure:base", stock.base("charged"), True),
    ):
        found = find_model.fn(at_work, name)
        model = read_azure_model(found.directory)
        assert (found.version, found.name, found.fingerprint) == (0, name, fingerprint(found.directory))
        assert (model.id, model.is_base, model.locale) == (id, is_base, "en-US")
    assert find_model.fn(at_work, f"azure:{custom}") == find_model.fn(at_work, f"azure:{custom}")


def test_a_model_that_is_not_there(at_work: Settings) -> None:
    nobody = "11111111-2222-3333-4444-555555555555"
    with pytest.raises(ModelError) as raised:
        find_model.fn(at_work, f"azure:{nobody}")
    assert str(raised.value) == f"azure:{nobody}: the service has no such model; wergate azure status lists yours"
    with pytest.raises(SettingsError, match=f"azure.base_model: the service has no base model {nobody}"):
        find_model.fn(with_options(at_work, base_model=nobody), "azure:base")


@pytest.mark.parametrize("id", ["", "../endpoints", "a/b", "%2e%2e", "?x=1", " ", "base/1"])
def test_an_id_is_only_an_id(at_work: Settings, stock: Stock, id: str) -> None:
    before = dict(stock.emulator.state.calls)
    with pytest.raises(ModelError, match=f"^azure:{re.escape(id)}.*wergate azure status lists yours$"):
        find_model.fn(at_work, f"azure:{id}")
    asked = {name for name, count in stock.emulator.state.calls.items() if count != before.get(name)}
    assert asked <= {"Models_GetCustomModel", "Models_GetBaseModel"}
