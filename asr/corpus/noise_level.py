"""How loud the noise behind a voice is, as tables write it."""

import math


def decibels(written: str) -> float | None:
    """The signal-to-noise ratio in decibels that a table gives; None when it gives none, or no finite number."""
    try:
        level = float(written)
    except ValueError:
        return None
    return level + 0.0 if math.isfinite(level) else None  # -0 is 0, also in fingerprints
