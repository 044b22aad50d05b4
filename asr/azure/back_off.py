"""How long to wait before a call is tried again."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WISH = 300.0
"""Seconds: a longer wait that the service asks for is cut to this."""


@dataclass(frozen=True)
class Patience:
    """How often and how long a call is tried again; all but `attempts` in seconds."""

    attempts: int = 10
    seconds: float = 300.0
    """For the call with all its tries, unless it is given a time of its own."""
    first: float = 0.5
    longest: float = 30.0
    connect: float = 15.0
    silence: float = 60.0
    """Without a byte in either direction."""

    def ceiling(self, tries: int) -> float:
        """The longest wait after so many tries; the wait itself is drawn between 0 and this ("full jitter").

        Formula: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.
        """
        return min(self.longest, self.first * 2.0 ** min(tries - 1, 30))


def wished(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds that `Retry-After` asks for, a number or a date (RFC 9110, 10.2.3); None without a usable one.

    `now`: seconds since 1970. A date is counted from the answer's own `Date`, for this clock may be wrong.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:10])
    else:
        try:
            until = _seconds(text)
            seconds = until - (_seconds(headers["date"]) if "date" in headers else now)
        except ValueError:
            return None
    return min(max(seconds, 0.0), LONGEST_WISH) if math.isfinite(seconds) else None


def skew(headers: Mapping[str, str], now: float) -> float:
    """The seconds that this clock is ahead of the one that wrote `Date`; 0 when there is none."""
    try:
        return now - _seconds(headers["date"])
    except (KeyError, ValueError):
        return 0.0


def _seconds(date: str) -> float:
    try:
        parsed: datetime = parsedate_to_datetime(date[:100])
    except (TypeError, IndexError, OverflowError) as error:
        raise ValueError(date[:100]) from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
