"""A release is there whole or not at all, and `current` always points at one."""

import json
import os
import threading
from pathlib import Path

import pytest

from asr.releases.directory import CURRENT, current, stage, switch


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    return tmp_path / "releases"


def test_nothing_is_live_before_the_first_release(releases: Path) -> None:
    assert current(releases) is None


def test_a_release_holds_the_model_and_what_is_known_of_it(model: Path, releases: Path) -> None:
    folder = stage(model, releases, "v1-abc", {"version": 1})
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert json.loads((folder / "release.json").read_text()) == {"version": 1}
    assert current(releases) is None, "staged is not live"
    switch(releases, "v1-abc")
    assert current(releases) == folder.resolve()


def test_the_card_is_its_own(model: Path, releases: Path) -> None:
    (model / "README.md").write_text("# The base")
    assert (stage(model, releases, "v1", {}) / "README.md").read_text() == "# The base"
    assert (stage(model, releases, "v2", {}, "# v2") / "README.md").read_text() == "# v2"
    assert (model / "README.md").read_text() == "# The base"


def test_staging_twice_changes_nothing(model: Path, releases: Path) -> None:
    folder = stage(model, releases, "v1-abc", {"released": "first"})
    stage(model, releases, "v1-abc", {"released": "second"})
    assert json.loads((folder / "release.json").read_text()) == {"released": "first"}
    assert [path.name for path in releases.iterdir()] == ["v1-abc"]


def test_what_a_kill_left_is_replaced(model: Path, releases: Path) -> None:
    half = releases / ".v1-abc.part"
    half.mkdir(parents=True)
    (half / "model.safetensors").write_bytes(b"wei")
    (half / "stale.txt").write_text("from another time")
    pointer = releases / f".{CURRENT}.{os.getpid()}"
    pointer.symlink_to("v0-gone")
    folder = stage(model, releases, "v1-abc", {})
    switch(releases, "v1-abc")
    assert sorted(path.name for path in folder.iterdir()) == ["model.safetensors", "release.json"]
    assert sorted(path.name for path in releases.iterdir()) == [CURRENT, "v1-abc"]


def test_only_a_staged_release_becomes_live(model: Path, releases: Path) -> None:
    stage(model, releases, "v1-abc", {})
    switch(releases, "v1-abc")
    with pytest.raises(FileNotFoundError):
        switch(releases, "v2-not-there")
    assert current(releases) == (releases / "v1-abc").resolve()


def test_the_folder_can_be_moved(model: Path, releases: Path) -> None:
    stage(model, releases, "v1-abc", {})
    switch(releases, "v1-abc")
    moved = releases.rename(releases.with_name("elsewhere"))
    assert current(moved) == (moved / "v1-abc").resolve()


def test_readers_see_the_old_or_the_new(tmp_path: Path, releases: Path) -> None:
    for name in ("v1", "v2"):
        source = tmp_path / name
        source.mkdir()
        (source / "name").write_text(name)
        stage(source, releases, name, {})
    switch(releases, "v1")
    seen: set[str] = set()
    failures: list[OSError] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                seen.add((releases / CURRENT / "name").read_text())
            except OSError as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(600):
        switch(releases, ("v1", "v2")[turn % 2])
    done.set()
    reader.join()
    assert failures == []
    assert seen == {"v1", "v2"}


def test_the_service_that_serves_a_release_can_read_it(model: Path, releases: Path) -> None:
    (model / "model.safetensors").chmod(0o600)  # as the safetensors library writes it
    folder = stage(model, releases, "v1", {})
    assert (folder / "model.safetensors").stat().st_mode & 0o777 == 0o644
