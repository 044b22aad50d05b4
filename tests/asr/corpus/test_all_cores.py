"""Many files are worked on in processes, few in threads, and nobody can tell from the results."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from asr.corpus import all_cores
from asr.corpus.all_cores import AllCores


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes after a hundred files, also on a single core."""
    monkeypatch.setattr(all_cores, "_MANY", 100)
    monkeypatch.setattr(all_cores, "cores", lambda: 2)


def where(number: int) -> tuple[int, int]:
    return number, os.getpid()


def test_few_are_worked_on_in_threads_of_this_process() -> None:
    with AllCores() as workers:
        assert list(workers.map(where, range(50))) == [(number, os.getpid()) for number in range(50)]
        assert not workers.has_processes


@pytest.mark.usefixtures("soon")
def test_many_are_worked_on_in_processes_once_these_have_started() -> None:
    with AllCores() as workers:
        while not workers.has_processes:
            assert [number for number, _ in workers.map(where, range(150))] == list(range(150))
        found = list(workers.map(where, range(150)))
    assert [number for number, _ in found] == list(range(150))
    processes = {process for _, process in found}
    assert os.getpid() not in processes
    assert not any(is_alive(process) for process in processes)


@pytest.mark.usefixtures("soon")
def test_what_cannot_be_sent_to_a_process_stays_in_threads() -> None:
    seen: list[int] = []
    with AllCores() as workers:
        while not workers.has_processes:
            list(workers.map(where, range(150)))
        list(workers.in_threads(seen.append, range(3)))
    assert sorted(seen) == [0, 1, 2]


@pytest.mark.usefixtures("soon")
def test_threads_go_on_when_no_process_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import ProcessPoolExecutor

    ended = ProcessPoolExecutor(2, initializer=os._exit, initargs=(1,))
    monkeypatch.setattr(all_cores, "worker_processes", lambda _: ended)
    with AllCores() as workers:
        for _ in range(3):
            assert {process for _, process in workers.map(where, range(150))} == {os.getpid()}
            for one in workers._starting:
                assert one.exception(timeout=60)


def test_a_program_that_was_typed_in_stays_in_threads(tmp_path: Path) -> None:
    program = (
        "from asr.corpus import all_cores\n"
        "all_cores._MANY, all_cores.cores = 1, lambda: 2\n"
        "with all_cores.AllCores() as workers:\n"
        "    print(sum(workers.map(abs, range(10))), workers._processes)\n"
    )
    ran = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("45 None\n", "")


def test_whoever_stops_early_does_not_wait_for_the_rest() -> None:
    go_on = threading.Event()
    with AllCores() as workers:
        results = workers.in_threads(lambda number: number < 20 or go_on.wait(0.01), range(10_000))
        next(results)
    assert not go_on.is_set()


@pytest.mark.skipif(os.name == "nt", reason="no such signal")
def test_processes_end_with_the_one_they_work_for(tmp_path: Path) -> None:
    """Killed, it can tell nobody."""
    program = tmp_path / "program.py"
    program.write_text(
        "import os, signal\n"
        "from asr.processes import worker_processes\n"
        "if __name__ == '__main__':\n"
        "    pool = worker_processes(2)\n"
        "    print(*{pool.submit(os.getpid).result() for _ in range(20)}, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=60)
    workers = [int(word) for word in ran.stdout.split()]
    assert workers, ran.stderr
    for _ in range(200):
        if not any(map(is_alive, workers)):
            return
        threading.Event().wait(0.05)
    pytest.fail(f"{workers} are still there")


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.is_file() or state.read_text().rpartition(")")[2].split()[0] != "Z"
