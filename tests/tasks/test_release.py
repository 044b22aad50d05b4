"""The guarded step: done or as if it had never begun, whatever happens in between, and the log tells the truth."""

import multiprocessing
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import tasks.release
from asr.errors import UserError
from asr.models.checkpoint import fingerprint
from tasks.history import read_history
from tasks.promotion_journal import Move, begin, begun
from tasks.promotion_log import read_log
from tasks.registry import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    crown_base,
    move_alias,
    register,
    registered,
    version_by_alias,
)
from tasks.release import ensure_released, move_champion, recover
from tasks.settings import Settings
from tasks.tracking import client
from tests.tasks.killed_moves import move_and_die, same_files

STEPS = [
    ("after", "tasks.promotion_lock:_wait_for_the_place", ""),
    ("before", "tasks.release:begin", ""),
    ("after", "tasks.release:begin", ""),
    ("before", "tasks.release:stage", "v2-"),
    ("after", "tasks.release:stage", "v2-"),
    ("before", "tasks.release:move_alias", "previous"),
    ("after", "tasks.release:move_alias", "previous"),
    ("before", "tasks.release:move_alias", "champion"),
    ("after", "tasks.release:move_alias", "champion"),
    ("before", "tasks.release:switch", "v2-"),
    ("after", "tasks.release:switch", "v2-"),
    ("after", "tasks.release:release_everywhere", "v2-"),
    ("after", "tasks.release:move_alias", "challenger"),
    ("before", "tasks.release:tag_version", ""),
    ("before", "tasks.release:note", ""),
    ("after", "tasks.release:note", ""),
    ("before", "tasks.release:end", ""),
    ("after", "tasks.release:end", ""),
]
MOVED = 8
"""From this step on the alias has moved, and the step is finished; before, it is undone."""


@pytest.fixture
def two(stored: Callable[..., Settings], tmp_path: Path) -> Settings:
    """Version 1 is champion and live, version 2 is challenger."""
    settings = stored()
    crown_base(settings, same_files(tmp_path / "one", "one"))
    other = same_files(tmp_path / "two", "two")
    register(settings, other, fingerprint(other), base="b", outcome="candidate")
    move_alias(settings, CHALLENGER, 2)
    ensure_released(settings)
    return settings


def to(version: int, replaces: int, by: str = "Ada") -> Move:
    return Move(what="promoted", version=version, replaces=replaces, by=by, reason="better", run_id="r")


def alias(settings: Settings, name: str) -> int | None:
    found = version_by_alias(settings, name)
    return int(found.version) if found else None


def live(settings: Settings) -> str:
    current = settings.data / "releases" / "current"
    assert (current / "model.safetensors").is_file(), "nothing answers"
    return current.resolve().name.partition("-")[0]


def story(settings: Settings) -> list[tuple[str, int]]:
    return [(entry.what, entry.version) for entry in read_log(settings)]


def nothing(_staged: Path) -> None:
    pass


def test_a_promotion(two: Settings) -> None:
    release = move_champion(two, to(2, 1), nothing, {"wer": 0.1})
    assert release is not None and (release / "release.json").is_file()
    assert (alias(two, CHAMPION), alias(two, PREVIOUS), alias(two, CHALLENGER)) == (2, 1, None)
    assert live(two) == "v2"
    assert begun(two) is None
    first, promoted = read_log(two)
    assert (first.what, first.version, promoted.what, promoted.version) == ("first", 1, "promoted", 2)
    assert (promoted.by, promoted.reason, promoted.replaces, promoted.run_id) == ("Ada", "better", 1, "r")
    tags = version_by_alias(two, CHAMPION).tags
    assert (tags["wergate.decided_by"], tags["wergate.reason"], tags["wergate.replaced"]) == ("Ada", "better", "1")

    assert move_champion(two, to(2, 1), nothing) == release, "it is done already"
    assert story(two) == [("first", 1), ("promoted", 2)]


