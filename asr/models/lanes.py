"""Batches side by side, each on a core of its own.

A small model cannot keep two cores busy with one product of matrices: they wait for each other after each of its
thousand operations, and much longer when another program has one of them. Two batches side by side never wait.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

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
    compute, and share torch's threads out among them; its thread count is as before when the iterator ends.
    """
    if lanes == 1:
        yield from map(compute, _side_by_side(parts, fetch, threads=1, waiting=1))
        return

    import torch

    before = torch.get_num_threads()

    def share_out() -> None:  # the count belongs to the thread that sets it, and to threads that start later
        torch.set_num_threads(max(1, before // lanes))

    try:
        yield from _side_by_side(
            parts, lambda part: compute(fetch(part)), threads=lanes, waiting=2 * lanes, start=share_out
        )
    finally:
        torch.set_num_threads(before)


def _side_by_side(
    parts: Iterable[Part],
    work: Callable[[Part], Result],
    *,
    threads: int,
    waiting: int,
    start: Callable[[], None] | None = None,
) -> Generator[Result, None, None]:
    """The results in turn, with `waiting` parts begun or lined up before the first result is asked for."""
    begun: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads, initializer=start)
    try:
        for part in parts:
            begun.append(pool.submit(work, part))
            if len(begun) > waiting:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
