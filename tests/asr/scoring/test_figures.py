"""Figures: written the same way everywhere, and a dash where there is no number."""

import math

from asr.scoring import figures


def test_rates() -> None:
    assert figures.percent(0.12345) == "12.35%"
    assert figures.percent(1.5, 0) == "150%"
    assert figures.percent(math.nan) == figures.percent(None) == "–"
    assert figures.points(-0.05) == "−5.00"
    assert figures.points(0.0123) == "+1.23"
    assert figures.interval((0.1, 0.1425)) == "10.0–14.2%"
    assert figures.interval((0.0, math.inf)) == "–"


def test_amounts() -> None:
    assert [figures.duration(seconds) for seconds in (4.2, 59.97, 200, 3725)] == [
        "4.2 s",
        "1 min 0 s",
        "3 min 20 s",
        "1 h 2 min",
    ]
    assert [figures.speed(rtfx) for rtfx in (0.0, 0.5, 34.4, 1234.0)] == ["–", "0.5×", "34×", "1,234×"]
    assert [figures.number(value) for value in (1234.0, 0.05, math.nan)] == ["1,234", "0.0500", "–"]
    assert figures.whole(1234567) == "1,234,567"
