"""One promotion at a time, on this machine and among those that share a Prefect server."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asr.errors import UserError
from tasks.promotion_journal import Move
from tasks.promotion_lock import _wait_for_the_place, one_promotion_at_a_time
from tasks.settings import Settings


def test_a_second_one_waits_and_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    code = (
        "import pathlib, sys, tasks.promotion_lock, tasks.settings\n"
        f"settings = tasks.settings.Settings(data=pathlib.Path({str(tmp_path)!r}))\n"
        "with tasks.promotion_lock.one_promotion_at_a_time(settings):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        with (
            pytest.raises(UserError, match="another promotion or rollback is under way here"),
            one_promotion_at_a_time(settings, patience=0),
        ):
            pass
        other.kill()
    with one_promotion_at_a_time(settings), one_promotion_at_a_time(settings, patience=0):
        pass  # whoever holds it goes on


@pytest.fixture
def machine(tmp_path: Path, prefect_server: None) -> Callable[[str], Settings]:
    """Settings of a machine with a data folder of its own; all share one Prefect server."""

    def make(name: str) -> Settings:
        return Settings(data=tmp_path / name, name=tmp_path.name)

    return make


def test_two_machines_share_one_place(machine: Callable[[str], Settings]) -> None:
    with (
        one_promotion_at_a_time(machine("here")),
        pytest.raises(UserError, match="another machine promotes or rolls back"),
        one_promotion_at_a_time(machine("there"), patience=0),
    ):
        pass
    with one_promotion_at_a_time(machine("there"), patience=0):
        pass


def test_a_machine_gives_back_the_place_of_a_holder_that_was_killed(machine: Callable[[str], Settings]) -> None:
    here, there = machine("here"), machine("there")
    here.data.mkdir()
    _wait_for_the_place(here, here.data / "promotion.lease", patience=0)  # and killed
    with pytest.raises(UserError, match="--active-slots 0"), one_promotion_at_a_time(there, patience=0):
        pass
    with one_promotion_at_a_time(here, patience=0):
        assert (here.data / "promotion.lease").is_file()
    assert not (here.data / "promotion.lease").exists()
    with one_promotion_at_a_time(there, patience=0):
        pass


@pytest.mark.parametrize(("hours", "alive"), [(2.5, True), (3.5, False)], ids=["a-deployment", "given-up"])
def test_a_move_of_somebody_else_is_respected_for_three_hours(tmp_path: Path, hours: float, alive: bool) -> None:
    at = datetime.now(UTC) - timedelta(hours=hours)
    move = Move(what="promoted", version=2, replaces=1, by="Ada", reason="better", at=at, host="elsewhere")
    assert move.is_alive(Settings(data=tmp_path)) is alive
