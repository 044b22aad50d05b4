"""The cores of a processor, shared out among threads that compute with torch side by side."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class CoreThreads(ThreadPoolExecutor):
    """So many threads, each of which computes on so many cores.

    Torch gives every thread a number of cores, at first that which any thread set last; MKL, which some of its
    products come from, has one number for the whole process. So it is set before each piece of work. With all cores for
    each of them, the threads would wait for each other after every operation.
    """

    def __init__(self, count: int, cores: int, name: str = "") -> None:
        import torch

        super().__init__(count, thread_name_prefix=name)
        self._cores = cores
        self._before = torch.get_num_threads()

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        """As any executor."""
        return super().submit(self._on_few_cores, work, *arguments, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As any executor; what is computed later has all cores again."""
        import torch

        super().shutdown(wait, cancel_futures=cancel_futures)
        torch.set_num_threads(self._before)

    def _on_few_cores(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        import torch

        torch.set_num_threads(self._cores)
        return work(*arguments, **named)
