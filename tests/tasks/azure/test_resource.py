"""A champion that the resource does not have was deleted there, or was made at another one: these are told apart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.azure.azure_model import AzureModel, write_azure_model
from asr.errors import SettingsError
from tasks.azure.resource import refuse_another_resource
from tasks.backend import find_start
from tasks.corpus import Corpora
from tasks.opponent import opponents
from tasks.registry import CHAMPION, champion
from tasks.run_record import Record
from tasks.settings import Settings
from tests.azure_stock import LOCALE, Stock

Make = Callable[..., Any]
NOBODY = "99999999-0000-0000-0000-000000000000"


@pytest.fixture
def corpora(make_corpora: Make) -> Corpora:
    found: Corpora = make_corpora()
    return found


@pytest.fixture
def base(stock: Stock, tmp_path: Path) -> Path:
    """The directory of today's base."""
    return write_azure_model(AzureModel(id=stock.base(), is_base=True, locale=LOCALE), tmp_path / "base")


def test_another_resource_is_refused(
    settings: Settings, stock: Stock, in_registry: Make, run: Make, corpora: Corpora
) -> None:
    in_registry(NOBODY, "candidate", CHAMPION)
    stock.dataset(run="of another store")
    stock.dataset(run=run(), project="another project")
    told = f"at {stock.emulator.address} has neither the model of wergate v1 nor anything else"
    with pytest.raises(SettingsError, match=told):
        find_start(settings, corpora)
    with pytest.raises(SettingsError, match=told):
        find_start(settings.model_copy(update={"backend": "local"}), corpora)


@pytest.mark.parametrize("outcome", ["promoted", ""])
def test_where_runs_have_left_something_it_was_deleted(
    outcome: str, settings: Settings, stock: Stock, in_registry: Make, record: Record, run: Make, base: Path
) -> None:
    in_registry(NOBODY, "candidate", CHAMPION)
    stock.dataset(run=run(outcome))
    refuse_another_resource(settings)
    opponent = next(opponents(settings, record, base))
    assert opponent.version == 2
    assert opponent == champion(settings)


def test_a_base_that_was_withdrawn_is_replaced(
    settings: Settings, in_registry: Make, record: Record, base: Path
) -> None:
    in_registry(NOBODY, "base", CHAMPION, is_base=True)
    refuse_another_resource(settings)
    assert next(opponents(settings, record, base)).version == 2


def test_a_champion_of_another_locale(
    settings: Settings, stock: Stock, in_registry: Make, record: Record, base: Path
) -> None:
    in_registry(stock.model(), "candidate", CHAMPION)
    refuse_another_resource(settings)
    british = settings.model_copy(update={"language": "en-GB"})
    told = "language is en-GB, and wergate v1, the champion, was trained for en-US; a project has one locale"
    with pytest.raises(SettingsError, match=told):
        refuse_another_resource(british)
    local = british.model_copy(update={"backend": "local", "language": ""})
    refuse_another_resource(local)
    assert next(opponents(local, record, base)).version == 1, "the model knows its locale"


def test_a_first_language_may_be_corrected(
    settings: Settings, stock: Stock, in_registry: Make, record: Record, tmp_path: Path
) -> None:
    in_registry(stock.base(), "base", CHAMPION, is_base=True)
    british = settings.model_copy(update={"language": "en-GB"})
    models = stock.emulator.state.base_models.items()
    id = next(id for id, one in models if one["locale"] == "en-GB")
    base = write_azure_model(AzureModel(id=id, is_base=True, locale="en-GB"), tmp_path / "british")
    refuse_another_resource(british)
    assert next(opponents(british, record, base)).version == 2
