import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.settings import Settings


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tracking store with nothing in it; making its tables takes seconds."""
    from tasks.tracking import client

    folder = tmp_path_factory.mktemp("store")
    client(Settings(data=folder)).search_experiments()
    return folder / "mlflow.db"


@pytest.fixture
def stored(empty_store: Path, tmp_path: Path) -> Callable[..., Settings]:
    """Settings with an empty tracking store below `tmp_path / data`."""

    def make(**changes: Any) -> Settings:
        data = tmp_path / "data"
        if not data.exists():
            data.mkdir()
            shutil.copy(empty_store, data)
        return Settings(data=data, **changes)

    return make
