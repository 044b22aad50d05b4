"""Batches side by side, each on a core of its own.

A small model cannot keep two cores busy with one product of matrices: they wait for each other after each of its
thousand operations, and much longer when another program has one of them. Two batches side by side never wait.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from asr.models.cores import CoreThreads

Part = TypeVar("Part")
Material = TypeVar("Material")
Result = TypeVar("Result")


def results_in_order(
    parts: Iterable[Part],
    fetch: Callable[[Part], Material],
    compute: Callable[[Material], Result],
    lanes: int,
) -> Generator[Result, None, None]:
    """Yield `compute(fetch(part))` for each part in turn.

    With one lane the caller's thread computes while the next part is fetched. With more, so many threads fetch and
    compute, and share torch's threads out among them.
    """
    if lanes == 1:
        with ThreadPoolExecutor(1) as thread:
            yield from map(compute, _ahead(thread, parts, fetch, waiting=1))
        return

    import torch

    with CoreThreads(lanes, max(1, torch.get_num_threads() // lanes)) as threads:
        yield from _ahead(threads, parts, lambda part: compute(fetch(part)), waiting=2 * lanes)


def _ahead(
    threads: ThreadPoolExecutor, parts: Iterable[Part], work: Callable[[Part], Result], *, waiting: int
) -> Generator[Result, None, None]:
    """The results in turn, with `waiting` parts begun or lined up before the first result is asked for."""
    begun: deque[Future[Result]] = deque()
    try:
        for part in parts:
            begun.append(threads.submit(work, part))
            if len(begun) > waiting:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for one in begun:
            one.cancel()
