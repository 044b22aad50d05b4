"""Threads compute on the cores they were given; everything else has all of them."""

import threading

import pytest
import torch

from asr.models.cores import CoreThreads

pytestmark = pytest.mark.usefixtures("four_cores")


def test_each_thread_has_its_cores_and_the_caller_keeps_all() -> None:
    with CoreThreads(2, 2) as threads:
        assert list(threads.map(lambda _: torch.get_num_threads(), range(5))) == [2] * 5
        assert torch.get_num_threads() == 4
    assert torch.get_num_threads() == 4


def test_what_starts_later_has_all_cores() -> None:
    with CoreThreads(1, 1) as threads:
        threads.submit(torch.get_num_threads).result()
    found: list[int] = []
    later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert found == [4]


def test_what_others_set_meanwhile_does_not_matter() -> None:
    with CoreThreads(1, 1) as threads:
        with CoreThreads(1, 3) as others:
            assert others.submit(torch.get_num_threads).result() == 3
        assert threads.submit(torch.get_num_threads).result() == 1


def test_failures_come_back() -> None:
    def fail() -> None:
        raise OSError("the disk is gone")

    with CoreThreads(1, 1) as threads, pytest.raises(OSError, match="the disk is gone"):
        threads.submit(fail).result()
