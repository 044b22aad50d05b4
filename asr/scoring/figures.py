"""How numbers are written for people."""

import math

DASH = "–"
"""Stands where there is no number."""


def percent(rate: float | None, digits: int = 2) -> str:
    """Write a rate in percent: 0.1234 becomes `12.34%`."""
    return DASH if rate is None or not math.isfinite(rate) else f"{rate:.{digits}%}"


def points(difference: float) -> str:
    """Write a difference of two rates in percentage points, always with its sign: −0.05 becomes `−5.00`."""
    return DASH if not math.isfinite(difference) else f"{100 * difference:+.2f}".replace("-", "−")


def interval(bounds: tuple[float, float]) -> str:
    """Write the bounds of an interval of rates in percent: `10.1–14.2%`."""
    return DASH if not all(map(math.isfinite, bounds)) else f"{100 * bounds[0]:.1f}–{bounds[1]:.1%}"


def whole(number: int) -> str:
    """Write a count: 1234 becomes `1,234`."""
    return f"{number:,}"


def speed(rtfx: float) -> str:
    """Write how many seconds of audio are recognized in one: `34×`."""
    if not math.isfinite(rtfx) or rtfx <= 0:
        return DASH
    return f"{rtfx:,.0f}×" if rtfx >= 10 else f"{rtfx:.1f}×"


def duration(seconds: float) -> str:
    """Write a duration in its two largest units: `1 h 2 min`, `3 min 20 s`, `4.2 s`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s"


def number(value: float) -> str:
    """Write the value or limit of a check: whole numbers plainly, others with four digits after the point."""
    return DASH if not math.isfinite(value) else f"{value:,.0f}" if value == int(value) else f"{value:.4f}"


def between(bounds: tuple[float, float]) -> str:
    """Write the bounds of a difference of two rates in percentage points: `−1.80 to −0.02`."""
    return DASH if not all(map(math.isfinite, bounds)) else f"{points(bounds[0])} to {points(bounds[1])}"


def chance(probability: float) -> str:
    """Write a probability in percent; resampling never makes it certain: 1.0 becomes `over 99.9%`."""
    if not math.isfinite(probability):
        return DASH
    return "over 99.9%" if probability > 0.999 else "under 0.1%" if probability < 0.001 else f"{probability:.1%}"


def p_value(p: float) -> str:
    """Write how probable it is to find as much where there is nothing: `p = 0.031`, `p < 0.001`."""
    return f"p {DASH}" if not math.isfinite(p) else "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def round_up(rate: float) -> float:
    """The end of an axis: the next round number, at least a hundredth of a percent."""
    steps = (step * 10.0**power for power in range(-4, 4) for step in (1, 1.5, 2, 3, 4, 5, 6, 8))
    return next((step for step in steps if step >= rate - 1e-12), rate)
