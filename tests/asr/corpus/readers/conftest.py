"""What readers find in a folder, without looking into the audio."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.readers.folder import read_folder
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problem

Found = tuple[list[Row], list[Problem]]


@pytest.fixture
def rows_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Found]:
    """Read a folder: its rows and its problems."""
    unpacked = tmp_path_factory.mktemp("work") / "unpacked"

    def read(folder: Path, **options: Any) -> Found:
        with read_folder(folder, **{"unpacked": unpacked} | options) as reading:
            return list(reading.rows), list(reading.problems)

    return read


@pytest.fixture
def places() -> Callable[[list[Problem], Path], list[tuple[str, str, int | None]]]:
    """The rule, the file and the line of each problem."""

    def tell(problems: list[Problem], folder: Path) -> list[tuple[str, str, int | None]]:
        return [(one.rule, one.file.relative_to(folder).as_posix(), one.line) for one in problems]

    return tell
