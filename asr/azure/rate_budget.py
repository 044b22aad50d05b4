"""How many calls may be made in a while, by all threads of this process together."""

import functools
import threading
import time
from collections import deque
from collections.abc import Callable

CALLS, SECONDS = 100, 10.0
"""What one Speech resource takes: https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-quotas-and-limits"""


class RateBudget:
    """At most `calls` in any `seconds`, first come first served."""

    def __init__(
        self, calls: int = CALLS, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` tells seconds and never goes back."""
        self._seconds, self._clock = seconds, clock
        self._times: deque[float] = deque(maxlen=calls)
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Take the next place; returns the seconds to wait for it, and does not wait itself."""
        with self._lock:
            now = self._clock()
            is_full = len(self._times) == self._times.maxlen
            place = max(now, self._times[0] + self._seconds) if is_full else now
            self._times.append(place)
            return place - now


@functools.cache
def shared_budget(address: str) -> RateBudget:
    """The one budget of this process for a resource, by its address."""
    return RateBudget()
