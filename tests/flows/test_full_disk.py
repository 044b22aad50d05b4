"""A disk that fills up while a run is at work: one line says so, nothing is half done, and the run goes on later."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.model_list import list_models

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A disk of its own, made with a size and made larger by calling it again; only root can do that."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def resize(size: str) -> Path:
        options = f"remount,size={size}" if folder.is_mount() else f"size={size}"
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True)
        if made.returncode:
            pytest.skip("only root can make a small disk")
        return folder

    yield resize
    subprocess.run(["umount", "-l", folder], capture_output=True)


@pytest.mark.parametrize("size", ["2m", "12m", "28m", "50m"], ids=["register", "release", "train", "checkpoint"])
def test_a_full_disk(disk, quick, wergate, as_flags, tmp_path: Path, size: str) -> None:
    settings = quick(disk(size) / "data", training={"max_steps": 4})
    flags = as_flags(settings)
    ran = wergate("run", *flags, "--json")
    assert ran.code == 1
    assert ran.message.startswith(f"the disk of {settings.data} is full; free some space and run")
    assert len(ran.message.splitlines()) == 1
    assert "Traceback" not in ran.err
    assert len(list_models(settings)) <= 1
    for release in settings.data.glob("releases/v*"):
        assert (release / "release.json").is_file(), "half a release"

    disk("300m")
    ran = wergate("run", *flags, "--json")
    assert (ran.code, json.loads(ran.out)["outcome"] in ("promoted", "rejected")) == (0, True), ran.err
    assert [line.version for line in list_models(settings)] == [2, 1]
