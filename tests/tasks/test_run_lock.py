import subprocess
import sys
from pathlib import Path

import pytest

from asr.errors import UserError
from tasks.run_lock import one_run_at_a_time
from tasks.settings import Settings


def test_a_second_run_is_refused_and_a_later_one_is_not(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    with one_run_at_a_time(settings):
        with pytest.raises(UserError, match="another run is at work here"), one_run_at_a_time(settings):
            pass
        with one_run_at_a_time(Settings(data=tmp_path / "other")):
            pass
    with one_run_at_a_time(settings):
        pass


def test_a_run_that_failed_frees_the_lock(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with pytest.raises(ZeroDivisionError), one_run_at_a_time(settings):
        raise ZeroDivisionError
    with one_run_at_a_time(settings):
        pass


def test_a_killed_run_frees_the_lock(tmp_path: Path, repository: Path) -> None:
    code = (
        "import os, pathlib, signal, tasks.run_lock, tasks.settings\n"
        f"with tasks.run_lock.one_run_at_a_time(tasks.settings.Settings(data=pathlib.Path({str(tmp_path)!r}))):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=repository)
    assert killed.returncode == -9
    assert (tmp_path / "run.lock").exists()
    with one_run_at_a_time(Settings(data=tmp_path)):
        pass
