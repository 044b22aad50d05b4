"""Fair times on a machine that does other things too: the cases take turns, and the median of each counts."""

import time
from collections.abc import Callable, Mapping
from statistics import median


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def take_turns(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median wall time of each case in seconds; a slow minute of the machine hits all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, work in cases.items():
            times[name].append(seconds(work))
    return {name: median(measured) for name, measured in times.items()}
