"""What a release that did not pass left at the endpoint is taken back, though the champion is of this machine."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.azure.entities import Endpoint
from asr.azure.marks import RELEASE, TRIED
from asr.models.checkpoint import fingerprint
from tasks.azure.service import custom_speech
from tasks.promotion_journal import Move, begin, begun
from tasks.registry import CHAMPION, Registered, move_alias, register, registered
from tasks.release import ensure_released, recover
from tasks.releases import release_name, releases_folder
from tasks.settings import Settings
from tests.azure_emulator.store import Entity
from tests.azure_stock import LOCALE, Stock
from tests.tasks.killed_moves import same_files

Make = Callable[..., Any]


@pytest.fixture
def candidate(settings: Settings, stock: Stock, in_registry: Make, tmp_path: Path) -> Registered:
    """Version 2, of the service; version 1 is of this machine, and the champion."""
    folder = same_files(tmp_path / "one", "one")
    register(settings, folder, fingerprint(folder), base="b", outcome="base")
    move_alias(settings, CHAMPION, 1)
    found: Registered = in_registry(stock.model(), "candidate")
    return registered(settings, found.version)


def put_untried(stock: Stock, settings: Settings, *, status: str = "Succeeded") -> str:
    """An endpoint of the project with a release that was never tried, as a kill leaves it."""
    id = stock.endpoint(stock.model(), {RELEASE: "v2-b model"}, status=status)
    kept(stock, id).body["displayName"] = f"{settings.name}/endpoint/{LOCALE}"
    return id


def kept(stock: Stock, id: str) -> Entity:
    found = stock.emulator.state.store.get("endpoints", id)
    assert found is not None
    return found


def endpoints(settings: Settings) -> list[str]:
    return [one.id for one in custom_speech(settings).all(Endpoint)]


def test_killed_while_it_was_undone(settings: Settings, stock: Stock, candidate: Registered) -> None:
    put_untried(stock, settings)
    shutil.copytree(candidate.directory, releases_folder(settings) / release_name(candidate))
    begin(settings, Move(what="promoted", version=2, replaces=1, by="Ada", reason="better"))
    recover(settings)
    assert (begun(settings), endpoints(settings)) == (None, [])


def test_what_could_not_be_undone_is_by_the_next_run(
    settings: Settings, stock: Stock, candidate: Registered, caplog: pytest.LogCaptureFixture
) -> None:
    busy = put_untried(stock, settings, status="Running")
    ensure_released(settings)
    assert endpoints(settings) == [busy]
    assert "is not deleted yet, `wergate run` does it" in caplog.text, "it stops nothing"
    entity = kept(stock, busy)
    entity.body["status"], entity.busy = "Succeeded", False
    ensure_released(settings)
    assert endpoints(settings) == []


def test_what_people_use_stays(settings: Settings, stock: Stock, candidate: Registered) -> None:
    used = put_untried(stock, settings)
    kept(stock, used).body["customProperties"][TRIED] = "yes"
    ensure_released(settings)
    assert endpoints(settings) == [used]