@pytest.mark.slow
@pytest.mark.long
def test_killed_at_every_step_the_next_command_ends_it(
    two: Settings, tmp_path: Path, prefect_server: None, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.settings import PREFECT_API_URL

    monkeypatch.setenv("PYTHONPATH", str(repository))
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.tasks.killed_moves"])
    champion, other = 1, 2
    for number, (moment, step, word) in enumerate(STEPS):
        word = word.replace("v2-", f"v{other}-")
        move = to(other, champion, by=f"{moment} {step} {word}")
        order = (two, move, str(PREFECT_API_URL.value()), moment, step, word)
        process = processes.Process(target=move_and_die, args=order)
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL, f"not killed {moment} {step} {word}"
        assert alias(two, CHAMPION) in (champion, other)
        assert live(two) in ("v1", "v2")

        moved = number >= MOVED
        if moved or number < 2:
            read_history(two)  # any next command, even one that only looks
        else:
            ensure_released(two)
        assert begun(two) is None
        now = other if moved else champion
        assert (alias(two, CHAMPION), live(two)) == (now, f"v{now}"), f"{moment} {step}"
        mine = [entry.what for entry in read_log(two) if entry.by == move.by]
        assert mine == (["promoted"] if moved else ["failed"] if number >= 2 else []), f"{moment} {step}"
        if moved:
            assert alias(two, PREVIOUS) == champion
            champion, other = other, champion
            move_alias(two, CHALLENGER, other)
        elif number == MOVED - 1:
            assert alias(two, PREVIOUS) is None
    assert move_champion(two, to(other, champion), nothing) is not None
    assert (alias(two, CHAMPION), live(two)) == (other, f"v{other}")


@pytest.mark.parametrize("broken", ["stage", "move_alias", "switch"])
def test_what_fails_is_undone_and_noted(two: Settings, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    real = getattr(tasks.release, broken)
    failed: list[Any] = []

    def fails(*arguments: Any) -> Any:
        wanted = CHAMPION if broken == "move_alias" else "v2-"
        if wanted in repr(arguments) and not failed:
            failed.append(arguments)
            raise ConnectionError("the registry is away")
        return real(*arguments)

    monkeypatch.setattr(tasks.release, broken, fails)
    with pytest.raises(UserError, match="wergate v2 failed, and wergate v1 is live again: the registry is away"):
        move_champion(two, to(2, 1), nothing)
    assert (alias(two, CHAMPION), alias(two, PREVIOUS), alias(two, CHALLENGER)) == (1, None, 2)
    assert (live(two), begun(two), story(two)) == ("v1", None, [("first", 1), ("failed", 2)])
    assert move_champion(two, to(2, 1), nothing)
    assert story(two) == [("first", 1), ("failed", 2), ("promoted", 2)]


def test_the_registry_goes_away_for_good_and_comes_back(two: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise ConnectionError("the registry is away")

    with monkeypatch.context() as patch:
        patch.setattr(tasks.release, "move_alias", away)
        with pytest.raises(UserError, match=r"could not be promoted .* failed too .* the next command does it"):
            move_champion(two, to(2, 1), nothing)
    assert begun(two) is not None
    assert (alias(two, CHAMPION), live(two)) == (1, "v1")
    ensure_released(two)
    assert (begun(two), alias(two, CHAMPION), alias(two, PREVIOUS), live(two)) == (None, 1, None, "v1")


def test_a_release_that_is_not_what_it_should_be(two: Settings) -> None:
    def refuse(staged: Path) -> None:
        raise UserError(f"{staged.name}: it wrote nonsense")

    with pytest.raises(UserError, match="it wrote nonsense"):
        move_champion(two, to(2, 1), refuse)
    assert (alias(two, CHAMPION), live(two), story(two)[-1]) == (1, "v1", ("failed", 2))
    assert not list((two.data / "releases").glob("v2-*")), "what was refused is not kept"


def test_two_promotions_at_the_same_moment(two: Settings, tmp_path: Path, prefect_server: None) -> None:
    third = same_files(tmp_path / "three", "three")
    register(two, third, fingerprint(third), base="b", outcome="candidate")
    inside, outcomes = [], {}

    def slow(staged: Path) -> None:
        inside.append(staged.name)
        assert len(inside) == 1, "two at once"
        threading.Event().wait(0.3)
        inside.remove(staged.name)

    def promote(version: int) -> None:
        outcomes[version] = move_champion(two, to(version, 1), slow)

    threads = [threading.Thread(target=promote, args=(version,)) for version in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [version for version, release in outcomes.items() if release]
    assert (alias(two, CHAMPION), alias(two, PREVIOUS), live(two)) == (winner, 1, f"v{winner}")
    assert story(two) == [("first", 1), ("promoted", winner)]


def test_somebody_moves_the_alias_by_hand_meanwhile(two: Settings, tmp_path: Path) -> None:
    third = same_files(tmp_path / "three", "three")
    register(two, third, fingerprint(third), base="b", outcome="candidate")
    assert move_champion(two, to(2, 1), lambda _staged: move_alias(two, CHAMPION, 3)) is None
    assert (alias(two, CHAMPION), begun(two), story(two)) == (3, None, [("first", 1)])
    begin(two, to(2, 1))  # and killed before it could see that
    recover(two)
    assert (alias(two, CHAMPION), begun(two)) == (3, None), "what somebody else has moved is theirs"


def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """Another data folder on the same store, with a lock of its own."""
    return Settings(data=tmp_path / "elsewhere", mlflow_tracking_uri=f"sqlite:///{settings.data}/mlflow.db")


def test_somebody_else_is_at_it(two: Settings, tmp_path: Path) -> None:
    begin(elsewhere(two, tmp_path), to(2, 1))
    with pytest.raises(UserError, match=r"v2 is being promoted on .* since"):
        move_champion(two, to(2, 1), nothing)
    read_history(two)  # looking is not refused
    assert begun(two) is not None, "it may be alive"
    assert story(two) == [("first", 1)]
    client(two).set_registered_model_tag(
        two.name,
        "wergate.moving",
        begun(two).model_copy(update={"at": datetime(2026, 1, 1, tzinfo=UTC)}).model_dump_json(),
    )
    assert move_champion(two, to(2, 1), nothing), "it has died"
    assert story(two) == [("first", 1), ("failed", 2), ("promoted", 2)]


def test_a_journal_that_nobody_can_read(two: Settings, caplog: pytest.LogCaptureFixture) -> None:
    client(two).set_registered_model_tag(two.name, "wergate.moving", "{half")
    assert move_champion(two, to(2, 1), nothing)
    assert (alias(two, CHAMPION), live(two), begun(two)) == (2, "v2", None)


def test_two_data_folders_promote_at_the_same_moment(two: Settings, tmp_path: Path) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    third = same_files(tmp_path / "three", "three")
    register(two, third, fingerprint(third), base="b", outcome="candidate")
    other = elsewhere(two, tmp_path)

    def meanwhile(_staged: Path) -> None:
        with pytest.raises(UserError, match="v2 is being promoted"):
            move_champion(other, to(3, 1), nothing)

    with temporary_settings({PREFECT_API_URL: None}):  # nothing that they share but the store
        assert move_champion(two, to(2, 1), meanwhile)
    assert (alias(two, CHAMPION), story(two)) == (2, [("first", 1), ("promoted", 2)])


def test_going_back_from_a_champion_whose_files_are_gone(two: Settings, tmp_path: Path) -> None:
    import shutil

    move_champion(two, to(2, 1), nothing)
    shutil.rmtree(registered(two, 2).directory)
    back = Move(what="rolled back", version=1, replaces=2, by="Ada", reason="it is broken")
    assert move_champion(two, back, nothing)
    assert (alias(two, CHAMPION), alias(two, PREVIOUS), live(two)) == (1, 2, "v1")
    with pytest.raises(UserError, match="its files cannot be fetched"):
        move_champion(two, to(2, 1), nothing)
    assert (alias(two, CHAMPION), live(two)) == (1, "v1")


def test_a_release_that_was_tampered_with_is_copied_anew(two: Settings) -> None:
    release = move_champion(two, to(2, 1), nothing)
    [old] = (two.data / "releases").glob("v1-*")
    (old / "model.safetensors").write_text("something else")
    move_champion(two, Move(what="rolled back", version=1, replaces=2, by="Ada", reason="x"), nothing)
    assert (old / "model.safetensors").read_text() == "one"
    assert release and release.is_dir()


def test_a_folder_where_the_pointer_has_to_be(two: Settings) -> None:
    pointer = two.data / "releases" / "current"
    pointer.unlink()
    pointer.mkdir()
    with pytest.raises(UserError, match="move it away"):
        move_champion(two, to(2, 1), nothing)
    assert (alias(two, CHAMPION), alias(two, PREVIOUS)) == (1, None)
    read_history(two)
    pointer.rmdir()
    assert move_champion(two, to(2, 1), nothing)
    assert live(two) == "v2"


def test_somebody_takes_the_alias_away(two: Settings) -> None:
    move_champion(two, to(2, 1), nothing)
    move_alias(two, CHAMPION, None)
    with pytest.raises(UserError, match=r"no version is champion, though v2 was; .*rollback --to 2"):
        crown_base(two, registered(two, 1).directory)
    back = Move(what="rolled back", version=2, replaces=None, by="Ada", reason="it was taken away")
    assert move_champion(two, back, nothing)
    assert (alias(two, CHAMPION), alias(two, PREVIOUS), live(two)) == (2, None, "v2")
    assert story(two)[-1] == ("rolled back", 2)


def test_a_champion_that_is_not_live_here_is_put_there(two: Settings, caplog: pytest.LogCaptureFixture) -> None:
    import shutil

    move_champion(two, to(2, 1), nothing)
    shutil.rmtree(two.data / "releases")
    release = move_champion(two, to(2, 1), nothing)
    assert release and release.is_dir() and live(two) == "v2"
