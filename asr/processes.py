"""Processes that work for this one: they end with it, and leave Ctrl-C to it."""

import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread


def worker_processes(count: int) -> ProcessPoolExecutor:
    """A pool of so many; each starts Python anew, so that nothing of this process's threads and locks is copied."""
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin)


def can_start_processes() -> bool:
    """Whether this program can be begun anew in another process, which needs a file: one typed in cannot."""
    program = getattr(sys.modules["__main__"], "__file__", None)
    return program is None or Path(program).is_file()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A process that waits for work holds the pipe open that it waits for, and would wait for ever.
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)
