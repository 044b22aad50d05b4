import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from tasks.steps import done, once, write_aside


class Made(BaseModel):
    number: int
    file: Path


class LaterForm(BaseModel):
    number: int
    file: Path
    added: str


@pytest.fixture
def work(tmp_path: Path) -> Callable[[], Made]:
    """Work that counts how often it was done, in a file that it makes."""

    def do() -> Made:
        file = tmp_path / "step" / "made.txt"
        done = int(file.read_text()) + 1 if file.exists() else 1
        file.write_text(str(done))
        return Made(number=done, file=file)

    return do


def test_work_is_done_once(tmp_path: Path, work: Callable[[], Made]) -> None:
    first = once(tmp_path / "step", Made, work)
    assert (first.number, once(tmp_path / "step", Made, work)) == (1, first)


def test_whether_it_is_done(tmp_path: Path, work: Callable[[], Made]) -> None:
    assert done(tmp_path / "step", Made) is None
    first = once(tmp_path / "step", Made, work)
    assert done(tmp_path / "step", Made) == done(tmp_path / "step", Made, since=time.time() - 60) == first
    assert done(tmp_path / "step", Made, since=time.time() + 60) is None
    assert not (tmp_path / "step").exists()


def test_killed_work_goes_on_from_its_own_files(tmp_path: Path, work: Callable[[], Made]) -> None:
    def killed() -> Made:
        work()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once(tmp_path / "step", Made, killed)
    assert not (tmp_path / "step" / "result.json").exists()
    assert once(tmp_path / "step", Made, work).number == 2


def test_the_result_is_written_last_and_whole(tmp_path: Path, work: Callable[[], Made]) -> None:
    def look() -> Made:
        assert not (tmp_path / "step" / "result.json").exists()
        return work()

    once(tmp_path / "step", Made, look)
    assert sorted(path.name for path in (tmp_path / "step").iterdir()) == ["made.txt", "result.json"]


def test_a_half_written_result_does_not_count(tmp_path: Path, work: Callable[[], Made]) -> None:
    once(tmp_path / "step", Made, work)
    result = tmp_path / "step" / "result.json"
    result.write_text(result.read_text()[:-3])
    assert once(tmp_path / "step", Made, work).number == 2


def test_a_file_that_is_gone_is_made_again(tmp_path: Path, work: Callable[[], Made]) -> None:
    once(tmp_path / "step", Made, work).file.unlink()
    again = once(tmp_path / "step", Made, work)
    assert (again.number, again.file.exists()) == (1, True)


def test_a_result_of_an_older_form_is_made_again(tmp_path: Path, work: Callable[[], Made]) -> None:
    once(tmp_path / "step", Made, work)
    later = once(tmp_path / "step", LaterForm, lambda: LaterForm(**work().model_dump(), added="x"))
    assert (later.number, later.added) == (2, "x")


def test_what_was_done_before_a_time_is_forgotten(tmp_path: Path, work: Callable[[], Made]) -> None:
    once(tmp_path / "step", Made, work)
    begun = time.time() + 10
    again = once(tmp_path / "step", Made, work, since=begun)
    assert again.number == 1, "its files were left in the way"
    os.utime(tmp_path / "step" / "result.json", (begun + 1, begun + 1))
    (tmp_path / "step" / "made.txt").write_text("5")
    assert once(tmp_path / "step", Made, work, since=begun) == again


def test_half_made_work_survives_a_time(tmp_path: Path, work: Callable[[], Made]) -> None:
    (tmp_path / "step").mkdir()
    work()
    assert once(tmp_path / "step", Made, work, since=time.time() + 10).number == 2


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    write_aside(tmp_path / "x", "old")
    with pytest.raises(UnicodeEncodeError):
        write_aside(tmp_path / "x", "\ud800")
    assert (tmp_path / "x").read_text() == "old"
