"""The same work on many files, on all cores: in threads while files are few, in processes when they are many.

Decoders leave Python's lock while they work, but not what is around them: with short files, two threads are not half
as fast again as one. Processes are, and take half a second to start.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, Self, TypeVar

from asr.processes import can_start_processes, cores, worker_processes

_Work = TypeVar("_Work")
_Result = TypeVar("_Result")

_AT_ONCE = 20  # files handed over together: one by one, that costs as much as reading short ones
_MANY = 2_000  # files after which processes are worth their start


class AllCores:
    """Used in a `with` statement by one thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(cores())
        self._processes: ProcessPoolExecutor | None = None
        self._starting: list[Future[int]] = []
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in (self._threads, self._processes):
            if pool:
                pool.shutdown(cancel_futures=True)

    def in_threads(self, function: Callable[[_Work], _Result], work: Sequence[_Work]) -> Iterator[_Result]:
        """What a function makes of each, in their order."""
        return _map(self._threads, function, work)

    def map(self, function: Callable[[_Work], _Result], work: Sequence[_Work]) -> Iterator[_Result]:
        """What a function makes of each, in their order; function, work and results can be sent to a process."""
        self._done += len(work)
        return _map(self._pool(), function, work)

    @property
    def has_processes(self) -> bool:
        """Whether processes have started; they may not, in a program that is not importable or may not start any."""
        return bool(self._starting) and all(one.done() and one.exception() is None for one in self._starting)

    def _pool(self) -> Executor:
        if self._processes is None and self._done >= _MANY and cores() > 1 and can_start_processes():
            self._processes = worker_processes(cores())
            self._starting = [self._processes.submit(int) for _ in range(cores())]
        return self._processes if self._processes and self.has_processes else self._threads


def _map(pool: Executor, function: Callable[[Any], _Result], work: Sequence[Any]) -> Iterator[_Result]:
    parts = [work[start : start + _AT_ONCE] for start in range(0, len(work), _AT_ONCE)]
    for results in pool.map(_each, [function] * len(parts), parts):
        yield from results


def _each(function: Callable[[_Work], _Result], work: Sequence[_Work]) -> list[_Result]:
    return [function(one) for one in work]
