"""Work side by side: in order, each part once, no more at a time than asked for, and nothing is left behind."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import torch

from asr.models.lanes import results_in_order


@pytest.fixture
def threads() -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield 2
    torch.set_num_threads(before)


@pytest.mark.parametrize("lanes", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 20])
def test_results_come_in_order(lanes: int, count: int) -> None:
    def compute(number: int) -> int:
        time.sleep(0.001 * (number % 3))
        return number * number

    found = list(results_in_order(range(count), lambda number: number + 1, compute, lanes))
    assert found == [(number + 1) ** 2 for number in range(count)]


def test_lanes_compute_at_the_same_time_and_no_more_than_asked() -> None:
    both = threading.Barrier(2, timeout=10)  # broken unless two are in it at once
    computing: list[int] = []

    def compute(number: int) -> int:
        computing.append(number)
        both.wait()
        at_once = len(computing)
        both.wait()
        computing.remove(number)
        return at_once

    assert list(results_in_order(range(6), lambda number: number, compute, 2)) == [2] * 6


def test_one_lane_computes_in_the_thread_of_the_caller_and_fetches_ahead() -> None:
    fetched = [threading.Event() for _ in range(3)]

    def fetch(number: int) -> int:
        fetched[number].set()
        return number

    def compute(number: int) -> int:
        assert threading.current_thread() is threading.main_thread()
        assert all(event.wait(10) for event in fetched[: number + 2])
        return number

    assert list(results_in_order(range(3), fetch, compute, 1)) == [0, 1, 2]


def test_threads_of_torch_are_shared_out_and_given_back(threads: int) -> None:
    counts = list(results_in_order(range(8), lambda number: number, lambda _: torch.get_num_threads(), 2))
    assert counts == [1] * 8
    assert torch.get_num_threads() == threads
    assert in_a_new_thread(torch.get_num_threads) == threads


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_failure_ends_it(lanes: int, threads: int) -> None:
    def compute(number: int) -> int:
        if number == 1:
            raise OSError("the disk is gone")
        return number

    results = results_in_order(range(100), lambda number: number, compute, lanes)
    assert next(results) == 0
    with pytest.raises(OSError, match="the disk is gone"):
        next(results)
    assert in_a_new_thread(torch.get_num_threads) == threads


def test_who_stops_early_waits_only_for_what_is_begun(threads: int) -> None:
    done: list[int] = []

    def compute(number: int) -> int:
        done.append(number)
        time.sleep(0.01)
        return number

    with closing(results_in_order(range(100), lambda number: number, compute, 2)) as results:
        next(results)
    assert len(done) < 8
    assert in_a_new_thread(torch.get_num_threads) == threads


def in_a_new_thread(look: Callable[[], int]) -> int:
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(look()))
    thread.start()
    thread.join()
    return seen[0]
