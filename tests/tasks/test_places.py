"""Every place has what the folder has: released, put back and gone on with in the same guarded step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import tasks.places
import tasks.release
from asr.errors import UserError
from asr.models.checkpoint import fingerprint
from asr.releases.hub import HubPlace
from asr.releases.place import Place
from tasks.places import places
from tasks.promotion_journal import Move, begun
from tasks.promotion_log import read_log
from tasks.registry import CHAMPION, PREVIOUS, alias_number, crown_base, register
from tasks.release import ensure_released, move_champion
from tasks.settings import Settings
from tests.tasks.killed_moves import same_files


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@dataclass
class Shelf:
    """A place that remembers what was put there."""

    name: str = "the shelf"
    got: list[str] = field(default_factory=list)
    refuses: str = ""
    """The start of the release that it does not take."""
    loses_the_answer: bool = False
    """Whether it takes it all the same."""
    away: bool = False
    kills: bool = False

    def has(self, folder: Path) -> bool:
        if self.away:
            raise UserError(f"{self.name} is away")
        return bool(self.got) and self.got[-1] == folder.name

    def release(self, folder: Path, test: Callable[[Path], None]) -> None:
        assert (folder / "model.safetensors").is_file() and (folder / "release.json").is_file()
        if self.kills:
            raise Killed
        refused = self.refuses and folder.name.startswith(self.refuses)
        if not refused or self.loses_the_answer:
            self.got.append(folder.name)
        if refused:
            raise UserError(f"{self.name} is full")

    @property
    def versions(self) -> list[str]:
        return [name.partition("-")[0] for name in self.got]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """The only place that the settings name."""
    shelf = Shelf()
    there: tuple[Place, ...] = (shelf,)
    monkeypatch.setattr(tasks.places, "places", lambda _settings, _folder: there)
    return shelf


@pytest.fixture
def two(stored: Callable[..., Settings], tmp_path: Path, shelf: Shelf) -> Settings:
    """Version 1 is champion and live everywhere, version 2 is registered."""
    settings = stored()
    crown_base(settings, same_files(tmp_path / "one", "one"))
    ensure_released(settings)
    other = same_files(tmp_path / "two", "two")
    register(settings, other, fingerprint(other), base="b", outcome="candidate")
    return settings


def to(version: int, replaces: int, what: Any = "promoted") -> Move:
    return Move(what=what, version=version, replaces=replaces, by="Ada", reason="better", run_id="r")


def nothing(_staged: Path) -> None:
    pass


def state(settings: Settings) -> tuple[int | None, int | None, str]:
    live = (settings.data / "releases" / "current").resolve().name.partition("-")[0]
    return alias_number(settings, CHAMPION), alias_number(settings, PREVIOUS), live


def story(settings: Settings) -> list[tuple[str, int]]:
    return [(entry.what, entry.version) for entry in read_log(settings)]


def test_a_hub_repository_is_a_place(tmp_path: Path) -> None:
    assert places(Settings(), tmp_path) == ()
    [place] = places(Settings(release_to_hub="org/speech"), tmp_path)
    assert place == HubPlace("org/speech")
    assert place.name == "the Hub repository org/speech"


def test_released_and_rolled_back_once_each(two: Settings, shelf: Shelf) -> None:
    assert shelf.versions == ["v1"], "the base is what people would use without a champion"
    move_champion(two, to(2, 1), nothing)
    assert (state(two), shelf.versions) == ((2, 1, "v2"), ["v1", "v2"])
    move_champion(two, to(1, 2, "rolled back"), nothing)
    assert (state(two), shelf.versions) == ((1, 2, "v1"), ["v1", "v2", "v1"])
    ensure_released(two)
    assert len(shelf.got) == 3, "it was there"


def test_a_place_that_holds_something_else_is_put_right(two: Settings, shelf: Shelf) -> None:
    shelf.got.append("v7-by-hand")
    ensure_released(two)
    assert shelf.versions == ["v1", "v7", "v1"]


@pytest.mark.parametrize("loses_the_answer", [False, True], ids=["refused", "answer-lost"])
def test_one_that_fails_puts_everything_back(
    two: Settings, shelf: Shelf, loses_the_answer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = Shelf("the other shelf", list(shelf.got), refuses="v2", loses_the_answer=loses_the_answer)
    both: tuple[Place, ...] = (shelf, second)
    monkeypatch.setattr(tasks.places, "places", lambda _settings, _folder: both)
    with pytest.raises(UserError, match="the other shelf is full"):
        move_champion(two, to(2, 1), nothing)
    assert state(two) == (1, None, "v1")
    assert shelf.versions == ["v1", "v2", "v1"], "it had it already"
    assert second.versions == (["v1", "v2", "v1"] if loses_the_answer else ["v1"])
    assert (begun(two), story(two)) == (None, [("first", 1), ("failed", 2)])


def test_one_that_is_away_is_known_before_anything_moves(two: Settings, shelf: Shelf) -> None:
    shelf.away = True
    tried: list[Path] = []
    with pytest.raises(UserError, match="the shelf is away"):
        move_champion(two, to(2, 1), tried.append)
    assert (state(two), begun(two), story(two), tried) == ((1, None, "v1"), None, [("first", 1)], [])
    shelf.away = False
    assert move_champion(two, to(2, 1), nothing)
    assert shelf.versions == ["v1", "v2"]


def test_one_that_goes_away_in_between_is_put_back_by_the_next_command(two: Settings, shelf: Shelf) -> None:
    def goes_away(_staged: Path) -> None:
        shelf.away = True

    with pytest.raises(UserError, match=r"could not be promoted \(the shelf is away\), and putting v1 back failed too"):
        move_champion(two, to(2, 1), goes_away)
    assert state(two) == (1, None, "v1"), "what is here is back"
    assert begun(two) is not None
    shelf.away = False
    ensure_released(two)
    assert (state(two), shelf.versions, begun(two)) == ((1, None, "v1"), ["v1"], None)
    assert story(two) == [("first", 1), ("failed", 2)]


def test_killed_between_pointer_and_place_the_next_command_finishes(
    two: Settings, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.kills = True
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(tasks.release, "_fail", lambda *_: None)  # whoever is dead undoes nothing
        move_champion(two, to(2, 1), nothing)
    assert (state(two), shelf.versions) == ((2, 1, "v2"), ["v1"])
    shelf.kills = False
    ensure_released(two)
    assert (state(two), shelf.versions, begun(two)) == ((2, 1, "v2"), ["v1", "v2"], None)
    assert story(two) == [("first", 1), ("promoted", 2)]


def test_a_release_tells_what_it_is(two: Settings) -> None:
    release = move_champion(two, to(2, 1), nothing)
    assert release is not None
    card = (release / "README.md").read_text()
    assert "# wergate v2" in card
    assert 'model="data/releases/current"' in card
